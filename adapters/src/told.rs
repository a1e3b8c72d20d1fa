//! What the host knows of a request, for frameworks that keep it in a place of their own.

use http::Extensions;

use crate::{AfterResponse, ClientAddr, PathPrefix, lambda};

/// A place for values of any type.
pub(crate) trait Told: Sized {
    fn with<T: Clone + Send + Sync + 'static>(self, value: T) -> Self;
}

/// Adds all that the host tells of a request to `told`.
pub(crate) fn tell<P: Told>(extensions: &Extensions, told: P) -> P {
    fn one<T: Clone + Send + Sync + 'static, P: Told>(extensions: &Extensions, told: P) -> P {
        match extensions.get::<T>() {
            Some(value) => told.with(value.clone()),
            None => told,
        }
    }
    let told = one::<ClientAddr, P>(extensions, told);
    let told = one::<AfterResponse, P>(extensions, told);
    let told = one::<PathPrefix, P>(extensions, told);
    let told = one::<lambda::Context, P>(extensions, told);
    let told = one::<lambda::RequestContext, P>(extensions, told);
    let told = one::<lambda::Event, P>(extensions, told);
    one::<lambda::SyntheticRequest, P>(extensions, told)
}
