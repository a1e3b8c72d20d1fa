//! The client of the [Lambda Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).

use std::{
    fmt::Write as _,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use tokio::time::{Instant, sleep};

use super::{
    Context,
    connection::{Connection, Head, Trouble},
    json,
    payload::Payload,
};
use crate::{Error, log::say};

const VERSION: &str = "/2018-06-01/runtime";
const USER_AGENT: &str = concat!("lodger/", env!("CARGO_PKG_VERSION"));
/// How long the Runtime API may be out of reach before the process gives up, and lets Lambda start a new one.
const BUDGET: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// The most characters of an error's words that are told.
const MAX_MESSAGE: usize = 32 * 1024;

/// The Runtime API, over one connection that is kept, and renewed when it is found closed.
#[derive(Debug)]
pub(super) struct Api {
    address: Address,
    connection: Option<Connection>,
    /// The head of each poll.
    next: String,
    /// The head of the last post, kept for its memory.
    post: String,
    /// The headers of every request.
    headers: String,
}

/// One event to be answered.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) context: Context,
    pub(super) event: Bytes,
}

/// Where the Runtime API is.
#[derive(Debug, PartialEq, Eq)]
struct Address {
    host: String,
    port: u16,
    /// What stands before the paths of the API: empty on Lambda, something in emulators that serve many functions.
    path: String,
}

impl Api {
    /// # Errors
    /// `address` is not one: a host and a port, with or without `http://` before them and a path after them.
    pub(super) fn new(address: &str) -> Result<Self, Error> {
        let address = Address::parse(address).ok_or_else(|| {
            Error::new(format!(
                "AWS_LAMBDA_RUNTIME_API is {address:?}; it is a host and a port, such as 127.0.0.1:9001, or an http URL"
            ))
        })?;
        let headers = format!("host: {}\r\nuser-agent: {USER_AGENT}\r\n", address.authority());
        let next = format!("GET {}{VERSION}/invocation/next HTTP/1.1\r\n{headers}\r\n", address.path);
        Ok(Self { address, connection: None, next, post: String::new(), headers })
    }

