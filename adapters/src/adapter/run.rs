use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use lodger_core::{App, Error};

use super::Runner;

/// A value of a web framework that [`lodger::run`](crate::run) accepts as an app.
///
/// Users of an app never name this trait. The author of an adapter implements `Run` for the type that users have; the
/// [module documentation](crate::adapter) has an example. A type that implements [`App`] and is `Clone + Send` needs no
/// implementation, if its futures and bodies are `Send`. If such a type also implemented `Run`, the compiler could not
/// choose a marker (E0283).
///
/// The value and the future of [`run_on`](Self::run_on) are `Send`, so that [`lodger::run`](crate::run) can be spawned.
/// For an app that has to stay on one thread, implement `Run` for a value that builds the app, and use
/// [`Runner::run_local`].
///
/// # About the type parameter `Marker`
///
/// A type of one framework may fit the traits of another framework. With a separate marker type for each framework, the
/// implementations do not overlap. The compiler infers the marker, which has no other meaning. In an adapter, use a
/// type of your own crate: Rust then allows `impl Run<MyMarker> for other_crate::Router`. A blanket implementation is
/// not allowed outside this crate (E0210).
// The compiler prints these notes below "is not an app": first the likeliest mistakes, then the features that are off.
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
#[cfg_attr(
    feature = "handlers",
    diagnostic::on_unimplemented(
        note = "function without an app: pass a `Service<LambdaEvent<T>>` that is `Clone + Send`, with futures that are `Send`"
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
    note = "Lodger runs apps of axum 0.8 and 0.7, actix-web 4, warp 0.4, tower 0.5 and hyper 1; for another framework, see `lodger::adapter`"
)]
pub trait Run<Marker>: Sized + Send {
    /// Runs the app on the host of `runner` until that host ends.
    ///
    /// # Errors
    /// The app cannot be built, or the host has gone.
    fn run_on(self, runner: Runner) -> impl Future<Output = Result<(), Error>> + Send;
}

/// The marker of types that implement [`App`].
#[derive(Debug)]
pub enum AppMarker {}

#[diagnostic::do_not_recommend]
impl<A> Run<AppMarker> for A
where
    A: App<Future: Send, Body: Send> + Clone + Send,
{
    async fn run_on(self, runner: Runner) -> Result<(), Error> {
        runner.run(self).await
    }
}

/// The future of [`run`](crate::run) and [`Lodger::run`](crate::Lodger::run).
///
/// The future is on the heap, so that `main` stays small. The type has a name, so that a value that is not an app
/// causes one compiler error.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct RunFuture<'a>(Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>);

impl<'a> RunFuture<'a> {
    pub(crate) fn new(future: impl Future<Output = Result<(), Error>> + Send + 'a) -> Self {
        Self(Box::pin(future))
    }
}

impl Future for RunFuture<'_> {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for RunFuture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunFuture")
    }
}

/// A trait without implementations.
#[doc(hidden)]
#[allow(unnameable_types, reason = "only the implementation below uses it")]
pub trait NoApp {
    fn never(self) -> Infallible;
}

/// The marker of a type that is not an app.
#[doc(hidden)]
#[derive(Debug)]
#[allow(unnameable_types, reason = "only the implementation below uses it")]
pub enum NoMarker {}

// With a single implementation, the compiler would report the bounds of that one ("not a closure") instead of the notes
// above. This implementation guarantees a second one.
#[doc(hidden)]
#[diagnostic::do_not_recommend]
impl<T: NoApp + Send> Run<NoMarker> for T {
    async fn run_on(self, _: Runner) -> Result<(), Error> {
        match self.never() {}
    }
}
