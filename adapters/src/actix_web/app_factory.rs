use std::fmt;

use actix_http::{Request, Response};
use actix_service::ServiceFactory;
use actix_web::dev::AppConfig;

/// The bounds of an `App`, as `HttpServer::new` has them.
pub(super) trait AppFactory<B>:
    ServiceFactory<
        Request,
        Config = AppConfig,
        Response: Into<Response<B>>,
        Error: Into<actix_web::Error>,
        InitError: fmt::Debug,
    > + 'static
{
}

impl<S, B> AppFactory<B> for S where
    S: ServiceFactory<
            Request,
            Config = AppConfig,
            Response: Into<Response<B>>,
            Error: Into<actix_web::Error>,
            InitError: fmt::Debug,
        > + 'static
{
}
