//! Routes of HTTP functions, as far as they may match the path of a message.

use std::fmt;

/// A route template with its prefix, such as `api/users/{id}`.
#[derive(Debug)]
pub(super) struct Route(String);

impl Route {
    pub(super) fn new(prefix: &str, route: &str) -> Self {
        let segments: Vec<_> = [prefix, route].into_iter().flat_map(|part| part.split('/')).collect();
        Self(segments.into_iter().filter(|segment| !segment.is_empty()).collect::<Vec<_>>().join("/"))
    }

    /// Whether a path of the single segment `name` may match the route.
    ///
    /// ASP.NET ignores case. A parameter counts as matching everything, whatever its constraint is.
    ///
    /// Source: [Route template reference](https://learn.microsoft.com/en-us/aspnet/core/fundamentals/routing#route-template-reference).
    pub(super) fn matches(&self, name: &str) -> bool {
        let mut segments = self.0.split('/');
        let is_first_matching =
            segments.next().is_some_and(|first| first.contains('{') || first.eq_ignore_ascii_case(name));
        is_first_matching && segments.all(is_optional)
    }
}

/// Whether a segment may be empty: `{*rest}`, `{id?}` or `{id=1}`.
fn is_optional(segment: &str) -> bool {
    let parameter = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    parameter.is_some_and(|parameter| parameter.starts_with('*') || parameter.ends_with('?') || parameter.contains('='))
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_single_segments_only() {
        for (prefix, route, matches) in [
            ("", "orders", true),
            ("", "ORDERS", true),
            ("", "{*path}", true),
            ("", "{name}", true),
            ("", "a{name:int}", true),
            ("", "orders/{id?}", true),
            ("", "orders/{**rest}", true),
            ("", "orders/{id}", false),
            ("", "users", false),
            ("api", "{*path}", false),
            ("api/v1", "{*path}", false),
            ("orders", "{*path}", true),
            ("orders", "x", false),
            ("orders", "", true),
            ("", "/", false),
        ] {
            assert_eq!(Route::new(prefix, route).matches("orders"), matches, "{prefix}/{route}");
        }
    }
}
