use std::{
    fmt,
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{API_VERSION, Registration, Response, registration::Registered, send};
use crate::{
    Error,
    address::Address,
    http1::{Connection, ignore_header},
};

/// A function has ten seconds to initialize, and the registration must leave most of them to the app.
const REGISTRATION_TIMEOUT: Duration = Duration::from_secs(3);
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// An internal extension without events, registered by [`Client::register_extension`](crate::Client::register_extension).
///
/// A task polls for events, as Lambda requires of every extension before the function can start. The task ends when this
/// value is dropped. Lambda then waits for the poll until the initialization times out, so keep the value.
///
/// Source: [Extensions API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
#[must_use = "Lambda does not start the function without the poll, which ends when this value is dropped"]
pub struct InternalExtension {
    address: Address,
    /// The request that polls for events.
    poll: String,
    /// The task that polls.
    task: Mutex<JoinHandle<()>>,
}

impl InternalExtension {
    pub(crate) async fn register(address: &Address, headers: &str, name: &str) -> Result<Self, Error> {
        let registration = Registration::new(name);
        let Ok(registered) = timeout(REGISTRATION_TIMEOUT, registration.send(address, headers)).await else {
            return Err(Error::timeout(&format!("register the extension {name:?}"), REGISTRATION_TIMEOUT));
        };
        let Registered { connection: kept, identifier, .. } = registered?;
        let path = address.path();
        let poll = format!(
            "GET {path}{API_VERSION}/event/next HTTP/1.1\r\n{headers}lambda-extension-identifier: {identifier}\r\n\r\n"
        );
        let task = Mutex::new(spawn_poll(address, kept, &poll));
        Ok(Self { address: address.clone(), poll, task })
    }

    /// Replaces the connection. Call this method after a restore from a snapshot, because the old connection is dead.
    ///
    /// If Lambda responds that the extension is polling already, the task ends. The extension stays registered.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn reconnect(&self) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        task.abort();
        *task = spawn_poll(&self.address, None, &self.poll);
    }
}

impl Drop for InternalExtension {
    fn drop(&mut self) {
        self.task.get_mut().unwrap_or_else(PoisonError::into_inner).abort();
    }
}

fn spawn_poll(address: &Address, kept: Option<Box<Connection>>, request: &str) -> JoinHandle<()> {
    // Erased, like the tasks of `lodger-core`: tokio compiles the code of a task once for each type of future.
    let poll: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(poll(address.clone(), kept, request.to_owned()));
    tokio::spawn(poll)
}

/// Polls for events. None ever arrive.
async fn poll(address: Address, mut kept: Option<Box<Connection>>, request: String) {
    loop {
        match send(&address, kept.take(), request.as_bytes(), &mut ignore_header).await {
            // The connection is gone, probably because the process was frozen.
            Err(_) => {}
            Ok(Response { connection, head, .. }) if head.status == 200 => {
                kept = head.is_reusable.then_some(connection);
            }
            // Lambda does not know the extension any more.
            Ok(_) => return,
        }
        sleep(RETRY_PAUSE).await;
    }
}

impl fmt::Debug for InternalExtension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InternalExtension").field("address", &self.address).finish_non_exhaustive()
    }
}
