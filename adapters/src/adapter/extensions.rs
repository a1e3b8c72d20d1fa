use http::Extensions;
#[cfg(any(feature = "server", feature = "lambda"))]
use lodger_core::AfterResponse;
#[cfg(feature = "azure-functions")]
use lodger_core::azure_functions;
#[cfg(feature = "lambda")]
use lodger_core::lambda;
#[cfg(feature = "vercel")]
use lodger_core::vercel;
#[cfg(feature = "server")]
use lodger_core::web_functions;
use lodger_core::{ClientAddr, PathPrefix};

/// A place where a framework stores values by their type, other than [`http::Extensions`].
pub trait ExtensionStore: Sized {
    /// Adds `value`, or replaces the value of the same type.
    #[must_use]
    fn with_extension<T: Clone + Send + Sync + 'static>(self, value: T) -> Self;
}

/// Copies all extensions that a host adds to a request into the store of a framework.
///
/// Frameworks that use [`http::Request`] do not need this: the extensions are part of the request.
pub fn copy_extensions<S: ExtensionStore>(extensions: &Extensions, store: S) -> S {
    let store = copy::<ClientAddr, S>(extensions, store);
    #[cfg(any(feature = "server", feature = "lambda"))]
    let store = copy::<AfterResponse, S>(extensions, store);
    let store = copy::<PathPrefix, S>(extensions, store);
    #[cfg(feature = "lambda")]
    let store = copy_lambda_extensions(extensions, store);
    #[cfg(feature = "vercel")]
    let store = copy::<vercel::Context, S>(extensions, store);
    #[cfg(feature = "server")]
    let store = copy::<web_functions::Context, S>(extensions, store);
    #[cfg(feature = "azure-functions")]
    let store = copy::<azure_functions::Context, S>(extensions, store);
    store
}

#[cfg(feature = "lambda")]
fn copy_lambda_extensions<S: ExtensionStore>(extensions: &Extensions, store: S) -> S {
    let store = copy::<lambda::Context, S>(extensions, store);
    let store = copy::<lambda::RequestContext, S>(extensions, store);
    let store = copy::<lambda::Event, S>(extensions, store);
    copy::<lambda::SyntheticRequest, S>(extensions, store)
}

fn copy<T: Clone + Send + Sync + 'static, S: ExtensionStore>(extensions: &Extensions, store: S) -> S {
    match extensions.get::<T>() {
        Some(value) => store.with_extension(value.clone()),
        None => store,
    }
}
