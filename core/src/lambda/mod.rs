//! The polling host: AWS Lambda, through its [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
//!
//! The extensions of each request describe its invocation: [`Context`] is the metadata from Lambda, [`RequestContext`] the
//! part of the event that the front adds, and [`Event`] the whole event.

mod api_error;
mod context;
mod event;
#[cfg(feature = "serde")]
mod from_event;
mod handler;
#[cfg(feature = "serde")]
mod parse;
mod quote;
mod reply;
mod runtime;
mod source;

use lodger_runtime_api::Client;

use self::api_error::log_lost_report;
use crate::{Error, Settings};

pub use context::{Context, Event, RequestContext, SyntheticRequest};
#[cfg(feature = "serde")]
pub use from_event::FromEvent;
pub use handler::{ErrorReport, EventHandler, HandlerFuture, HandlerResult, IncomingEvent};
#[cfg(feature = "serde")]
pub use parse::parse;
pub use runtime::Runtime;
pub use source::{EventKind, EventSource};

/// Reports to the Runtime API of `settings` that the process cannot start because of `error`. For errors that occur before
/// there is a [`Runtime`].
pub async fn report_init_error(settings: &Settings, error: &Error) {
    if let Some(Ok(mut client)) = settings.lambda_runtime_api.as_deref().map(Client::new) {
        log_lost_report(client.fail_initialization("Runtime.InvalidSetting", &format!("{error:?}")).await);
    }
}
