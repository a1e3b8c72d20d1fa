//! The function for a request, and the front with its route.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use super::{Platform, front::Kind, version::Version};

/// The part of the platform that responds to a request.
pub enum Selection {
    /// A version of a function.
    Version(Arc<Version>, Kind),
    /// The platform itself, with an error if there is one.
    Response(Box<Response<Bytes>>, Option<String>),
}

impl Selection {
    /// The name of the function and the number of its build, for the history.
    pub fn function(&self) -> (&str, u64) {
        match self {
            Self::Version(version, _) => (version.name(), version.number),
            Self::Response(..) => ("", 0),
        }
    }

    fn response(status: StatusCode, text: String, error: Option<String>) -> Self {
        let mut response = Response::new(text.into());
        *response.status_mut() = status;
        Self::Response(Box::new(response), error)
    }
}

impl Platform {
    /// Waits for the end of a build, and selects the function for a request by its route.
    pub async fn select(&self, kind: Kind, request: &Request<Bytes>) -> Selection {
        let (function, kind) = match self.route(kind, request) {
            Ok(selected) => selected,
            Err(response) => return Selection::Response(response, None),
        };
        match self.functions.current(function).await {
            Some(version) => Selection::Version(version, kind),
            None => {
                let output = self.functions.build_state().borrow().output.clone();
                let error = "the function has no version that runs".to_owned();
                Selection::response(StatusCode::BAD_GATEWAY, format!("{error}:\n\n{output}"), Some(error))
            }
        }
    }

    /// The name of the function of a route, and the front with the route. Without routes the default function.
    ///
    /// # Errors
    /// The response if no route matches.
    fn route(&self, kind: Kind, request: &Request<Bytes>) -> Result<(Option<&str>, Kind), Box<Response<Bytes>>> {
        let Some(routes) = &self.routes else { return Ok((None, kind)) };
        let (method, uri) = (request.method(), request.uri());
        // A path without the stage of the front gets the response of the front later.
        match (routes.select(method, kind.below_stage(uri).path()), kind) {
            (Some((route, function)), Kind::Lambda(front)) => {
                Ok((Some(function), Kind::Lambda(Box::new(front.route(route.clone())))))
            }
            (Some((_, function)), kind) => Ok((Some(function), kind)),
            (None, Kind::Lambda(front)) => {
                Err(Box::new(front.preflight_response(request).unwrap_or_else(|| front.not_found())))
            }
            (None, Kind::Local(_)) => {
                let mut response = Response::new("no route matches the request\n".into());
                *response.status_mut() = StatusCode::NOT_FOUND;
                Err(Box::new(response))
            }
        }
    }
}
