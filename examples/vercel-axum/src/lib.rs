//! An axum app from a folder of handler files: each file in `routes/` is a route, and its functions are the methods.

use axum::{Extension, Router};

mod routes {
    include!(concat!(env!("OUT_DIR"), "/routes.rs"));
}

/// The secret that Vercel sends with each call of a cron job: the variable `CRON_SECRET` of the project.
#[derive(Clone)]
struct CronSecret(Option<String>);

/// Makes the app. Apart from `main`, so that tests can use it. Without a secret, cron jobs do not run.
pub fn app(cron_secret: Option<String>) -> Router {
    routes::router().layer(Extension(CronSecret(cron_secret)))
}
