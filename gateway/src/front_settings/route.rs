use std::{fmt, str::FromStr};

use http::Method;

/// The methods of routes, besides `ANY`.
const METHODS: [Method; 7] =
    [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD, Method::OPTIONS];

/// A route of an HTTP API, or a method of a resource of a REST API, for [`Front::route`](crate::Front::route).
///
/// It is parsed from a route key: `GET /pets/{id}`, `ANY /orders/{proxy+}` or `$default`. A path without a method is a route with
/// the method `ANY`. `{id}` matches one segment that is not empty. `{proxy+}` matches the rest of the path, which can be empty.
///
/// AWS does not document the following, so this type chooses:
///
/// - Segments are compared as the client sent them, without decoding.
/// - A slash at the end is significant.
/// - `/{proxy+}` does not match `/`, which is a resource of its own in a REST API.
///
/// Sources: [Routes of HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html),
/// [Proxy resources of REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html).
///
/// ```
/// use http::Method;
/// use lodger_gateway::Route;
///
/// let route: Route = "GET /pets/{id}".parse()?;
/// assert!(route.matches(&Method::GET, "/pets/7"));
/// assert!(!route.matches(&Method::POST, "/pets/7"));
/// assert!(!route.matches(&Method::GET, "/pets/7/toys"));
/// assert_eq!("/pets".parse::<Route>()?.to_string(), "ANY /pets");
/// # Ok::<(), lodger_gateway::InvalidRoute>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route(Key);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Default,
    /// The method is `None` for `ANY`.
    Path {
        method: Option<Method>,
        path: String,
        segments: Vec<Segment>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Segment {
    Literal(String),
    Parameter(String),
    /// Only the last segment.
    Greedy(String),
}

/// The order of routes that match a request: the least value is the most specific route.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    class: u8,
    has_any_method: bool,
    segments: Vec<u8>,
}

impl Route {
    /// Returns whether the route matches a method and a path. The path has no query, and no stage before it.
    pub fn matches(&self, method: &Method, path: &str) -> bool {
        let accepts = match &self.0 {
            Key::Default => true,
            Key::Path { method: accepted, .. } => accepted.as_ref().is_none_or(|accepted| accepted == method),
        };
        accepts && self.parameters(path).is_some()
    }

    /// Returns the names and the values of the path parameters, as the client sent them, or `None` if the path does not match.
    pub(crate) fn parameters<'a>(&'a self, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        let Key::Path { segments, .. } = &self.0 else { return Some(Vec::new()) };
        let mut parameters = Vec::new();
        let mut rest = Some(path.strip_prefix('/')?);
        for segment in segments {
            let value = rest?;
            let (first, following) = value.split_once('/').map_or((value, None), |(first, rest)| (first, Some(rest)));
            rest = following;
            match segment {
                Segment::Literal(literal) if literal == first => {}
                Segment::Parameter(name) if !first.is_empty() => parameters.push((name.as_str(), first)),
                Segment::Greedy(name) if !value.is_empty() || segments.len() > 1 => {
                    parameters.push((name.as_str(), value));
                    rest = None;
                }
                _ => return None,
            }
        }
        rest.is_none().then_some(parameters)
    }

    /// The path with the names of its parameters, such as `/pets/{id}`. `$default` for the default route.
    pub(crate) fn resource(&self) -> &str {
        match &self.0 {
            Key::Default => "$default",
            Key::Path { path, .. } => path,
        }
    }

    /// Returns whether the route is `$default`, which only HTTP APIs have.
    pub(crate) fn is_default(&self) -> bool {
        matches!(self.0, Key::Default)
    }

    /// The rank among the routes that match a request.
    pub(super) fn rank(&self) -> Rank {
        let Key::Path { method, segments, .. } = &self.0 else {
            return Rank { class: 2, has_any_method: true, segments: Vec::new() };
        };
        let rank = |segment: &Segment| match segment {
            Segment::Literal(_) => 0,
            Segment::Parameter(_) => 1,
            Segment::Greedy(_) => 2,
        };
        let is_greedy = matches!(segments.last(), Some(Segment::Greedy(_)));
        let segments = segments.iter().map(rank).collect();
        Rank { class: u8::from(is_greedy), has_any_method: method.is_none(), segments }
    }
}

impl FromStr for Route {
    type Err = InvalidRoute;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |reason: &'static str| InvalidRoute { route: text.to_owned(), reason };
        if text == "$default" {
            return Ok(Self(Key::Default));
        }
        let (method, path) = text.split_once(' ').unwrap_or(("ANY", text));
        let method = match METHODS.iter().find(|known| known.as_str().eq_ignore_ascii_case(method)) {
            None if method.eq_ignore_ascii_case("ANY") => None,
            None => return Err(error("the method must be ANY, GET, POST, PUT, DELETE, PATCH, HEAD or OPTIONS")),
            known => known.cloned(),
        };
        let rest = path.strip_prefix('/').ok_or_else(|| error("the path must begin with a slash"))?;
        let segments = rest.split('/').map(parse_segment).collect::<Option<Vec<_>>>();
        let segments = segments.ok_or_else(|| error("a segment must be text, {name} or {name+}"))?;
        let is_greedy = |segment: &Segment| matches!(segment, Segment::Greedy(_));
        if segments.iter().rev().skip(1).any(is_greedy) {
            return Err(error("only the last segment can be {name+}"));
        }
        Ok(Self(Key::Path { method, path: path.to_owned(), segments }))
    }
}

fn parse_segment(segment: &str) -> Option<Segment> {
    let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        let is_text = !segment.contains(['{', '}', ' ', '?', '#']);
        return is_text.then(|| Segment::Literal(segment.to_owned()));
    };
    let (name, is_greedy) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
    let is_name = |char: char| char.is_ascii_alphanumeric() || "._:-".contains(char);
    let is_valid = !name.is_empty() && name.chars().all(is_name);
    is_valid.then(|| if is_greedy { Segment::Greedy(name.to_owned()) } else { Segment::Parameter(name.to_owned()) })
}

/// Writes the route key, such as `GET /pets/{id}`.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Key::Default => f.write_str("$default"),
            Key::Path { method, path, .. } => write!(f, "{} {path}", method.as_ref().map_or("ANY", Method::as_str)),
        }
    }
}

/// The error for a text that is not a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRoute {
    route: String,
    reason: &'static str,
}

impl fmt::Display for InvalidRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot parse the route {:?}: {}", self.route, self.reason)
    }
}

impl std::error::Error for InvalidRoute {}
