//! An event or a request, and the response that a program has to give.

use std::{io::Write as _, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{Result, events, runtime_api::deadline};

/// Stands for the number of an invocation, which is written over it.
pub const NUMBER: &str = "############";

/// The response that is correct.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Status 200 and this body.
    Body(Vec<u8>),
    /// This JSON, which is not an HTTP response.
    Json(Value),
    /// Status 200. The bodies are kept.
    Any,
}

/// An event for Lambda, and the same request for a server.
#[derive(Debug)]
pub struct Scenario {
    pub name: String,
    pub event: Vec<u8>,
    /// The request for a server. Empty if there is none.
    pub request: Vec<u8>,
    pub reply: Reply,
    /// Variables of the program.
    pub variables: Vec<(&'static str, String)>,
    /// The invocations of a run that measures CPU time.
    pub count: u64,
    /// Where the number goes in the event and in the request.
    event_numbers: Vec<usize>,
    request_numbers: Vec<usize>,
}

/// The names that [`Scenario::named`] takes.
pub const NAMES: [&str; 11] =
    ["hello", "plain", "text", "json", "binary", "body", "rest", "alb", "stream", "event", "long text"];

impl Scenario {
    fn new(name: &str, event: Vec<u8>, request: Vec<u8>, reply: Reply) -> Self {
        let (event_numbers, request_numbers) = (positions(&event), positions(&request));
        // About the same time for each: a byte costs more than the smallest invocation.
        let bytes = event.len() + if let Reply::Body(body) = &reply { body.len() } else { 0 };
        let count = (250_000_000 / (bytes as u64 + 20_000)).clamp(40, 10_000);
        Self {
            name: name.to_owned(),
            event,
            request,
            reply,
            variables: Vec::new(),
            count,
            event_numbers,
            request_numbers,
        }
    }

    /// Creates a scenario of an HTTP request.
    pub fn http(name: &str, front: events::Front, request: &events::Request<'_>, body: impl Into<Vec<u8>>) -> Self {
        Self::new(name, events::event(front, request).into(), events::request(request), Reply::Body(body.into()))
    }

    /// Creates one of the scenarios that every part uses.
    pub fn named(name: &str) -> Result<Arc<Self>> {
        use events::{Front, Request};
        let (http, hello, text) = (Front::HttpApi, "Hello, world!", events::json_text(4 << 10));
        Ok(Arc::new(match name {
            "hello" => Self::http(name, http, &Request::get("/hello"), hello),
            // As load generators for servers send it.
            "plain" => Self::http(name, http, &Request::get("/hello").with_headers(1), hello),
            "rest" => Self::http(name, Front::RestApi, &Request::get("/hello"), hello),
            "alb" => Self::http(name, Front::Alb, &Request::get("/hello"), hello),
            "text" => Self::http(name, http, &Request::post("/text", text.as_bytes()), text.as_bytes()),
            "long text" => {
                let text = events::json_text(256 << 10);
                Self::http(name, http, &Request::post("/text", text.as_bytes()), text.as_bytes())
            }
            "json" => Self::http(name, http, &Request::post("/json", text.as_bytes()), text.as_bytes()),
            "binary" => Self::http(name, http, &Request::get("/bytes/1048576"), events::bytes(1 << 20)),
            // 4 MB in base64.
            "body" => {
                let bytes = events::bytes(3 << 20);
                Self::http(name, http, &Request::post("/bytes", &bytes), bytes.as_slice())
            }
            "stream" => {
                let stream = Self::http(name, Front::FunctionUrl, &Request::get("/frames/16"), vec![b'f'; 16 << 10]);
                stream.with("LODGER_RESPONSE_MODE", "stream")
            }
            "event" => {
                let (event, messages, bytes) = events::queue();
                let reply = Reply::Json(serde_json::json!({"messages": messages, "bytes": bytes}));
                Self::new(name, event.into(), Vec::new(), reply).with("BENCH_EVENTS", "1")
            }
            "threads" | "threads/yield" | "ticks" => {
                let path = format!("/{name}");
                let request = Request::get(&path);
                Self::new(name, events::event(http, &request).into(), Vec::new(), Reply::Any)
            }
            _ => return Err(format!("unknown scenario {name}; expected {}", NAMES.join(", ")).into()),
        }))
    }

    /// Adds a variable of the program.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.variables.push((name, value.to_string()));
        self
    }

    /// The response in the format of Lambda's Runtime API, or the body for a server. The programs that read no JSON send it.
    pub fn ready_response(&self, is_lambda: bool) -> Vec<u8> {
        match &self.reply {
            Reply::Body(body) if is_lambda => {
                let (text, is_base64) = match std::str::from_utf8(body) {
                    Ok(text) => (text.to_owned(), false),
                    Err(_) => (STANDARD.encode(body), true),
                };
                let headers = serde_json::json!({"content-type": "text/plain; charset=utf-8"});
                let reply = serde_json::json!({"statusCode": 200, "headers": headers, "body": text, "isBase64Encoded": is_base64});
                reply.to_string().into()
            }
            Reply::Body(body) => body.clone(),
            Reply::Json(value) => value.to_string().into(),
            Reply::Any => Vec::new(),
        }
    }

