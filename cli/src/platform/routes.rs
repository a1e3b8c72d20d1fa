//! The routes of several functions.

use std::collections::HashMap;

use http::Method;
use lodger_gateway::{Route, Routes};

use crate::Result;

/// A table of routes and the names of their functions.
#[derive(Debug)]
pub struct RouteTable {
    routes: Routes,
    functions: HashMap<Route, String>,
}

impl RouteTable {
    /// Parses routes such as `GET /pets/{id}`. `None` if there are none.
    ///
    /// # Errors
    /// A route is not valid.
    pub fn parse(routes: &[(String, String)]) -> Result<Option<Self>> {
        let parse = |(route, function): &(String, String)| {
            let parsed: Route = route.parse().map_err(|error| format!("invalid route {route:?}: {error}"))?;
            Ok((parsed, function.clone()))
        };
        let functions = routes.iter().map(parse).collect::<Result<HashMap<_, _>>>()?;
        let routes = functions.keys().cloned().collect();
        Ok((!functions.is_empty()).then_some(Self { routes, functions }))
    }

    /// Returns the most specific route for a request, and its function.
    pub fn select(&self, method: &Method, path: &str) -> Option<(&Route, &str)> {
        let route = self.routes.select(method, path)?;
        Some((route, self.functions.get(route)?))
    }
}
