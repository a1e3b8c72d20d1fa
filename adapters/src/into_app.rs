use crate::{App, Error};

/// A value of a web framework that is an app, or that an app can be built from.
///
/// You need not name it: pass what you have to [`run`](crate::run). To run an app of a framework that Lodger does not
/// know, implement [`App`] and this for a type of your own.
///
/// # About the type parameter `Marker`
///
/// A type of one framework may fit the traits of another, and the compiler has to be sure that no type is an app in two
/// ways. Each way therefore has a marker of its own, which the compiler finds by itself; it has no meaning beyond that.
/// For an implementation of your own use any type of your own, or `()`.
///
/// # Example
///
/// ```
/// use lodger::{App, Error, IntoApp, Request, server::Listening};
/// use std::future::{Ready, ready};
///
/// #[derive(Clone)]
/// struct Hello;
///
/// impl App for Hello {
///     type Body = lodger::Body;
///     type Future = Ready<http::Response<lodger::Body>>;
///
///     fn call(&self, _: Request) -> Self::Future {
///         ready(http::Response::new("hello".into()))
///     }
/// }
///
/// impl IntoApp<()> for Hello {
///     async fn into_app(self) -> Result<impl App, Error> {
///         Ok(self)
///     }
///
///     async fn serve(self, listening: Listening) -> Result<(), Error> {
///         listening.serve(self).await
///     }
/// }
///
/// let run = lodger::run(Hello);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an app that Lodger can run",
    label = "not an app",
    note = "with the feature `axum` of the crate `lodger`, an axum `Router` is an app; it may still need `.with_state(..)`",
    note = "with the feature `tower`, a service over `Request<lodger::Body>` is, if it is `Clone + Send` and so are its futures and bodies `Send`",
    note = "with the feature `hyper`, a hyper service is, under the same conditions",
    note = "a service over `Request<axum::body::Body>` becomes one by `lodger::axum::service(service)`"
)]
pub trait IntoApp<Marker>: Sized {
    /// The app as one that answers requests in process, for a host that brings them without a socket.
    ///
    /// # Errors
    /// The app cannot be built.
    fn into_app(self) -> impl Future<Output = Result<impl App, Error>>;

    /// Serves the app on a socket, as the framework's own server would.
    ///
    /// # Errors
    /// The app cannot be built, or cannot be served there.
    #[cfg(feature = "server")]
    fn serve(self, listening: crate::server::Listening) -> impl Future<Output = Result<(), Error>>;
}