    /// Writes the response to a poll.
    pub fn write_event(&self, number: u64, out: &mut Vec<u8>) {
        out.clear();
        // Writing to memory cannot fail.
        let _ = write!(
            out,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-{number:012x}\r\n\
             Lambda-Runtime-Deadline-Ms: {}\r\nLambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:123456789012:function:bench\r\n\
             Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6e{number:012x};Parent=91ed514f1e5c03b2;Sampled=0\r\n\
             Date: Sun, 29 Nov 2026 12:00:00 GMT\r\nContent-Length: {}\r\n\r\n",
            deadline(),
            self.event.len()
        );
        append(&self.event, &self.event_numbers, number, out);
    }

    /// Writes a request for a server.
    pub fn write_request(&self, number: u64, out: &mut Vec<u8>) {
        out.clear();
        append(&self.request, &self.request_numbers, number, out);
    }

    /// Returns the number in a request id.
    pub fn number_of(id: &str) -> Option<u64> {
        u64::from_str_radix(id.strip_prefix("8476a536-e9f4-11e8-9739-")?, 16).ok()
    }

    /// Checks the response to an event, and returns the body in it.
    pub fn check_reply(&self, reply: &[u8], is_stream: bool) -> Result<Vec<u8>> {
        let separator = [0; 8];
        let at = reply.windows(8).position(|bytes| bytes == separator).filter(|_| is_stream);
        let (head, streamed) = reply.split_at(at.unwrap_or(reply.len()));
        let value: Value = serde_json::from_slice(head)?;
        if let Reply::Json(expected) = &self.reply {
            return if value == *expected { Ok(Vec::new()) } else { Err(format!("the response is {value}").into()) };
        }
        let text = value["body"].as_str().unwrap_or_default();
        let body = match streamed.strip_prefix(&separator) {
            Some(body) => body.to_vec(),
            None if value["isBase64Encoded"] == Value::Bool(true) => STANDARD.decode(text)?,
            None => text.into(),
        };
        self.check_response(value["statusCode"].as_u64().unwrap_or_default(), &body)?;
        Ok(body)
    }

    /// Checks a response.
    pub fn check_response(&self, status: u64, body: &[u8]) -> Result<()> {
        match &self.reply {
            _ if status != 200 => {
                Err(format!("{}: the status is {status}: {}", self.name, String::from_utf8_lossy(body)).into())
            }
            Reply::Body(expected) if body != expected => {
                Err(format!("{}: another body, of {} instead of {} bytes", self.name, body.len(), expected.len())
                    .into())
            }
            _ => Ok(()),
        }
    }
}

fn positions(bytes: &[u8]) -> Vec<usize> {
    let windows = bytes.windows(NUMBER.len()).enumerate();
    windows.filter(|(_, window)| *window == NUMBER.as_bytes()).map(|(at, _)| at).collect()
}

/// Appends bytes in which a number replaces each [`NUMBER`].
fn append(bytes: &[u8], positions: &[usize], number: u64, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(bytes);
    let digits = format!("{number:012}");
    for at in positions {
        if let Some(place) = out.get_mut(start + at..start + at + NUMBER.len()) {
            place.copy_from_slice(digits.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_json_with_its_number() {
        for name in NAMES {
            let scenario = Scenario::named(name).unwrap();
            let mut out = Vec::new();
            scenario.write_event(7, &mut out);
            let (_, event) = std::str::from_utf8(&out).unwrap().split_once("\r\n\r\n").unwrap();
            let event: Value = serde_json::from_str(event).unwrap();
            assert!(event.to_string().contains("000000000007"), "{name}");
            assert!(!event.to_string().contains(NUMBER), "{name}");
        }
    }

    #[test]
    fn rejects_another_body_and_another_status() {
        let hello = Scenario::named("hello").unwrap();
        assert!(hello.check_reply(&hello.ready_response(true), false).is_ok());
        assert!(hello.check_reply(br#"{"statusCode": 200, "body": "Hello"}"#, false).is_err());
        assert!(hello.check_reply(br#"{"statusCode": 500, "body": "Hello, world!"}"#, false).is_err());
    }

    #[test]
    fn reads_a_streamed_response() {
        let stream = Scenario::named("stream").unwrap();
        let mut reply = b"{\"statusCode\":200}\0\0\0\0\0\0\0\0".to_vec();
        reply.extend_from_slice(&[b'f'; 16 << 10]);
        assert!(stream.check_reply(&reply, true).is_ok());
        assert!(stream.check_reply(&reply[..reply.len() - 1], true).is_err());
    }
}
