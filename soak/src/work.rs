//! The requests: one for each number, with the response that it must have.

use bytes::Bytes;

/// A request of a client.
#[derive(Debug)]
pub struct Work {
    pub method: &'static str,
    pub path: String,
    pub body: Bytes,
    pub expected: Expected,
}

/// The response that is correct.
#[derive(Debug, PartialEq, Eq)]
pub enum Expected {
    /// This status and body.
    Response(u16, Bytes),
    /// A failure after the head: the connection closes, or the event gets an error.
    Failure,
    /// The numbers of the app.
    Stats,
}

/// The number of kinds of requests. The kinds take turns.
const KINDS: u64 = 10;

impl Work {
    /// Returns the request with a number.
    pub fn new(number: u64) -> Self {
        // Each kind occurs with each size: the sizes have no common divisor with the kinds.
        let size = usize::try_from(number.wrapping_mul(7_919) % 6_007).unwrap_or_default();
        match number % KINDS {
            0 => Self::get(format!("/hello/{number}"), 200, format!("hello {number}")),
            1 => Self::echo(number, text(number, size)),
            2 => Self::echo(number, binary(number, size)),
            3 => {
                let frames = number % 13;
                let lines = (0..frames).map(|frame| format!("{number} {frame}\n")).collect::<String>();
                Self::get(format!("/stream/{frames}/{number}"), 200, lines)
            }
            4 => Self::get(format!("/status/404/{number}"), 404, format!("status {number}")),
            5 => Self::get(format!("/cookies/{number}"), 200, format!("cookies {number}")),
            6 => Self::get(format!("/after/{number}"), 200, format!("after {number}")),
            // Few are large or fail, so that most of the time is for the others.
            7 if number % 1_000 == 7 => Self::echo(number, binary(number, 512 << 10)),
            7 => Self::get(format!("/hello/{number}?{}", "q".repeat(size)), 200, format!("hello {number}")),
            8 if number % 500 == 8 => Self::failure(format!("/broken/{number}")),
            8 => Self::get(format!("/hello/{number}"), 200, format!("hello {number}")),
            _ if number % 500 == 9 => Self::failure(format!("/panic/{number}")),
            _ => Self::echo(number, text(number, size / 10)),
        }
    }

    /// Returns the request for the numbers of the app.
    pub fn stats() -> Self {
        Self { method: "GET", path: "/stats".to_owned(), body: Bytes::new(), expected: Expected::Stats }
    }

    fn get(path: String, status: u16, body: String) -> Self {
        Self { method: "GET", path, body: Bytes::new(), expected: Expected::Response(status, body.into()) }
    }

    fn echo(number: u64, body: Bytes) -> Self {
        Self {
            method: "POST",
            path: format!("/echo/{number}"),
            body: body.clone(),
            expected: Expected::Response(200, body),
        }
    }

    fn failure(path: String) -> Self {
        Self { method: "GET", path, body: Bytes::new(), expected: Expected::Failure }
    }

    /// Whether the app runs work after the response.
    pub fn has_work_after(&self) -> bool {
        self.path.starts_with("/after/")
    }
}

/// Returns text with characters that JSON escapes, and with some of several bytes.
fn text(number: u64, size: usize) -> Bytes {
    let part = format!("{number} \"quoted\" \\ \u{e9}\u{1f980}\n");
    part.repeat(size / part.len() + 1).into()
}

/// Returns bytes that are not UTF-8.
fn binary(number: u64, size: usize) -> Bytes {
    number.to_le_bytes().into_iter().chain([0xff]).cycle().take(size.max(9)).collect()
}
