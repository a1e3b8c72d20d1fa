use crate::Error;

/// A value of a web framework that is an app, as far as [`run`](crate::run) is concerned.
///
/// You need not name it: pass what you have. To run an app of a framework that Lodger does not know, implement
/// [`App`](crate::App) for a type of yours that wraps it, and this for what your users have.
///
/// There is a method for each way in which hosts bring requests, because frameworks differ in what an app is to each:
/// one that stays on its thread is served otherwise than one that may be moved.
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
/// use lodger::{App, Error, Request, Run, lambda::Polling, server::Listening};
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
/// impl Run<()> for Hello {
///     async fn serve(self, listening: Listening) -> Result<(), Error> {
///         listening.serve(self).await
///     }
///
///     async fn poll(self, polling: Polling) -> Result<(), Error> {
///         polling.answer(self).await
///     }
/// }
///
/// let run = lodger::run(Hello);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an app that Lodger can run",
    label = "not an app",
    note = "an axum `Router` is one, as it is: `into_make_service` is not needed, and a state that it misses is given by `.with_state(..)`",
    note = "of actix-web what `HttpServer::new` takes is one, a closure that makes an `App`, if it is `Clone + Send`: `|| App::new()..`",
    note = "of warp a `Filter` is one, if it is `Clone + Send + Sync` and what it extracts is one `Reply`",
    note = "a service over `Request<axum::body::Body>` becomes one by `lodger::axum::service(service)`",
    note = "a tower service over `Request<lodger::Body>` is one, if it is `Clone + Send` and so are its futures and bodies `Send`",
    note = "a hyper service is one, under the same conditions",
    note = "each takes its feature of the crate `lodger`: `axum`, `actix-web`, `warp`, `tower`, `hyper`"
)]
#[cfg_attr(not(feature = "actix-web"), diagnostic::on_unimplemented(note = "the feature `actix-web` is off"))]
#[cfg_attr(not(feature = "axum"), diagnostic::on_unimplemented(note = "the feature `axum` is off"))]
#[cfg_attr(not(feature = "tower"), diagnostic::on_unimplemented(note = "the feature `tower` is off"))]
#[cfg_attr(not(feature = "hyper"), diagnostic::on_unimplemented(note = "the feature `hyper` is off"))]
#[cfg_attr(not(feature = "warp"), diagnostic::on_unimplemented(note = "the feature `warp` is off"))]
pub trait Run<Marker>: Sized {
    /// Serves the app on a socket, as the framework's own server would.
    ///
    /// # Errors
    /// The app cannot be built, or cannot be served there, as one that does not say how.
    #[cfg(feature = "server")]
    fn serve(self, listening: crate::server::Listening) -> impl Future<Output = Result<(), Error>> {
        // Features only add: what was written without knowing of a host has to go on being right.
        drop(listening);
        async { Err(Error::new("this app does not say how it is served on a socket (`lodger::Run::serve`)")) }
    }

    /// Answers what is polled for.
    ///
    /// # Errors
    /// The app cannot be built, or does not say how it is run there; or its host has gone.
    #[cfg(feature = "lambda")]
    fn poll(self, polling: crate::lambda::Polling) -> impl Future<Output = Result<(), Error>> {
        drop(polling);
        async { Err(Error::new("this app does not say how it answers what is polled for (`lodger::Run::poll`)")) }
    }
}
