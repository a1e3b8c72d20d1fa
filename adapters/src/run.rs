use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use crate::Error;

/// A value of a web framework that is an app, as far as [`run`](crate::run) is concerned.
///
/// You need not name it: pass what you have. To run an app of a framework that Lodger does not know, implement
/// [`App`](crate::App) for a type of yours that wraps it, and this for what your users have.
///
/// There is a method for each way in which hosts bring requests, because frameworks differ in what an app is to each:
/// one that stays on its thread is served otherwise than one that may be moved.
///
/// The value and the futures of both methods are `Send`, so that [`run`](crate::run) can be spawned. An app that has to stay
/// on its thread is built there, by a value that is `Send`, as the adapter of actix-web does.
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
// The compiler prints these notes below "is not an app": the likeliest mistakes first, then the features that are off.
// `axum`, `axum-07` and `warp` turn on `tower`.
#[cfg_attr(
    any(feature = "actix-web", feature = "hyper", feature = "tower"),
    diagnostic::on_unimplemented(message = "`{Self}` is not an app that Lodger can run", label = "not an app")
)]
#[cfg_attr(
    not(any(feature = "actix-web", feature = "hyper", feature = "tower")),
    diagnostic::on_unimplemented(
        message = "`{Self}` is not an app that Lodger can run: no feature of a framework is on",
        label = "not an app without the feature of its framework"
    )
)]
#[cfg_attr(
    any(feature = "axum", feature = "axum-07"),
    diagnostic::on_unimplemented(
        note = "axum: pass the `Router` itself, without `.into_make_service()`; if its state is missing, call `.with_state(..)`"
    )
)]
#[cfg_attr(
    feature = "axum",
    diagnostic::on_unimplemented(
        note = "axum 0.8: wrap a layered router, such as `from_fn(..).layer(router)`, in `lodger::axum::service(..)`"
    )
)]
#[cfg_attr(
    feature = "axum-07",
    diagnostic::on_unimplemented(
        note = "axum 0.7: wrap a layered router, such as `from_fn(..).layer(router)`, in `lodger::axum_07::service(..)`"
    )
)]
#[cfg_attr(
    feature = "actix-web",
    diagnostic::on_unimplemented(
        note = "actix-web: pass a closure that returns an `App` and is `Clone + Send`, such as `|| App::new()`"
    )
)]
#[cfg_attr(
    feature = "warp",
    diagnostic::on_unimplemented(
        note = "warp: pass a `Filter` of warp 0.4 (0.3 does not run) that is `Clone + Send + Sync` and extracts one `Reply`"
    )
)]
#[cfg_attr(
    all(feature = "tower", not(any(feature = "axum", feature = "axum-07", feature = "warp"))),
    diagnostic::on_unimplemented(
        note = "tower: pass a service over `Request<lodger::Body>` that is `Clone + Send`, with futures and bodies that are `Send`"
    )
)]
#[cfg_attr(
    feature = "hyper",
    diagnostic::on_unimplemented(
        note = "hyper: pass a service over `Request<lodger::Body>` that is `Clone + Send`, with futures and bodies that are `Send`"
    )
)]
#[cfg_attr(not(feature = "axum"), diagnostic::on_unimplemented(note = "the feature `axum` is off: axum 0.8 needs it"))]
#[cfg_attr(
    not(feature = "axum-07"),
    diagnostic::on_unimplemented(note = "the feature `axum-07` is off: axum 0.7 needs it")
)]
#[cfg_attr(
    not(feature = "actix-web"),
    diagnostic::on_unimplemented(note = "the feature `actix-web` is off: actix-web 4 needs it")
)]
#[cfg_attr(not(feature = "warp"), diagnostic::on_unimplemented(note = "the feature `warp` is off: warp 0.4 needs it"))]
#[cfg_attr(
    not(feature = "tower"),
    diagnostic::on_unimplemented(note = "the feature `tower` is off: tower 0.5 needs it")
)]
#[cfg_attr(not(feature = "hyper"), diagnostic::on_unimplemented(note = "the feature `hyper` is off: hyper 1 needs it"))]
#[diagnostic::on_unimplemented(
    note = "Lodger runs apps of axum 0.8 and 0.7, actix-web 4, warp 0.4, tower 0.5 and hyper 1; for another framework, implement `lodger::Run`"
)]
pub trait Run<Marker>: Sized + Send {
    /// Serves the app on a socket, as the framework's own server would.
    ///
    /// # Errors
    /// The app cannot be built, or cannot be served there, as one that does not say how.
    #[cfg(feature = "server")]
    fn serve(self, listening: crate::server::Server) -> impl Future<Output = Result<(), Error>> + Send {
        // Features only add: what was written without knowing of a host has to go on being right.
        drop(listening);
        async { Err(Error::new("this app does not say how it is served on a socket (`lodger::Run::serve`)")) }
    }

    /// Answers what is polled for.
    ///
    /// # Errors
    /// The app cannot be built, or does not say how it is run there; or its host has gone.
    #[cfg(feature = "lambda")]
    fn poll(self, polling: crate::lambda::Runtime) -> impl Future<Output = Result<(), Error>> + Send {
        drop(polling);
        async { Err(Error::new("this app does not say how it answers what is polled for (`lodger::Run::poll`)")) }
    }
}

/// The future of [`run`](crate::run) and [`Lodger::run`](crate::Lodger::run).
///
/// It is on the heap, and has a name, so that `main` stays small and a value that is not an app is one error of the compiler.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Running<'a>(Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>);

impl<'a> Running<'a> {
    pub(crate) fn new(running: impl Future<Output = Result<(), Error>> + Send + 'a) -> Self {
        Self(Box::pin(running))
    }
}

impl Future for Running<'_> {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Running<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Running")
    }
}

/// A trait that no type implements.
#[doc(hidden)]
#[allow(unnameable_types, reason = "nobody is to name it")]
pub trait NoType {}

/// Marks no app.
#[doc(hidden)]
#[derive(Debug)]
#[allow(unnameable_types, reason = "nobody is to name it")]
pub enum NoMarker {}

// Without a second implementation, and with the feature of one framework alone, the compiler would report the bounds of that
// framework's implementation ("not a closure") instead of the lines above.
#[doc(hidden)]
#[diagnostic::do_not_recommend]
impl<T: NoType + Send> Run<NoMarker> for T {}
