//! The internal extension that Lambda wants to see before it sends SIGTERM: it has no events, and nothing to do.
//!
//! Source: [Extensions API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{sleep, timeout};

use crate::{
    lambda::{
        address::Address,
        connection::{Connection, RequestHead, Trouble},
    },
    util::{abort_on_drop::AbortOnDrop, timer::Alarm},
};

const VERSION: &str = "/2020-01-01/extension";
/// Among those of a function it has to be the only one of its name.
const NAME: &str = "lodger";
/// How long the start of the function waits to be registered, of the ten seconds that it has.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_secs(1);

/// The extension, which is registered for as long as the process lives.
#[derive(Debug)]
pub(crate) struct Extension {
    address: Address,
    /// The head by which it asks for events.
    next: String,
    waits: Mutex<AbortOnDrop<()>>,
}

impl Extension {
    /// Registers it, and waits for events in a task, as each extension has to; of this one there are none.
    ///
    /// # Errors
    /// Why it could not be registered, in words.
    pub(crate) async fn register(address: &Address, headers: &str) -> Result<Self, String> {
        let path = address.path();
        let post = format!(
            "POST {path}{VERSION}/register HTTP/1.1\r\n{headers}lambda-extension-name: {NAME}\r\n\
             content-type: application/json\r\ncontent-length: 13\r\n\r\n{{\"events\":[]}}"
        );
        let mut id = Bytes::new();
        let header = |head: &Bytes, name: &str, value: &[u8]| {
            if name.eq_ignore_ascii_case("lambda-extension-identifier") {
                id = head.slice_ref(value);
            }
        };
        let Ok(asked) = timeout(PATIENCE, ask(address, None, &post, header)).await else {
            return Err(format!("there was no answer within {PATIENCE:?}"));
        };
        let (connection, head) = asked.map_err(|trouble| trouble.into_error().to_string())?;
        let id = std::str::from_utf8(&id).ok().filter(|id| !id.is_empty());
        match (head.status, id) {
            (200, Some(id)) => {
                let next = format!(
                    "GET {path}{VERSION}/event/next HTTP/1.1\r\n{headers}lambda-extension-identifier: {id}\r\n\r\n"
                );
                let kept = head.is_reusable.then_some(connection);
                let waits = Mutex::new(waits(address, kept, &next));
                Ok(Self { address: address.clone(), next, waits })
            }
            (200, None) => Err("it was given no identifier".to_owned()),
            (status, _) => Err(format!("the answer was {status} instead of 200")),
        }
    }

    /// Closes its connection, and asks on a new one. Where Lambda says that the extension waits already, nobody asks any more; it
    /// is registered all the same.
    pub(crate) fn renew(&self) {
        *self.waits.lock().unwrap_or_else(PoisonError::into_inner) = waits(&self.address, None, &self.next);
    }
}

fn waits(address: &Address, kept: Option<Connection>, next: &str) -> AbortOnDrop<()> {
    AbortOnDrop(tokio::spawn(wait(address.clone(), kept, next.to_owned())))
}

/// Asks for what never comes. That it asks is what the start of the function waits for.
async fn wait(address: Address, mut kept: Option<Connection>, next: String) {
    loop {
        match ask(&address, kept.take(), &next, |_, _, _| {}).await {
            // The connection, or what stands for it after a freeze, is gone.
            Err(_) => {}
            Ok((connection, head)) if head.status == 200 => kept = head.is_reusable.then_some(connection),
            // It is not known any more, and never will be.
            Ok(_) => return,
        }
        sleep(PAUSE).await;
    }
}

async fn ask(
    address: &Address,
    kept: Option<Connection>,
    request: &str,
    header: impl FnMut(&Bytes, &str, &[u8]),
) -> Result<(Connection, RequestHead), Trouble> {
    let mut patience = Alarm::default();
    let mut connection = address.connection(kept).await?;
    connection.send(request.as_bytes(), None, &mut patience).await?;
    connection.wait().await?;
    let (head, _) = connection.answer(&mut patience, header).await?;
    Ok((connection, head))
}
