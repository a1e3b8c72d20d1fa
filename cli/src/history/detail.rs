//! Everything that the inspector shows of an invocation.

use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use lodger_gateway::Warning;
use serde::Serialize;

use super::body::BodyRecord;

/// The state of an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// No process has received it.
    #[default]
    Queued,
    Running,
    Streaming,
    Done,
}

/// The names and the values of headers, in their order. Each byte of a value is a character.
pub type HeaderList = Vec<(String, String)>;

/// The row of an invocation in the list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    pub id: u64,
    /// Milliseconds since 1970.
    pub at: u64,
    pub kind: &'static str,
    pub front: String,
    pub function: String,
    /// The method and the path, or the source of an event.
    pub name: String,
    pub method: Option<String>,
    pub target: Option<String>,
    pub status: Option<u16>,
    pub error: Option<String>,
    pub state: State,
    pub duration_ms: f64,
    pub is_cold: bool,
    pub request_size: usize,
    pub response_size: usize,
    pub complaints: usize,
    pub replay_of: Option<u64>,
    /// The number of the build.
    pub build: u64,
}

/// A request of a client.
#[derive(Debug, Clone, Serialize)]
pub struct RequestRecord {
    pub method: String,
    pub target: String,
    pub headers: HeaderList,
    pub body: BodyRecord,
}

/// A reply of a function.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ReplyRecord {
    pub is_streamed: bool,
    pub content_type: Option<String>,
    /// The JSON before the body of a streamed reply.
    pub prelude: Option<String>,
    pub body: BodyRecord,
}

/// A response to a client.
#[derive(Debug, Clone, Serialize)]
pub struct ResponseRecord {
    pub status: u16,
    pub headers: HeaderList,
    pub body: BodyRecord,
    /// `complete`, `failed` or `truncated`.
    pub end: &'static str,
}

/// The times of an invocation, in milliseconds since the request.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Timing {
    pub queued_ms: Option<f64>,
    /// The time that the process took to start.
    pub init_ms: Option<f64>,
    pub first_byte_ms: Option<f64>,
    pub frames: Vec<Frame>,
    pub end_ms: Option<f64>,
    /// The time from the end of the response to the end of the work after it.
    pub after_ms: Option<f64>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Frame {
    pub at_ms: f64,
    pub size: usize,
}

#[derive(Debug, Clone, Serialize)]
pub struct LogLine {
    pub at_ms: f64,
    pub text: String,
}

/// A loss or a limit that Lambda would not report.
#[derive(Debug, Clone, Serialize)]
pub struct Complaint {
    pub level: &'static str,
    pub text: String,
    pub link: &'static str,
}

/// Everything about an invocation.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Detail {
    #[serde(flatten)]
    pub summary: Summary,
    /// The request id that the function has received.
    pub request_id: Option<String>,
    pub request: Option<RequestRecord>,
    pub event: Option<BodyRecord>,
    pub reply: Option<ReplyRecord>,
    pub response: Option<ResponseRecord>,
    pub timing: Timing,
    pub logs: Vec<LogLine>,
    /// The bytes of all lines.
    #[serde(skip)]
    pub log_size: usize,
    pub complaint_list: Vec<Complaint>,
}

impl From<&Warning> for Complaint {
    fn from(warning: &Warning) -> Self {
        let link = match warning {
            Warning::DamagedRequestBody { .. } | Warning::EncodedResponseBody { .. } => {
                "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html"
            }
            _ => "https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html",
        };
        Self { level: "warning", text: warning.to_string(), link }
    }
}

/// The headers in their order. Each byte of a value is a character, because JSON has only text.
pub fn header_list(headers: &HeaderMap) -> HeaderList {
    let latin1 = |value: &HeaderValue| match value.to_str() {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8(value.as_bytes().to_vec())
            .unwrap_or_else(|_| value.as_bytes().iter().copied().map(char::from).collect()),
    };
    headers.iter().map(|(name, value)| (name.to_string(), latin1(value))).collect()
}

pub fn content_type(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(CONTENT_TYPE)?.to_str().ok()?.to_owned())
}
