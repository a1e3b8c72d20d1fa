//! The client of the [Lambda Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).

mod next;
mod post;
mod restore;
mod stream;

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    Error,
    lambda::{
        Context,
        address::Address,
        connection::{Connection, RequestHead, Trouble},
        extension::Extension,
        runtime::group::Slots,
    },
    util::timer::Alarm,
};

pub(crate) use next::Invocation;

const VERSION: &str = "/2018-06-01/runtime";
const USER_AGENT: &str = concat!("lodger/", env!("CARGO_PKG_VERSION"));
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
const CANNOT_GO_ON: &str = "the Lambda Runtime API says that this process cannot go on (500)";

/// The Runtime API as one slot has it: over one connection that is kept, and renewed when it is found closed.
#[derive(Debug)]
pub(crate) struct Api {
    address: Address,
    connection: Option<Connection>,
    patience: Alarm,
    /// Whether a poll waited for longer than any pause between two: the API was there.
    has_waited: bool,
    /// The head of each poll.
    next: String,
    /// The head of the last post, kept for its memory.
    post: String,
    /// The headers of every request.
    headers: String,
    slots: Arc<Slots>,
}

impl Api {
    /// That of the first of so many slots.
    ///
    /// # Errors
    /// `address` is not one: a host and a port, with or without `http://` before them and a path after them.
    pub(crate) fn new(address: &str, slots: usize) -> Result<Self, Error> {
        let address = Address::parse(address).ok_or_else(|| {
            Error::new(format!(
                "AWS_LAMBDA_RUNTIME_API is {address:?}; it is a host and a port, such as 127.0.0.1:9001, or an http URL"
            ))
        })?;
        Ok(Self::at(address, Slots::new(slots)))
    }

    /// The address of the API, for words: a host, a port, and a path where there is one.
    pub(crate) fn url(&self) -> String {
        self.address.authority() + self.address.path()
    }

    /// That of another slot.
    pub(crate) fn sibling(&self) -> Self {
        Self::at(self.address.clone(), Arc::clone(&self.slots))
    }

    fn at(address: Address, slots: Arc<Slots>) -> Self {
        let headers = format!("host: {}\r\nuser-agent: {USER_AGENT}\r\n", address.authority());
        let next = format!("GET {}{VERSION}/invocation/next HTTP/1.1\r\n{headers}\r\n", address.path());
        Self {
            address,
            connection: None,
            patience: Alarm::default(),
            has_waited: false,
            next,
            post: String::new(),
            headers,
            slots,
        }
    }

    /// Has Lambda send SIGTERM before it ends the process, as long as what comes back is kept.
    ///
    /// # Errors
    /// Why it will not, in words.
    pub(crate) async fn ask_for_sigterm(&self) -> Result<Extension, String> {
        Extension::register(&self.address, &self.headers).await
    }

    /// The start of a head that posts to `path`.
    fn post_head(&mut self, path: [&str; 3], context: &Context) -> String {
        let mut head = std::mem::take(&mut self.post);
        head.clear();
        head.extend(["POST ", self.address.path(), VERSION]);
        head.extend(path);
        head.extend([" HTTP/1.1\r\n", &self.headers]);
        if let Some(id) = context.invocation_id() {
            head.extend(["lambda-runtime-invocation-id: ", id, "\r\n"]);
        }
        head
    }

    /// The connection that was kept, or a new one, for which the Runtime API may be out of reach for some seconds.
    async fn connected(&self, mut kept: Option<Connection>) -> Result<Connection, Trouble> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.address.connection(kept.take()).await {
                Err(Trouble::Unreached(_)) if pause < LONGEST_PAUSE => {
                    sleep(pause).await;
                    pause *= 2;
                }
                connection => return connection,
            }
        }
    }

    /// The connection that was kept, if it is still good.
    fn kept(&mut self) -> Option<Connection> {
        self.connection.take().filter(Connection::is_quiet)
    }

    fn keep(&mut self, connection: Connection, head: &RequestHead) {
        self.connection = head.is_reusable.then_some(connection);
    }
}
