//! Measures the latency of streams on Lambda: the time from the event to the first byte of a streamed response, compared with
//! the last byte of a buffered response. The goal is a ratio of 1.5 or less.
//!
//! ```text
//! just first-byte [ROUNDS]
//! ```

use std::{
    error::Error,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::get,
};
use futures_util::stream;
use lodger::{Host, Lodger, ResponseMode};
use tokio::{runtime::Runtime, sync::mpsc};

/// The number of invocations of each function before the measurement.
const WARM_UP: usize = 500;

const EVENT: &str = concat!(
    r#"{"version":"2.0","routeKey":"$default","rawPath":"/hello","rawQueryString":"","headers":{"host":"a.lambda-url.eu-west-1.on.aws","#,
    r#""user-agent":"curl/8","accept":"*/*","x-forwarded-for":"198.51.100.4","x-forwarded-proto":"https"},"requestContext":{"#,
    r#""domainName":"a.lambda-url.eu-west-1.on.aws","http":{"method":"GET","path":"/hello","protocol":"HTTP/1.1","#,
    r#""sourceIp":"198.51.100.4"},"stage":"$default"},"isBase64Encoded":false}"#
);

/// A Runtime API for one function, with the bytes that the function has sent.
struct RuntimeApi {
    socket: TcpStream,
    received: Vec<u8>,
}

impl RuntimeApi {
    /// Starts a function, and waits for its first poll.
    fn start(runtime: &Runtime, mode: ResponseMode, app: Router) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        runtime.spawn(Lodger::new().host(Host::Lambda).lambda_runtime_api(address).response_mode(mode).run(app));
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        let mut api = Self { socket, received: Vec::new() };
        api.read_until(|received| received.ends_with(b"\r\n\r\n"))?;
        Ok(api)
    }

    /// Sends an event, and returns the time until the received bytes meet `is_measured`. The response ends when they meet `is_end`.
    fn invoke(&mut self, is_measured: impl Fn(&[u8]) -> bool, is_end: impl Fn(&[u8]) -> bool) -> io::Result<Duration> {
        let length = EVENT.len();
        let event =
            format!("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nContent-Length: {length}\r\n\r\n{EVENT}");
        self.received.clear();
        let start = Instant::now();
        self.socket.write_all(event.as_bytes())?;
        self.read_until(is_measured)?;
        let duration = start.elapsed();
        self.read_until(is_end)?;
        self.received.clear();
        self.socket.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")?;
        self.read_until(|received| received.ends_with(b"\r\n\r\n"))?;
        Ok(duration)
    }

    fn read_until(&mut self, is_done: impl Fn(&[u8]) -> bool) -> io::Result<()> {
        let mut buffer = [0; 4096];
        while !is_done(&self.received) {
            match self.socket.read(&mut buffer)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                length => self.received.extend_from_slice(&buffer[..length]),
            }
        }
        Ok(())
    }
}

fn contains(received: &[u8], bytes: &[u8]) -> bool {
    received.windows(bytes.len()).any(|window| window == bytes)
}

fn hello() -> Body {
    Body::from("Hello, world!")
}

/// Returns the same body from another task, which is common for feeds.
fn hello_from_task() -> Body {
    let (sender, mut receiver) = mpsc::channel(1);
    tokio::spawn(async move { sender.send(Ok::<_, io::Error>(Bytes::from_static(b"Hello, world!"))).await });
    Body::from_stream(stream::poll_fn(move |cx| receiver.poll_recv(cx)))
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() -> Result<(), Box<dyn Error>> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(5000), |rounds| rounds.parse())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let app = |body: fn() -> Body| Router::new().route("/hello", get(async move || body()));
    let mut functions = [
        ("buffered, to the last byte", ResponseMode::Buffered, hello as fn() -> Body),
        ("streamed, complete body, to the first byte", ResponseMode::Stream, hello),
        ("streamed, from a task, to the first byte", ResponseMode::Stream, hello_from_task),
    ]
    .into_iter()
    .map(|(name, mode, body)| Ok((name, mode, RuntimeApi::start(&runtime, mode, app(body))?, Vec::new())))
    .collect::<io::Result<Vec<_>>>()?;
    for round in 0..WARM_UP + rounds {
        for (_, mode, api, times) in &mut functions {
            let duration = match mode {
                ResponseMode::Buffered => {
                    let is_end = |received: &[u8]| received.ends_with(b"\"body\":\"Hello, world!\"}");
                    api.invoke(is_end, is_end)?
                }
                _ => api.invoke(
                    |received| contains(received, b"\0\0\0\0\0\0\0\0\r\nd\r\nH"),
                    |received| received.ends_with(b"\r\n0\r\n\r\n"),
                )?,
            };
            if round >= WARM_UP {
                times.push(duration);
            }
        }
    }
    let medians: Vec<_> = functions.iter_mut().map(|(name, _, _, times)| (*name, median(times))).collect();
    for (name, duration) in &medians {
        println!(
            "{name:40} {:7.1} us, ratio {:.3}",
            duration.as_secs_f64() * 1e6,
            duration.as_secs_f64() / medians[0].1.as_secs_f64()
        );
    }
    // Stops the functions before they notice that the Runtime API is gone.
    runtime.shutdown_background();
    Ok(())
}
