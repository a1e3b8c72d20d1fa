//! What the tests share: an app that tells what it saw, and ways to run it and to ask it.

pub mod ask;
pub mod framework;
pub mod host;
pub mod log;
pub mod logging;
pub mod losses;
pub mod probe;
pub mod process;
pub mod raw_api;
pub mod test_host;
pub mod wait;
