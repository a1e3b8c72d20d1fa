//! The integration tests of the gateway, as one program.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "helpers of a test may panic")]

mod cors;
mod extensions;
#[cfg(all(unix, feature = "process"))]
mod function;
mod hostile;
mod lifecycle;
mod managed_instances;
mod observer;
#[cfg(all(unix, feature = "process"))]
mod processes;
mod runtime_api;
mod server;
mod server_streams;
mod streaming;
mod support;
mod telemetry;
#[cfg(unix)]
mod vercel;
#[cfg(feature = "websocket")]
mod websocket;
