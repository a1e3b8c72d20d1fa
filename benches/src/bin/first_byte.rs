//! How long a client waits on Lambda: from the event to the first byte of a body that is streamed, and to the last one of an
//! answer as a whole, by turns: `cargo run --release -p lodger-benches --bin first_byte [ROUNDS]`. The ratio is to be 1.5 or less.

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

/// Of each kind, before any is counted.
const WARM_UP: usize = 500;

const EVENT: &str = concat!(
    r#"{"version":"2.0","routeKey":"$default","rawPath":"/hello","rawQueryString":"","headers":{"host":"a.lambda-url.eu-west-1.on.aws","#,
    r#""user-agent":"curl/8","accept":"*/*","x-forwarded-for":"198.51.100.4","x-forwarded-proto":"https"},"requestContext":{"#,
    r#""domainName":"a.lambda-url.eu-west-1.on.aws","http":{"method":"GET","path":"/hello","protocol":"HTTP/1.1","#,
    r#""sourceIp":"198.51.100.4"},"stage":"$default"},"isBase64Encoded":false}"#
);

/// The other end of a function's connection, and what has come over it.
struct RuntimeApi {
    socket: TcpStream,
    read: Vec<u8>,
}

impl RuntimeApi {
    /// Starts a function, and waits until it polls.
    fn of(runtime: &Runtime, mode: ResponseMode, app: Router) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        runtime.spawn(Lodger::new().host(Host::Lambda).lambda_runtime_api(address).response_mode(mode).run(app));
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        let mut api = Self { socket, read: Vec::new() };
        api.until(|read| read.ends_with(b"\r\n\r\n"))?;
        Ok(api)
    }

    /// Hands out an event, and measures until `is_there` says so of the answer, which ends where `is_whole` says so.
    fn invoke(&mut self, is_there: impl Fn(&[u8]) -> bool, is_whole: impl Fn(&[u8]) -> bool) -> io::Result<Duration> {
        let length = EVENT.len();
        let event =
            format!("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nContent-Length: {length}\r\n\r\n{EVENT}");
        self.read.clear();
        let begun = Instant::now();
        self.socket.write_all(event.as_bytes())?;
        self.until(is_there)?;
        let took = begun.elapsed();
        self.until(is_whole)?;
        self.read.clear();
        self.socket.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")?;
        self.until(|read| read.ends_with(b"\r\n\r\n"))?;
        Ok(took)
    }

    fn until(&mut self, is_there: impl Fn(&[u8]) -> bool) -> io::Result<()> {
        let mut buffer = [0; 4096];
        while !is_there(&self.read) {
            match self.socket.read(&mut buffer)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                length => self.read.extend_from_slice(&buffer[..length]),
            }
        }
        Ok(())
    }
}

fn contains(read: &[u8], what: &[u8]) -> bool {
    read.windows(what.len()).any(|window| window == what)
}

fn hello() -> Body {
    Body::from("Hello, world!")
}

/// The same from a task of its own, as feeds are often made.
fn sent() -> Body {
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
        ("streamed, at hand, to the first byte", ResponseMode::Stream, hello),
        ("streamed, from a task, to the first byte", ResponseMode::Stream, sent),
    ]
    .into_iter()
    .map(|(name, mode, body)| Ok((name, mode, RuntimeApi::of(&runtime, mode, app(body))?, Vec::new())))
    .collect::<io::Result<Vec<_>>>()?;
    for round in 0..WARM_UP + rounds {
        for (_, mode, api, times) in &mut functions {
            let took = match mode {
                ResponseMode::Buffered => {
                    let is_whole = |read: &[u8]| read.ends_with(b"\"body\":\"Hello, world!\"}");
                    api.invoke(is_whole, is_whole)?
                }
                _ => api.invoke(
                    |read| contains(read, b"\0\0\0\0\0\0\0\0\r\nd\r\nH"),
                    |read| read.ends_with(b"\r\n0\r\n\r\n"),
                )?,
            };
            if round >= WARM_UP {
                times.push(took);
            }
        }
    }
    let medians: Vec<_> = functions.iter_mut().map(|(name, _, _, times)| (*name, median(times))).collect();
    for (name, took) in &medians {
        println!(
            "{name:40} {:7.1} us, ratio {:.3}",
            took.as_secs_f64() * 1e6,
            took.as_secs_f64() / medians[0].1.as_secs_f64()
        );
    }
    // Before the functions find that nobody is there any more.
    runtime.shutdown_background();
    Ok(())
}
