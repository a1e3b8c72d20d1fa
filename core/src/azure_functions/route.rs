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
    /// ASP.NET ignores case. A parameter matches everything, even with a constraint. So does a segment with `%`: the Functions host
    /// replaces `%NAME%` by a setting, which may be empty or have more than one segment.
    ///
    /// Source: [Route template reference](https://learn.microsoft.com/en-us/aspnet/core/fundamentals/routing#route-template-reference).
    pub(super) fn matches(&self, name: &str) -> bool {
        let mut segments = self.0.split('/');
        let Some(first) = segments.next() else { return false };
        if first.contains('%') {
            return true;
        }
        (first.contains('{') || first.eq_ignore_ascii_case(name)) && segments.all(is_optional)
    }
}

/// Whether a segment may be empty: `{*rest}`, `{id?}`, `{id=1}` or `%NAME%`.
fn is_optional(segment: &str) -> bool {
    if segment.contains('%') {
        return true;
    }
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
            ("", "%ROUTE%", true),
            ("", "a%ROUTE%/b", true),
            ("", "orders/%REST%", true),
            ("api", "%ROUTE%", false),
            ("%PREFIX%", "users", true),
        ] {
            assert_eq!(Route::new(prefix, route).matches("orders"), matches, "{prefix}/{route}");
        }
    }
}
