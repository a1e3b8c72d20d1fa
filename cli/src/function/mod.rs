//! The processes of a function.

mod environment;
mod executable;
mod local;
mod pool;
mod process;
mod program;

pub use self::{
    environment::Environment,
    local::{LocalHost, LocalPlatform, LocalServer},
    pool::{Lease, Pool},
    process::end_all,
    program::{LambdaSettings, Program},
};
