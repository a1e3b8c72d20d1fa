//! One app at a time on each Runtime API and on each of Vercel's sockets.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{Error, log};

/// The addresses that apps of this process run on. A set rather than a flag, so that the tests of an app can run several in
/// one process, each on an address of its own.
static TAKEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// An address that no other `run` of this process may use while this value lives.
///
/// A host that hands out requests by itself has no port by which it could tell two apps apart. It would send each request to
/// either of them.
#[derive(Debug)]
pub(crate) struct OnlyRun(String);

impl OnlyRun {
    /// Takes an address, such as `the Lambda Runtime API at 127.0.0.1:9001`.
    ///
    /// # Errors
    /// Another `run` of this process uses the address. The error is logged as well, because a program that joins two futures
    /// does not see the result of one while the other goes on.
    pub(crate) fn try_new(address: String) -> Result<Self, Error> {
        if taken().insert(address.clone()) {
            return Ok(Self(address));
        }
        let error = Error::new(format!(
            "cannot run a second app on {address}: another `run` of this process uses it; merge the routers into one app, \
             and call `run` once"
        ));
        log::error!("{error}");
        Err(error)
    }
}

impl Drop for OnlyRun {
    fn drop(&mut self) {
        taken().remove(&self.0);
    }
}

fn taken() -> MutexGuard<'static, BTreeSet<String>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_free_again_once_its_run_has_ended() {
        let first = OnlyRun::try_new("one".into()).unwrap();
        let _other = OnlyRun::try_new("two".into()).unwrap();
        let error = OnlyRun::try_new("one".into()).unwrap_err().to_string();
        assert!(error.starts_with("cannot run a second app on one: "), "{error}");
        drop(first);
        drop(OnlyRun::try_new("one".into()).unwrap());
    }
}
