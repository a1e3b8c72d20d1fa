use serde_core::de::DeserializeOwned;

use crate::{
    Error,
    lambda::{Context, Event},
};

/// A value that a handler of events takes as its first argument.
///
/// Every type that implements [`DeserializeOwned`] is deserialized from the JSON of the event. [`Event`] is the JSON itself.
pub trait FromEvent: Sized {
    /// Reads the value from an event and the metadata of its invocation.
    ///
    /// # Errors
    /// The event does not fit the type. The error names the type and the field, and contains no value of the event.
    fn from_event(event: &Event, context: &Context) -> Result<Self, Error>;
}

impl<T: DeserializeOwned> FromEvent for T {
    fn from_event(event: &Event, _: &Context) -> Result<Self, Error> {
        event.parse()
    }
}

impl FromEvent for Event {
    fn from_event(event: &Event, _: &Context) -> Result<Self, Error> {
        Ok(event.clone())
    }
}
