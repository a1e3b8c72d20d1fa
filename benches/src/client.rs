//! A client of a server, on one connection, and Vercel's side of its socket.

use std::{
    io::Read,
    net::{TcpListener, TcpStream},
    os::unix::net::UnixListener,
    process::Command,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    Result,
    events::REQUEST_ID_PREFIX,
    http::{Connection, Message},
    process::Process,
    scenario::{NUMBER, Scenario},
    session::Folder,
};

/// How long a server may take until it listens. Under valgrind, it takes seconds.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A client of one server.
#[derive(Debug)]
pub struct Client {
    scenario: Arc<Scenario>,
    connection: Connection<TcpStream>,
    message: Message,
    out: Vec<u8>,
    number: u64,
    /// The time when the server accepted connections.
    pub ready: Instant,
    vercel: Option<Vercel>,
}

impl Client {
    /// Starts a server, and connects to it.
    pub fn start(command: &mut Command, scenario: &Arc<Scenario>, is_vercel: bool) -> Result<(Process, Self)> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let vercel = if is_vercel { Some(Vercel::start()?) } else { None };
        match &vercel {
            Some(vercel) => {
                command.env("VERCEL_IPC_PATH", vercel.folder.0.join("ipc")).env("VERCEL_DEV_PORT", port.to_string())
            }
            None => command.env("LODGER_ADDR", format!("127.0.0.1:{port}")),
        };
        let mut process = Process::start(command)?;
        let started = |vercel: &Vercel| vercel.messages().started;
        let (socket, ready) = loop {
            process.check()?;
            let ready = match &vercel {
                Some(vercel) => started(vercel),
                None => Some((Instant::now(), port)),
            };
            let socket = ready.and_then(|(at, port)| Some((TcpStream::connect(("127.0.0.1", port)).ok()?, at)));
            match socket {
                Some((socket, at)) => break (socket, at),
                None if process.started.elapsed() > START_TIMEOUT => return Err("the server does not listen".into()),
                None => thread::sleep(Duration::from_micros(200)),
            }
        };
        socket.set_nodelay(true)?;
        let connection = Connection::new(socket);
        let scenario = Arc::clone(scenario);
        let (message, out) = (Message::default(), Vec::new());
        Ok((process, Self { scenario, connection, message, out, number: 0, ready, vercel }))
    }

    /// Sends requests, one after another, and waits for the responses and for their `end` messages.
    pub fn invoke(&mut self, count: u64) -> Result<()> {
        for _ in 0..count {
            self.scenario.write_request(self.number, &mut self.out);
            self.number += 1;
            self.connection.send(&self.out)?;
            if !self.connection.read(&mut self.message)? {
                return Err("the server has closed the connection".into());
            }
            let status = self.message.status().unwrap_or_default();
            self.scenario.check_response(status.into(), &self.message.body)?;
        }
        let Some(vercel) = &self.vercel else { return Ok(()) };
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let messages = vercel.messages();
            // Each request once.
            if (messages.ends, messages.sum) == (self.number, self.number * self.number.saturating_sub(1) / 2) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("{} of {} requests have an `end` message", messages.ends, self.number).into());
            }
            drop(messages);
            thread::sleep(Duration::from_micros(200));
        }
    }
}

/// The socket of Vercel.
#[derive(Debug)]
struct Vercel {
    folder: Folder,
    messages: Arc<Mutex<Messages>>,
}

/// The messages of the program so far.
#[derive(Debug, Default)]
struct Messages {
    /// The time of the first message, and the port in it.
    started: Option<(Instant, u16)>,
    /// The number of `end` messages, and the sum of the numbers in their request ids.
    ends: u64,
    sum: u64,
}

impl Vercel {
    fn start() -> Result<Self> {
        let folder = Folder::new()?;
        let listener = UnixListener::bind(folder.0.join("ipc"))?;
        let messages = Arc::<Mutex<Messages>>::default();
        let for_thread = Arc::clone(&messages);
        thread::spawn(move || {
            let Ok((mut socket, _)) = listener.accept() else { return };
            let (mut received, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
            while let Ok(count @ 1..) = socket.read(&mut buffer) {
                received.extend_from_slice(buffer.get(..count).unwrap_or_default());
                let mut messages = for_thread.lock().unwrap_or_else(PoisonError::into_inner);
                let mut rest = received.as_slice();
                while let Some(at) = rest.iter().position(|byte| *byte == 0) {
                    let (message, after) = rest.split_at(at);
                    messages.add(message);
                    rest = after.get(1..).unwrap_or_default();
                }
                received = rest.to_vec();
            }
        });
        Ok(Self { folder, messages })
    }

    fn messages(&self) -> std::sync::MutexGuard<'_, Messages> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Messages {
    fn add(&mut self, message: &[u8]) {
        let value: Value = serde_json::from_slice(message).unwrap_or_default();
        let payload = &value["payload"];
        match value["type"].as_str() {
            Some("server-started") => {
                let port = payload["httpPort"].as_u64().and_then(|port| port.try_into().ok());
                self.started = Some((Instant::now(), port.unwrap_or_default()));
            }
            Some("end") => {
                self.ends += 1;
                let id = payload["context"]["requestId"].as_u64().unwrap_or_default();
                self.sum += id.saturating_sub(REQUEST_ID_PREFIX * 10_u64.pow(NUMBER.len() as u32));
            }
            _ => {}
        }
    }
}
