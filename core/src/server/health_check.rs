use std::sync::atomic::{AtomicBool, Ordering};

use http::StatusCode;

use crate::path::public_paths::path_of;

/// A path at which the server answers health checks without the app.
#[derive(Debug)]
pub(crate) struct HealthCheck {
    path: String,
    is_shutting_down: AtomicBool,
}

impl HealthCheck {
    pub(crate) fn new(path: String) -> Self {
        Self { path, is_shutting_down: AtomicBool::new(false) }
    }

    /// Makes the next health checks fail, so that a load balancer sends no more requests on its open connections.
    pub(crate) fn begin_shutdown(&self) {
        self.is_shutting_down.store(true, Ordering::Relaxed);
    }

    /// Returns the status of a health check: 200, or 503 during the shutdown. `None` for any other request.
    pub(crate) fn status(&self, method: &str, target: &str) -> Option<StatusCode> {
        let is_check = matches!(method, "GET" | "HEAD") && path_of(target) == self.path;
        is_check.then(|| match self.is_shutting_down.load(Ordering::Relaxed) {
            true => StatusCode::SERVICE_UNAVAILABLE,
            false => StatusCode::OK,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_get_and_head_at_its_path() {
        let health = HealthCheck::new("/health".into());
        for (method, target) in [("GET", "/health"), ("HEAD", "/health"), ("GET", "/health?verbose")] {
            assert_eq!(health.status(method, target), Some(StatusCode::OK), "{method} {target}");
        }
        for (method, target) in
            [("POST", "/health"), ("GET", "/health/"), ("GET", "/healthy"), ("GET", "/"), ("GET", "")]
        {
            assert_eq!(health.status(method, target), None, "{method} {target}");
        }
    }

    #[test]
    fn fails_once_the_shutdown_has_begun() {
        let health = HealthCheck::new("/health".into());
        health.begin_shutdown();
        assert_eq!(health.status("GET", "/health"), Some(StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(health.status("GET", "/"), None);
    }
}