    /// Waits for the next invocation, however long that takes. What goes wrong meanwhile is tried again.
    ///
    /// # Errors
    /// The Runtime API says that this process cannot go on, or has been out of reach for a minute.
    pub(super) async fn next(&mut self) -> Result<Invocation, Error> {
        let mut pause = FIRST_PAUSE;
        let mut give_up = None;
        loop {
            let why = match self.poll().await {
                Ok((200, Some(invocation))) => return Ok(invocation),
                Ok((200, None)) => "an invocation came without an id to answer it by".to_owned(),
                Ok((500, _)) => {
                    return Err(Error::new("the Lambda Runtime API says that this process cannot go on (500)"));
                }
                Ok((status, _)) => format!("the answer to a poll was {status} instead of 200"),
                Err(trouble) => trouble.into_error().to_string(),
            };
            let give_up = *give_up.get_or_insert_with(|| Instant::now() + BUDGET);
            if Instant::now() >= give_up {
                return Err(Error::new(format!(
                    "no invocation from the Lambda Runtime API at {} for {BUDGET:?}: {why}",
                    self.address.authority()
                )));
            }
            say!(WARN, "polling the Lambda Runtime API at {} again in {pause:?}: {why}", self.address.authority());
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn poll(&mut self) -> Result<(u16, Option<Invocation>), Trouble> {
        let kept = self.connection.take();
        let was_kept = kept.is_some();
        match self.poll_on(kept).await {
            // Closed while the process was frozen, most likely, which is no reason to wait.
            Err(Trouble::Ended(_)) if was_kept => self.poll_on(None).await,
            polled => polled,
        }
    }

    async fn poll_on(&mut self, kept: Option<Connection>) -> Result<(u16, Option<Invocation>), Trouble> {
        let mut connection = self.address.connection(kept).await?;
        connection.send(self.next.as_bytes(), None).await?;
        let mut context = Context::default();
        let head = connection.head(|head, name, value| read_header(&mut context, head, name, value)).await?;
        let event = connection.body(&head).await?;
        self.keep(connection, &head);
        let invocation = is_id(&context.request_id).then_some(Invocation { context, event });
        Ok((head.status, invocation))
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
        let mut head = std::mem::take(&mut self.post);
        head.clear();
        head.extend(["POST ", &self.address.path, VERSION]);
        head.extend(path);
        head.extend([" HTTP/1.1\r\n", &self.headers, "content-type: application/json\r\ncontent-length: "]);
        // To a string it can be written without fail.
        let _ = write!(head, "{}\r\n", payload.len());
        for (name, value) in [
            ("lambda-runtime-function-error-type: ", error_type),
            ("lambda-runtime-invocation-id: ", context.invocation_id()),
        ] {
            if let Some(value) = value {
                head.extend([name, value, "\r\n"]);
            }
        }
        head.push_str("\r\n");

        let kept = self.connection.take();
        let was_kept = kept.is_some();
        let posted = match self.post_on(kept, head.as_bytes(), payload).await {
            // An id is answered once: were the first one to have arrived after all, this one is refused, and that is all.
            Err(Trouble::Ended(_)) if was_kept => self.post_on(None, head.as_bytes(), payload).await,
            posted => posted,
        };
        self.post = head;
        match posted {
            Ok(200..300) => Ok(()),
            Ok(500) => Err(Error::new("the Lambda Runtime API says that this process cannot go on (500)")),
            // 410: Lambda has told the client already that the time was over.
            Ok(status) => {
                let hint = match status {
                    400 | 403 => ": it has an answer already, or does not wait for one",
                    410 => ": its time was over",
                    413 => ": it is too large",
                    _ => "",
                };
                say!(ERROR, "request {}: Lambda refused what was answered ({status}){hint}", context.request_id());
                Ok(())
            }
            Err(trouble) => {
                say!(ERROR, "request {}: the answer is lost: {}", context.request_id(), trouble.into_error());
                Ok(())
            }
        }
    }

    async fn post_on(&mut self, kept: Option<Connection>, head: &[u8], payload: &Payload) -> Result<u16, Trouble> {
        let mut connection = self.address.connection(kept).await?;
        let sent = connection.send(head, Some(payload)).await;
        // What is too large may be refused before it has been sent, and the answer says so better than a reset does.
        let answer = match (connection.answer().await, sent) {
            (Ok(head), _) => head,
            (Err(_), Err(trouble)) | (Err(trouble), Ok(())) => return Err(trouble),
        };
        self.keep(connection, &answer);
        Ok(answer.status)
    }

    fn keep(&mut self, connection: Connection, head: &Head) {
        self.connection = head.is_reusable.then_some(connection);
    }
}

impl Address {
    fn parse(address: &str) -> Option<Self> {
        let rest = address.strip_prefix("http://").unwrap_or(address);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // With a port, or without one; an IPv6 address has colons of its own, and brackets around them.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, 80),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:%".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_host) || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let path = path.trim_matches('/');
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        Some(Self { host: host.to_owned(), port, path })
    }

    fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    async fn connection(&self, kept: Option<Connection>) -> Result<Connection, Trouble> {
        match kept {
            Some(connection) => Ok(connection),
            None => Connection::open(&self.host, self.port).await.map_err(Trouble::Broken),
        }
    }
}

fn read_header(context: &mut Context, head: &Bytes, name: &str, value: &[u8]) {
    const PREFIX: &str = "lambda-runtime-";
    let Some((_, name)) = name.split_at_checked(PREFIX.len()).filter(|(start, _)| start.eq_ignore_ascii_case(PREFIX))
    else {
        return;
    };
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    let field = if is("aws-request-id") {
        &mut context.request_id
    } else if is("deadline-ms") {
        context.deadline = Context::read_deadline(value, SystemTime::now());
        return;
    } else if is("invoked-function-arn") {
        &mut context.function_arn
    } else if is("trace-id") {
        &mut context.trace_id
    } else if is("client-context") {
        &mut context.client_context
    } else if is("cognito-identity") {
        &mut context.cognito_identity
    } else if is("aws-tenant-id") {
        &mut context.tenant_id
    } else if is("invocation-id") {
        &mut context.invocation_id
    } else {
        return;
    };
    let value = value.trim_ascii();
    *field = if value.is_empty() { Bytes::new() } else { head.slice_ref(value) };
}

/// Whether `id` can stand in the path of a URL as it is.
fn is_id(id: &[u8]) -> bool {
    (1..=128).contains(&id.len()) && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
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
    fn an_address_may_be_a_url() {
        let parse = |address| {
            let Address { host, port, path } = Address::parse(address)?;
            Some((host, port, path))
        };
        let some = |host: &str, port, path: &str| Some((host.to_owned(), port, path.to_owned()));
        assert_eq!(parse("127.0.0.1:9001"), some("127.0.0.1", 9001, ""));
        assert_eq!(parse("http://127.0.0.1:9000/.rt/name"), some("127.0.0.1", 9000, "/.rt/name"));
        assert_eq!(parse("127.0.0.1:9000/.rt/"), some("127.0.0.1", 9000, "/.rt"));
        assert_eq!(parse("localhost"), some("localhost", 80, ""));
        assert_eq!(parse("[::1]:9001"), some("::1", 9001, ""));
        assert_eq!(parse("[::1]"), some("::1", 80, ""));
        for bad in ["", ":9001", "https://127.0.0.1:9001", "127.0.0.1:port", "a b:1", "h:1/a b", "h\r\n:1", "u@h:1"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_what_can_stand_in_a_path_is_an_id() {
        assert!(is_id(b"8476a536-e9f4-11e8-9739-2dfe598c3fcd"));
        for bad in [&b""[..], b"a/b", b"a b", b"..%2f", &[b'a'; 129]] {
            assert!(!is_id(bad), "{bad:?}");
        }
    }

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
}
