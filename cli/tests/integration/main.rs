//! The command, with real processes.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "helpers of a test may panic"
)]

mod apis;
mod dev;
mod doctor;
mod hosts;
mod inspector;
mod invoke;
mod lines;
mod package;
mod processes;
mod save;
mod support;
mod vercel;
mod watch;
