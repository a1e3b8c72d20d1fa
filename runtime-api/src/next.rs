//! Polling for the next invocation.

use bytes::Bytes;
use tokio::time::{Instant, sleep};

use crate::{
    Client, Context, Error, Invocation,
    client::{Origin, PollConnection},
    http1::ConnectionError,
    outage::{LONGEST_PAUSE, OUTAGE_LIMIT},
};

impl Client {
    /// Waits for the next invocation, for as long as that takes, and retries polls that fail.
    ///
    /// Not cancel safe: dropping the future loses an invocation that has begun to arrive. Use [`ready`](Self::ready) to wait
    /// with a limit.
    ///
    /// # Errors
    /// All errors are [fatal](Error::is_fatal): Lambda cannot go on with this process, or has been unreachable for a minute.
    pub async fn next(&mut self) -> Result<Invocation<'_>, Error> {
        loop {
            self.ready().await?;
            if let Some((context, event)) = self.read_invocation().await? {
                return Ok(Invocation::new(self, context, event));
            }
        }
    }

    /// Waits until an invocation begins to arrive, which [`receive`](Self::receive) or [`next`](Self::next) then returns.
    ///
    /// A process that is about to exit drops the future of this method to stop polling, which closes the connection. Do not
    /// drop the future of `next` for that: the client may have received a part of an invocation.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn ready(&mut self) -> Result<(), Error> {
        while !self.step().await? {}
        Ok(())
    }

    /// Takes one step towards the next invocation, and returns whether an invocation has begun to arrive.
    ///
    /// A step is a pause after a failed poll, or a new connection, or a poll. [`ready`](Self::ready) takes as many steps as
    /// necessary. A loop that calls this method instead can check between two steps whether it must stop, so that it sends no
    /// poll afterwards: Lambda might respond with an invocation that would be lost.
    ///
    /// Dropping the future ends the step and closes its connection.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn step(&mut self) -> Result<bool, Error> {
        self.outage.polls();
        if self.arriving.is_some() {
            return Ok(true);
        }
        if let Some(pause) = self.outage.take_pause() {
            sleep(pause).await;
            return Ok(false);
        }
        if let Some(opened) = self.opened.take() {
            return self.poll(opened).await;
        }
        match self.take_connection() {
            Some(connection) => self.poll(PollConnection { connection, origin: Origin::Kept }).await,
            None => self.open(Origin::New).await,
        }
    }

    /// Reads the invocation that has begun to arrive. Returns `None` if nothing has, or if the poll has to be repeated: call
    /// [`ready`](Self::ready) again.
    ///
    /// Not cancel safe: dropping the future loses the invocation. Lambda waits for its response until the invocation times
    /// out.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn receive(&mut self) -> Result<Option<Invocation<'_>>, Error> {
        let received = self.read_invocation().await?;
        Ok(received.map(|(context, event)| Invocation::new(self, context, event)))
    }

    /// Opens a connection for the next poll.
    async fn open(&mut self, origin: Origin) -> Result<bool, Error> {
        match self.address.connection(None).await {
            Ok(connection) => self.opened = Some(PollConnection { connection, origin }),
            Err(error) => self.retry_later(&std::io::Error::from(error).to_string())?,
        }
        Ok(false)
    }

    /// Polls, and waits for the first byte of the response.
    async fn poll(&mut self, PollConnection { mut connection, origin }: PollConnection) -> Result<bool, Error> {
        let started = Instant::now();
        let waited = async {
            connection.send(self.poll_head.as_bytes(), &mut self.timer).await?;
            connection.wait().await
        };
        let waited = waited.await;
        // A poll that waits for longer than the pauses between retries has reached the Runtime API.
        let has_waited = started.elapsed() > LONGEST_PAUSE;
        if has_waited {
            self.outage.end();
        }
        match (waited, origin) {
            (Ok(()), _) => {
                self.arriving = Some(connection);
                Ok(true)
            }
            (Err(ConnectionError::Closed(_)), Origin::Kept) => self.open(Origin::Replacement).await,
            (Err(ConnectionError::Closed(_)), Origin::New) if has_waited => self.open(Origin::Replacement).await,
            (Err(error), _) => {
                self.retry_later(&std::io::Error::from(error).to_string())?;
                Ok(false)
            }
        }
    }

    async fn read_invocation(&mut self) -> Result<Option<(Context, Bytes)>, Error> {
        let Some(mut connection) = self.arriving.take() else { return Ok(None) };
        let mut context = Context::default();
        let mut header = |head: &Bytes, name: &[u8], value: &[u8]| context.read_header(head, name, value);
        let cause = match connection.response(&mut self.timer, &mut header).await {
            Ok((head, event)) => {
                self.keep(connection, &head);
                match head.status {
                    200 if context.has_valid_request_id() => {
                        self.outage.end();
                        return Ok(Some((context, event)));
                    }
                    200 => "the invocation has no valid request id".to_owned(),
                    500 => return Err(Error::rejected("poll for an invocation", 500)),
                    status => format!("the response has status {status} instead of 200"),
                }
            }
            Err(error) => std::io::Error::from(error).to_string(),
        };
        self.retry_later(&cause)?;
        Ok(None)
    }

    /// Schedules another poll after a pause.
    fn retry_later(&mut self, cause: &str) -> Result<(), Error> {
        let address = self.address.authority();
        let Some(pause) = self.outage.fail() else {
            let message = format!("cannot poll the Lambda Runtime API at {address} for {OUTAGE_LIMIT:?}: {cause}");
            return Err(Error::fatal(message, None));
        };
        self.report_retry(format_args!(
            "cannot poll the Lambda Runtime API at {address}: {cause}; retrying in {pause:?}"
        ));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
        time::timeout,
    };

    use super::*;

    #[tokio::test]
    async fn gives_up_once_all_clients_have_failed_for_a_minute() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut first = Client::new(&silent.local_addr().unwrap().to_string()).unwrap();
        let mut second = first.sibling();
        // Both are polling.
        for client in [&mut first, &mut second] {
            assert!(timeout(Duration::from_millis(50), client.ready()).await.is_err());
        }
        drop(silent);
        tokio::time::pause();
        // The second may be working.
        assert!(timeout(OUTAGE_LIMIT * 5, first.next()).await.is_err());
        let both = async {
            tokio::select! {
                error = first.next() => error.err(),
                error = second.next() => error.err(),
            }
        };
        let error = timeout(OUTAGE_LIMIT * 2, both).await.expect("neither gives up").unwrap();
        assert!(error.is_fatal() && error.to_string().starts_with("cannot poll the Lambda Runtime API"), "{error}");
    }

    #[tokio::test]
    async fn sends_each_poll_in_a_step_of_its_own() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = Client::new(&listener.local_addr().unwrap().to_string()).unwrap();
        let invoke = async |mut socket: tokio::net::TcpStream| {
            socket.read_exact(&mut [0; 40]).await.unwrap();
            let response = b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nContent-Length: 2\r\n\r\n{}";
            socket.write_all(response).await.unwrap();
        };
        assert!(!client.step().await.unwrap());
        let (mut socket, _) = listener.accept().await.unwrap();
        // The connection is open, and nothing was sent.
        assert!(timeout(Duration::from_millis(50), socket.read(&mut [0])).await.is_err());
        let (has_begun, ()) = tokio::join!(client.step(), invoke(socket));
        assert!(has_begun.unwrap());
        assert_eq!(client.receive().await.unwrap().unwrap().event(), "{}");
        assert!(client.receive().await.unwrap().is_none());
        // The peer has closed the kept connection.
        assert!(!client.step().await.unwrap());
        let (socket, _) = listener.accept().await.unwrap();
        let (has_begun, ()) = tokio::join!(client.step(), invoke(socket));
        assert!(has_begun.unwrap());
    }
}
