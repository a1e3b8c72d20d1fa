//! Parts for a framework that serves apps with a server of its own.
//!
//! [`Runner::into_server`](crate::adapter::Runner::into_server) returns a [`Server`]. [`Server::into_external`] splits that
//! into a socket and an [`ExternalServer`], which has the settings and the shutdown signal. The framework's server
//! accepts connections on the socket. Each request passes through the [`Ingress`] before the app sees it. The
//! [`Ingress`] removes path prefixes, rejects requests to [event routes](crate::Lodger::events_path), adds the
//! extensions, and returns a [`RequestGuard`]. The server keeps the [`RequestGuard`] until the response has been sent.

#[doc(inline)]
pub use lodger_core::{
    RequestHead,
    server::{Admission, ExternalServer, GuardedCall, Ingress, RequestGuard, Server, StdListener},
};
