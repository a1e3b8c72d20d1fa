//! An axum app from a folder of handler files: each file in `routes/` is a route, and its functions are the methods.

mod routes {
    include!(concat!(env!("OUT_DIR"), "/routes.rs"));
}

/// Makes the app. Apart from `main`, so that tests can use it.
pub fn app() -> axum::Router {
    routes::router()
}
