use http::Method;

use super::Route;

/// The routes of an API, which selects the most specific one for a request.
///
/// The order is that of HTTP APIs:
///
/// 1. A route whose path matches as a whole, then a route with a greedy parameter such as `{proxy+}`, then `$default`.
/// 2. A route with the method of the request, then `ANY`.
/// 3. The first segment in which two routes differ: text, then `{name}`, then `{name+}`.
///
/// AWS documents the first rule, and that text precedes a parameter. The rest was
/// [observed](https://github.com/KensioSoftware/yulin). Among equal routes, the first one is selected.
///
/// A REST API selects the resource by its path first, and then the method. The result differs if the more specific path only has
/// `ANY`: for `GET /pets/dog` with the routes `ANY /pets/dog` and `GET /pets/{id}`.
///
/// Source: [Routing API requests](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html#http-api-develop-routes.evaluation).
///
/// ```
/// use http::Method;
/// use lodger_gateway::{Front, Route, Routes};
///
/// let routes = ["GET /pets/{id}", "ANY /{proxy+}", "$default"];
/// let routes: Routes = routes.iter().map(|route| route.parse::<Route>()).collect::<Result<_, _>>()?;
///
/// let route = routes.select(&Method::GET, "/pets/7").unwrap();
/// assert_eq!(route.to_string(), "GET /pets/{id}");
/// let front = Front::http_api().route(route.clone());
/// # drop(front);
/// # Ok::<(), lodger_gateway::InvalidRoute>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes(Vec<Route>);

impl Routes {
    /// Returns the most specific route for a method and a path, or `None` if no route matches.
    ///
    /// The path has no query, and no stage before it. The response to a request without a route is
    /// [`Front::not_found`](crate::Front::not_found).
    pub fn select(&self, method: &Method, path: &str) -> Option<&Route> {
        self.0.iter().filter(|route| route.matches(method, path)).min_by_key(|route| route.rank())
    }
}

impl FromIterator<Route> for Routes {
    fn from_iter<I: IntoIterator<Item = Route>>(routes: I) -> Self {
        Self(routes.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(routes: &[&str], request: &str) -> Option<String> {
        let routes: Routes = routes.iter().map(|route| route.parse::<Route>().unwrap()).collect();
        let (method, path) = request.split_once(' ').unwrap();
        routes.select(&method.parse().unwrap(), path).map(ToString::to_string)
    }

    #[test]
    fn selects_the_routes_of_the_documentation() {
        let routes = ["$default", "ANY /{proxy+}", "GET /pets/{proxy+}", "GET /pets/dog/{id}", "GET /pets/dog/1"];
        for (request, expected) in [
            ("GET /pets/dog/1", "GET /pets/dog/1"),
            ("GET /pets/dog/2", "GET /pets/dog/{id}"),
            ("GET /pets/cat/1", "GET /pets/{proxy+}"),
            ("POST /test/5", "ANY /{proxy+}"),
            ("GET /", "$default"),
        ] {
            assert_eq!(selected(&routes, request).as_deref(), Some(expected), "{request}");
        }
        assert_eq!(selected(&routes[2..], "POST /pets/cat/1"), None);
    }

    #[test]
    fn selects_the_kind_of_path_then_the_method_then_the_text() {
        for (routes, request, expected) in [
            (&["ANY /pets", "GET /pets"][..], "GET /pets", "GET /pets"),
            (&["GET /pets", "ANY /pets"], "POST /pets", "ANY /pets"),
            (&["ANY /pets/dog", "GET /pets/{id}"], "GET /pets/dog", "GET /pets/{id}"),
            (&["GET /{proxy+}", "ANY /pets/{id}"], "GET /pets/dog", "ANY /pets/{id}"),
            (&["GET /pets/{proxy+}", "GET /pets/dog/{proxy+}"], "GET /pets/dog/1/2", "GET /pets/dog/{proxy+}"),
            (&["GET /{kind}/dog", "GET /pets/{id}"], "GET /pets/dog", "GET /pets/{id}"),
            (&["GET /a/{one}", "GET /a/{two}"], "GET /a/b", "GET /a/{one}"),
            (&["$default", "ANY /{proxy+}"], "PURGE /a", "ANY /{proxy+}"),
        ] {
            assert_eq!(selected(routes, request).as_deref(), Some(expected), "{routes:?}: {request}");
        }
    }

    #[test]
    fn matches_segments_as_the_client_sent_them() {
        for (route, path, parameters) in [
            ("/", "/", Some(vec![])),
            ("/", "/a", None),
            ("/pets", "/pets", Some(vec![])),
            ("/pets", "/pets/", None),
            ("/pets/", "/pets/", Some(vec![])),
            ("/pets", "/Pets", None),
            ("/pets", "/p%65ts", None),
            ("/pets/{id}", "/pets/a%2Fb", Some(vec![("id", "a%2Fb")])),
            ("/pets/{id}", "/pets/", None),
            ("/pets/{id}", "/pets/1/2", None),
            ("/pets/{id}/toys/{toy.id}", "/pets/1/toys/2", Some(vec![("id", "1"), ("toy.id", "2")])),
            ("/{proxy+}", "/", None),
            ("/{proxy+}", "/a//b/", Some(vec![("proxy", "a//b/")])),
            ("/pets/{proxy+}", "/pets/", Some(vec![("proxy", "")])),
            ("/pets/{proxy+}", "/pets", None),
            ("/pets/{id}/{rest+}", "/pets/1/a/b", Some(vec![("id", "1"), ("rest", "a/b")])),
            ("$default", "/any/path", Some(vec![])),
            ("/pets", "*", None),
        ] {
            assert_eq!(route.parse::<Route>().unwrap().parameters(path), parameters, "{route}: {path}");
        }
    }

    #[test]
    fn parses_route_keys_and_names_errors() {
        for (text, key) in [
            ("GET /pets/{id}", "GET /pets/{id}"),
            ("get /pets", "GET /pets"),
            ("any /{proxy+}", "ANY /{proxy+}"),
            ("/pets", "ANY /pets"),
            ("$default", "$default"),
        ] {
            assert_eq!(text.parse::<Route>().unwrap().to_string(), key);
        }
        for (text, reason) in [
            ("", "slash"),
            ("pets", "slash"),
            ("GET pets", "slash"),
            ("GET  /pets", "slash"),
            ("FETCH /pets", "the method must be ANY"),
            ("$connect", "slash"),
            ("/{}", "segment"),
            ("/{+}", "segment"),
            ("GET /{a b}", "segment"),
            ("/a{b}", "segment"),
            ("/{a", "segment"),
            ("/{a}b", "segment"),
            ("/a?b", "segment"),
            ("/{a+}/b", "last segment"),
            ("/{a+}/{b+}", "last segment"),
        ] {
            let error = text.parse::<Route>().unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")) && error.contains(reason), "{error}");
        }
    }
}
