//! Limits each Runtime API and each socket of Vercel to one app at a time.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{Error, log};

/// The addresses that apps of this process run on. A set and not a flag: the tests of an app may run several apps in one process,
/// each with its own address.
static TAKEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// An address that no other `run` of this process may use while this value lives.
///
/// A host that sends requests by itself has no port to distinguish two apps. It would send each request to either of them.
#[derive(Debug)]
pub(crate) struct OnlyRun(String);

impl OnlyRun {
    /// Takes an address, such as `the Lambda Runtime API at 127.0.0.1:9001`.
    ///
    /// # Errors
    /// Another `run` of this process uses the address. The error is logged too, because a program that joins two futures does not
    /// see the result of one future while the other one runs.
    pub(crate) fn try_new(address: String) -> Result<Self, Error> {
        if taken().insert(address.clone()) {
            return Ok(Self(address));
        }
        let error = Error::second_run(format!(
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
    fn frees_the_address_when_the_run_ends() {
        let first = OnlyRun::try_new("one".into()).unwrap();
        let _other = OnlyRun::try_new("two".into()).unwrap();
        let error = OnlyRun::try_new("one".into()).unwrap_err();
        assert!(error.to_string().starts_with("cannot run a second app on one: "), "{error}");
        assert!(error.is_second_run());
        drop(first);
        drop(OnlyRun::try_new("one".into()).unwrap());
    }
}
