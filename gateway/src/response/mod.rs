//! From a reply to a response: the code that fronts share.

pub(crate) mod assemble;
pub(crate) mod decode;
pub(crate) mod error;
pub(crate) mod payload_v2;
pub(crate) mod reply;
pub(crate) mod websocket;
