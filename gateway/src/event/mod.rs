//! From a request to an event: the code that fronts share.

pub(crate) mod body;
pub(crate) mod headers;
pub(crate) mod input;
pub(crate) mod json;
pub(crate) mod multi_map;
pub(crate) mod path;
pub(crate) mod payload_v1;
pub(crate) mod payload_v2;
pub(crate) mod query;
pub(crate) mod route;
pub(crate) mod websocket;
