//! The polling host: AWS Lambda, through its [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
//!
//! What an app may want to know of its invocation stands in the extensions of each request: [`Context`] is what Lambda
//! says, [`RequestContext`] what the front says, [`Event`] the whole event.

mod address;
mod api;
mod connection;
mod context;
mod event;
mod extension;
#[cfg(feature = "serde")]
mod parse;
mod reply;
mod runtime;
mod stream;

use self::api::Api;
use crate::{Error, Settings};

pub use context::{Context, Event, FromEvent, RequestContext};
pub use runtime::Runtime;

/// Reports to the Runtime API of `settings` that the process cannot start, because of `error`, where that became clear
/// before there was a [`Runtime`].
pub async fn report_init_error(settings: &Settings, error: &Error) {
    if let Some(Ok(mut api)) = settings.lambda_runtime_api.as_deref().map(|address| Api::new(address, 1)) {
        api.init_error("Runtime.InvalidSetting", &format!("{error:?}")).await;
    }
}
