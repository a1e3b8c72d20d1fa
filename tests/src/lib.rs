//! The parts that tests share: the probe (an app that describes each request), test hosts, and a client.

pub mod client;
pub mod event_log;
pub mod framework;
pub mod losses;
pub mod probe;
pub mod program;
pub mod raw_api;
pub mod test_host;
pub mod wait;
