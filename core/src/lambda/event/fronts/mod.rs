//! One file for each front.

pub(crate) mod alb;
pub(crate) mod event_route;
pub(crate) mod lattice_v1;
pub(crate) mod lattice_v2;
pub(crate) mod payload_v1;
pub(crate) mod payload_v2;
pub(crate) mod vercel;
pub(crate) mod websocket;
