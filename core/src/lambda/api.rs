//! The client of the [Lambda Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).

use std::{fmt::Write as _, io, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body::Body;
use tokio::time::{Instant, sleep};

use super::{
    AbortOnDrop, Context,
    address::Address,
    alarm::Alarm,
    connection::{Connection, Head, Trouble},
    deadline::Deadline,
    end::End,
    extension, json,
    payload::Payload,
    slots::Slots,
    stream,
};
use crate::{BoxError, Error, log::say};

const VERSION: &str = "/2018-06-01/runtime";
const USER_AGENT: &str = concat!("lodger/", env!("CARGO_PKG_VERSION"));
/// How long the Runtime API may be out of reach before the process gives up, and lets Lambda start a new one.
const BUDGET: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
const CANNOT_GO_ON: &str = "the Lambda Runtime API says that this process cannot go on (500)";
/// The most characters of an error's words that are told.
const MAX_MESSAGE: usize = 32 * 1024;

/// The Runtime API as one slot has it: over one connection that is kept, and renewed when it is found closed.
#[derive(Debug)]
pub(super) struct Api {
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

/// What a poll was answered with.
struct Polled {
    status: u16,
    /// If it can be answered.
    invocation: Option<Invocation>,
}

/// One event to be answered.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) context: Context,
    pub(super) event: Bytes,
}

impl Api {
    /// That of the first of so many slots.
    ///
    /// # Errors
    /// `address` is not one: a host and a port, with or without `http://` before them and a path after them.
    pub(super) fn new(address: &str, slots: usize) -> Result<Self, Error> {
        let address = Address::parse(address).ok_or_else(|| {
            Error::new(format!(
                "AWS_LAMBDA_RUNTIME_API is {address:?}; it is a host and a port, such as 127.0.0.1:9001, or an http URL"
            ))
        })?;
        Ok(Self::at(address, Slots::new(slots)))
    }

    /// That of another slot.
    pub(super) fn sibling(&self) -> Self {
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
    pub(super) async fn ask_for_sigterm(&self) -> Result<AbortOnDrop<()>, String> {
        extension::register(&self.address, &self.headers).await
    }

    /// Waits for the next invocation, however long that takes; `None` if `end` comes first. What goes wrong meanwhile is
    /// tried again. Once an invocation has begun to arrive, `end` waits for it.
    ///
    /// # Errors
    /// The Runtime API says that this process cannot go on, or has been out of reach for a minute, of all slots.
    pub(super) async fn next(&mut self, end: &mut End) -> Result<Option<Invocation>, Error> {
        let mut pause = FIRST_PAUSE;
        let mut give_up = None;
        let mut trouble = None;
        self.has_waited = false;
        loop {
            let why = match self.poll(end).await {
                Ok(None) => return Ok(None),
                Ok(Some(Polled { status: 200, invocation: Some(invocation) })) => return Ok(Some(invocation)),
                Ok(Some(Polled { status: 200, invocation: None })) => {
                    "an invocation came without an id to answer it by".to_owned()
                }
                Ok(Some(Polled { status: 500, .. })) => return Err(Error::new(CANNOT_GO_ON)),
                Ok(Some(Polled { status, .. })) => format!("the answer to a poll was {status} instead of 200"),
                Err(trouble) => trouble.into_error().to_string(),
            };
            if std::mem::take(&mut self.has_waited) {
                // It was reached, and had nothing to say for a while: whatever came before is over.
                pause = FIRST_PAUSE;
                give_up = None;
                trouble = None;
            }
            trouble.get_or_insert_with(|| self.slots.trouble());
            let give_up = *give_up.get_or_insert_with(|| Instant::now() + BUDGET);
            if Instant::now() >= give_up && self.slots.are_all_in_trouble() {
                return Err(Error::new(format!(
                    "no invocation from the Lambda Runtime API at {} for {BUDGET:?}: {why}",
                    self.address.authority()
                )));
            }
            say!(WARN, "polling the Lambda Runtime API at {} again in {pause:?}: {why}", self.address.authority());
            if end.or(sleep(pause)).await.is_none() {
                return Ok(None);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn poll(&mut self, end: &mut End) -> Result<Option<Polled>, Trouble> {
        let kept = self.kept();
        let was_kept = kept.is_some();
        match self.poll_on(kept, end).await {
            // Closed while the process was frozen, most likely, which is no reason to wait.
            Err(Trouble::Ended(_)) if was_kept || self.has_waited => self.poll_on(None, end).await,
            polled => polled,
        }
    }

    async fn poll_on(&mut self, kept: Option<Connection>, end: &mut End) -> Result<Option<Polled>, Trouble> {
        let mut connection = self.address.connection(kept).await?;
        let asked = async {
            connection.send(self.next.as_bytes(), None, &mut self.patience).await?;
            connection.wait().await
        };
        let began = Instant::now();
        let asked = end.or(asked).await;
        self.has_waited |= began.elapsed() > LONGEST_PAUSE;
        match asked {
            None => return Ok(None),
            Some(asked) => asked?,
        }
        let mut context = Context::default();
        let header = |head: &Bytes, name: &str, value: &[u8]| context.read_header(head, name, value);
        let (head, event) = connection.answer(&mut self.patience, header).await?;
        self.keep(connection, &head);
        let invocation = context.can_be_answered().then_some(Invocation { context, event });
        Ok(Some(Polled { status: head.status, invocation }))
    }

    /// Answers an invocation.
    ///
    /// # Errors
    /// The Runtime API says that this process cannot go on. All else is logged: the invocation is lost, the next is not.
    pub(super) async fn respond(&mut self, context: &Context, payload: &Payload) -> Result<(), Error> {
        self.post(["/invocation/", context.request_id(), "/response"], context, None, payload).await
    }

    /// Reports that an invocation cannot be answered.
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    pub(super) async fn fail(&mut self, context: &Context, error_type: &str, message: &str) -> Result<(), Error> {
        let path = ["/invocation/", context.request_id(), "/error"];
        self.post(path, context, Some(error_type), &error(error_type, message)).await
    }

    /// Reports that the process cannot start. It has to end then.
    pub(super) async fn init_error(&mut self, error_type: &str, message: &str) {
        let payload = error(error_type, message);
        if let Err(error) = self.post(["/init", "/error", ""], &Context::default(), Some(error_type), &payload).await {
            say!(ERROR, "{error:?}");
        }
    }

    async fn post(
        &mut self,
        path: [&str; 3],
        context: &Context,
        error_type: Option<&str>,
        payload: &Payload,
    ) -> Result<(), Error> {
        let mut head = self.post_head(path, context);
        head.push_str("content-type: application/json\r\ncontent-length: ");
        // To a string it can be written without fail.
        let _ = write!(head, "{}\r\n", payload.len());
        if let Some(error_type) = error_type {
            head.extend(["lambda-runtime-function-error-type: ", error_type, "\r\n"]);
        }
        head.push_str("\r\n");
        let posted = self.post_until_taken(&head, payload).await;
        self.post = head;
        posted_for(context, posted)
    }

    /// Streams an answer: what is at hand in one write, and the frames of `body` as they come, until `over`. One that fails
    /// ends so that the client cannot take it for whole.
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    pub(super) async fn stream<B>(
        &mut self,
        context: &Context,
        begin: &[u8],
        body: Option<B>,
        over: &mut Deadline,
    ) -> Result<(), Error>
    where
        B: Body<Data = Bytes, Error: Into<BoxError>>,
    {
        let mut head = self.post_head(["/invocation/", context.request_id(), "/response"], context);
        head.push_str(stream::HEADERS);
        let streamed = self.stream_on(context, &head, begin, body, over).await;
        self.post = head;
        posted_for(context, streamed)
    }

    async fn stream_on<B>(
        &mut self,
        context: &Context,
        head: &str,
        begin: &[u8],
        body: Option<B>,
        over: &mut Deadline,
    ) -> Result<u16, Trouble>
    where
        B: Body<Data = Bytes, Error: Into<BoxError>>,
    {
        let mut kept = self.kept();
        let mut pause = FIRST_PAUSE;
        let mut connection = loop {
            match self.address.connection(kept.take()).await {
                Err(Trouble::Unreached(_)) if pause < LONGEST_PAUSE => {
                    sleep(pause).await;
                    pause *= 2;
                }
                connection => break connection?,
            }
        };
        let ended = stream::send(&mut connection, head, begin, body, over).await;
        if let Ok(Some(failure)) = &ended {
            say!(ERROR, "request {}: the stream was ended as one that failed: {failure}", context.request_id());
        }
        if let Err(late) = ended.as_ref().map_err(io::Error::kind)
            && late == io::ErrorKind::TimedOut
        {
            // In the middle of a chunk no trailers can follow, and no answer will: closed, it is one that was cut off.
            return Err(Trouble::Broken(ended.err().unwrap_or_else(|| late.into())));
        }
        let (head, _) = match connection.answer(&mut self.patience, |_, _, _| {}).await {
            Ok(answer) => answer,
            // How it ended says more.
            Err(trouble) => return Err(ended.err().map_or(trouble, Trouble::Broken)),
        };
        if let (Err(error), 200..300) = (&ended, head.status) {
            say!(ERROR, "request {}: the stream was cut off: {error}", context.request_id());
        }
        if ended.is_ok() {
            self.keep(connection, &head);
        }
        Ok(head.status)
    }

    /// The begin of a head that posts to `path`.
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

    /// Posts, and posts again where nothing can have been taken, or where that does no harm: an id is answered once, so
    /// that a second answer to it is refused, and that is all.
    async fn post_until_taken(&mut self, head: &str, payload: &Payload) -> Result<u16, Trouble> {
        let mut kept = self.kept();
        let mut pause = FIRST_PAUSE;
        loop {
            let was_kept = kept.is_some();
            match self.post_on(kept.take(), head.as_bytes(), payload).await {
                Err(Trouble::Ended(_)) if was_kept => {}
                Err(Trouble::Unreached(_)) if pause < LONGEST_PAUSE => {
                    sleep(pause).await;
                    pause *= 2;
                }
                posted => return posted,
            }
        }
    }

    async fn post_on(&mut self, kept: Option<Connection>, head: &[u8], payload: &Payload) -> Result<u16, Trouble> {
        let mut connection = self.address.connection(kept).await?;
        match connection.send(head, Some(payload), &mut self.patience).await {
            Ok(()) => {
                let (head, _) = connection.answer(&mut self.patience, |_, _, _| {}).await?;
                self.keep(connection, &head);
                Ok(head.status)
            }
            // What is too large may be refused before it has been sent, and the answer says so better than a reset does.
            // The connection is not used again: what was sent of the body is not the begin of a request.
            Err(Trouble::Ended(error)) => match connection.answer(&mut self.patience, |_, _, _| {}).await {
                Ok((head, _)) => Ok(head.status),
                Err(_) => Err(Trouble::Ended(error)),
            },
            Err(trouble) => Err(trouble),
        }
    }

    /// The connection that was kept, if it is still good.
    fn kept(&mut self) -> Option<Connection> {
        self.connection.take().filter(Connection::is_quiet)
    }

    fn keep(&mut self, connection: Connection, head: &Head) {
        self.connection = head.is_reusable.then_some(connection);
    }
}

/// What became of a post.
fn posted_for(context: &Context, posted: Result<u16, Trouble>) -> Result<(), Error> {
    let what = if context.request_id().is_empty() { "the start" } else { context.request_id() };
    match posted {
        Ok(200..300) => Ok(()),
        Ok(500) => Err(Error::new(CANNOT_GO_ON)),
        // On Managed Instances, where a function lives on: the client has been told that the time was over.
        Ok(410) => {
            say!(DEBUG, "request {what}: the answer came too late");
            Ok(())
        }
        Ok(status) => {
            let hint = match status {
                400 | 403 => ": it has an answer already, or does not wait for one",
                413 => ": it is too large",
                _ => "",
            };
            say!(ERROR, "request {what}: Lambda refused what was answered ({status}){hint}");
            Ok(())
        }
        Err(trouble) => {
            say!(ERROR, "request {what}: the answer is lost: {}", trouble.into_error());
            Ok(())
        }
    }
}

/// An error as the Runtime API wants it told.
fn error(error_type: &str, message: &str) -> Payload {
    let message: String = message.chars().take(MAX_MESSAGE).collect();
    let mut out = Vec::with_capacity(128 + message.len());
    out.extend_from_slice(b"{\"errorMessage\":\"");
    json::push_escaped(message.as_bytes(), &mut out);
    out.extend_from_slice(b"\",\"errorType\":\"");
    json::push_escaped(error_type.as_bytes(), &mut out);
    out.extend_from_slice(b"\",\"stackTrace\":[]}");
    Payload::whole(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_in_json_and_not_at_any_length() {
        let payload = error("Runtime.Broken", &"\"é".repeat(MAX_MESSAGE));
        let mut out = vec![];
        let mut pieces = payload.pieces();
        while pieces.push_next(&mut out) {}
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(json["errorType"], "Runtime.Broken");
        assert_eq!(json["errorMessage"].as_str().unwrap().chars().count(), MAX_MESSAGE);
        assert!(json["stackTrace"].as_array().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_slot_gives_up_when_all_have_come_to_nothing() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let mut one = Api::new(&nobody, 2).unwrap();
        let mut other = one.sibling();
        let never = || End::new(crate::Shutdown::default());
        // As long as the other has not failed it may be answering.
        assert!(tokio::time::timeout(BUDGET * 5, one.next(&mut never())).await.is_err());
        let (mut end, mut end_of_other) = (never(), never());
        let both = async {
            tokio::select! {
                gave_up = one.next(&mut end) => gave_up,
                gave_up = other.next(&mut end_of_other) => gave_up,
            }
        };
        let gave_up = tokio::time::timeout(BUDGET * 2, both).await.expect("none gives up");
        assert!(gave_up.unwrap_err().to_string().starts_with("no invocation from the Lambda Runtime API"));
    }

    #[tokio::test]
    async fn a_connection_in_the_middle_of_a_body_is_not_used_again() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut api = Api::new(&listener.local_addr().unwrap().to_string(), 1).unwrap();
        let refuses = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.read_exact(&mut [0; 1000]).await.unwrap();
            socket.write_all(b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            // With the rest unread, so that the other end can write no more.
        };
        let payload = Payload::whole(vec![b'x'; 32 << 20]);
        let (posted, ()) = tokio::join!(api.post_on(None, b"POST / HTTP/1.1\r\n\r\n", &payload), refuses);
        assert!(matches!(posted, Ok(413)), "{posted:?}");
        assert!(api.connection.is_none());
    }
}
