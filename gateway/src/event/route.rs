//! The members of events about the route of a request.

use serde_json::{Map, Value};

use crate::front_settings::Route;

/// The route of a request, with the values of its parameters.
#[derive(Debug)]
pub(crate) struct MatchedRoute {
    /// The route key, such as `ANY /{proxy+}`.
    pub(crate) key: String,
    /// The path of the route, such as `/{proxy+}`.
    pub(crate) resource: String,
    pub(crate) parameters: Map<String, Value>,
}

impl MatchedRoute {
    /// Returns the route of a path: `route`, or `/` and `/{proxy+}` without one. `decode` decodes the path parameters.
    pub(crate) fn new(route: Option<&Route>, path: &str, decode: fn(&str) -> Option<String>) -> Self {
        if let Some(route) = route {
            let parameters = path_parameters(route, path, decode);
            return Self { key: route.to_string(), resource: route.resource().to_owned(), parameters };
        }
        let proxy = decoded(path.strip_prefix('/').unwrap_or(path), decode);
        let resource = if proxy.is_empty() { "/" } else { "/{proxy+}" };
        // The root is a route without parameters.
        let parameters = Some(proxy).filter(|proxy| !proxy.is_empty()).map(|proxy| ("proxy".to_owned(), proxy.into()));
        Self {
            key: format!("ANY {resource}"),
            resource: resource.to_owned(),
            parameters: parameters.into_iter().collect(),
        }
    }
}

/// Returns the path parameters of a route. A value that `decode` rejects stays as it is.
pub(crate) fn path_parameters(route: &Route, path: &str, decode: fn(&str) -> Option<String>) -> Map<String, Value> {
    let parameters = route.parameters(path).unwrap_or_default().into_iter();
    parameters.map(|(name, value)| (name.to_owned(), decoded(value, decode).into())).collect()
}

fn decoded(value: &str, decode: fn(&str) -> Option<String>) -> String {
    decode(value).unwrap_or_else(|| value.to_owned())
}
