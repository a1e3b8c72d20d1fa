//! The previous name of [`event_log`](crate::event_log), for modules that still import it.

pub use crate::event_log::EventLog as Log;
