//! The routes of several functions.

use http::Method;
use lodger_gateway::{Route, Routes};

use crate::Result;

/// A table of routes and the names of their functions.
#[derive(Debug)]
pub struct RouteTable {
    routes: Routes,
    functions: Vec<(Route, String)>,
}

impl RouteTable {
    /// Parses routes such as `GET /pets/{id}`. `None` if there are none.
    ///
    /// # Errors
    /// A route is not valid.
    pub fn parse(routes: &[(String, String)]) -> Result<Option<Self>> {
        let parse = |(route, function): &(String, String)| Ok((route.parse::<Route>()?, function.clone()));
        let functions = routes.iter().map(parse).collect::<Result<Vec<_>>>()?;
        let routes = functions.iter().map(|(route, _)| route.clone()).collect();
        Ok((!functions.is_empty()).then_some(Self { routes, functions }))
    }

    /// Returns the most specific route for a request, and its function.
    pub fn select(&self, method: &Method, path: &str) -> Option<(&Route, &str)> {
        let selected = self.routes.select(method, path)?;
        let (route, function) = self.functions.iter().find(|(route, _)| route == selected)?;
        Some((route, function))
    }
}
