//! A folder of handler files as an app: each file of `routes/` is a route, its functions are the methods.

mod routes {
    include!(concat!(env!("OUT_DIR"), "/routes.rs"));
}

/// The app, apart from `main`, so that tests can have it as well.
pub fn app() -> axum::Router {
    routes::router()
}
