//! The parts that tests share: an app that reports each request that it sees, hosts for it, and a client.

pub mod ask;
pub mod client;
pub mod event_log;
pub mod framework;
pub mod host;
pub mod log;
pub mod logging;
pub mod losses;
pub mod probe;
pub mod process;
pub mod program;
pub mod raw_api;
pub mod test_host;
pub mod wait;
