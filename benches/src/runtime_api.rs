//! The Lambda Runtime API for one program: it hands out events, and checks the responses.
//!
//! Each connection has a thread with blocking reads. Responses are ready before the program asks, so that the program never waits
//! for this side.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant, SystemTime},
};

use crate::{
    Result,
    http::{Connection, Message},
    scenario::{Reply, Scenario},
};

/// A Runtime API for one program.
#[derive(Debug)]
pub struct RuntimeApi {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    scenario: Arc<Scenario>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The number of events that polls may take, and of those that they have taken.
    released: u64,
    sent: u64,
    /// Events without a response.
    in_flight: Vec<u64>,
    /// Polls that wait for an event.
    polls: usize,
    first_poll: Option<Instant>,
    connections: u64,
    error: Option<String>,
    is_closed: bool,
    /// The bodies of the responses, if the scenario keeps them.
    bodies: Vec<String>,
}

impl RuntimeApi {
    pub fn start(scenario: &Arc<Scenario>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared =
            Arc::new(Shared { scenario: Arc::clone(scenario), state: Mutex::default(), changed: Condvar::new() });
        let for_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for socket in listener.incoming() {
                let shared = Arc::clone(&for_thread);
                if shared.state().is_closed {
                    return;
                }
                shared.state().connections += 1;
                thread::spawn(move || {
                    let served = socket.map_err(Into::into).and_then(|socket| shared.serve(socket));
                    if let Err(error) = served {
                        shared.fail(&error.to_string());
                    }
                });
            }
        });
        Ok(Self { address, shared })
    }

    /// Sends events, and waits until the program has responded to each and polls again. `check` is called while it waits.
    pub fn invoke(&self, count: u64, mut check: impl FnMut() -> Result<()>) -> Result<()> {
        let mut state = self.shared.state();
        state.released += count;
        self.shared.changed.notify_all();
        loop {
            if let Some(error) = state.error.take() {
                return Err(error.into());
            }
            if state.sent == state.released && state.in_flight.is_empty() && state.polls > 0 {
                return Ok(());
            }
            let (guard, waited) = self.shared.wait(state, Duration::from_secs(1));
            state = guard;
            if waited {
                check()?;
            }
        }
    }

    /// The time of the first poll.
    pub fn first_poll(&self) -> Option<Instant> {
        self.shared.state().first_poll
    }

    /// The number of connections that the program has opened.
    pub fn connections(&self) -> u64 {
        self.shared.state().connections
    }

    /// Returns the bodies of the responses since the last call, if the scenario keeps them.
    pub fn take_bodies(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.state().bodies)
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.shared.state().is_closed = true;
        self.shared.changed.notify_all();
        // Ends the thread that accepts connections.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, time: Duration) -> (MutexGuard<'a, State>, bool) {
        let (state, result) = self.changed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner);
        (state, result.timed_out())
    }

    fn fail(&self, error: &str) {
        let mut state = self.state();
        // A program that is killed breaks its connections.
        if !state.is_closed {
            state.error = Some(error.to_owned());
        }
        drop(state);
        self.changed.notify_all();
    }

    fn serve(&self, socket: TcpStream) -> Result<()> {
        socket.set_nodelay(true)?;
        let mut connection = Connection::new(socket);
        let (mut message, mut out, mut verified) = (Message::default(), Vec::new(), Vec::new());
        while connection.read(&mut message)? {
            match message.target() {
                ("GET", path) if path.ends_with("/invocation/next") => match self.next_event() {
                    Some(number) => self.scenario.write_event(number, &mut out),
                    None => return Ok(()),
                },
                ("POST", path) if path.ends_with("/response") => {
                    let id = path.rsplit('/').nth(1).unwrap_or_default();
                    self.end(id, &message, &mut verified)?;
                    out.clear();
                    out.extend_from_slice(b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n");
                }
                (method, path) => {
                    return Err(
                        format!("unexpected {method} {path}: {}", String::from_utf8_lossy(&message.body)).into()
                    );
                }
            }
            connection.send(&out)?;
        }
        Ok(())
    }

    /// Waits for an event, and returns its number. Returns `None` at the end.
    fn next_event(&self) -> Option<u64> {
        let mut state = self.state();
        if state.first_poll.is_none() {
            state.first_poll = Some(Instant::now());
        }
        if state.sent == state.released {
            state.polls += 1;
            self.changed.notify_all();
            while state.sent == state.released && !state.is_closed {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.polls -= 1;
        }
        if state.is_closed {
            return None;
        }
        let number = state.sent;
        state.sent += 1;
        state.in_flight.push(number);
        Some(number)
    }

    /// Checks the response to an event. Equal bytes are checked once.
    fn end(&self, id: &str, message: &Message, verified: &mut Vec<u8>) -> Result<()> {
        if message.body != *verified || verified.is_empty() {
            let is_stream = message.header("lambda-runtime-function-response-mode").is_some();
            let body = self.scenario.check_reply(&message.body, is_stream)?;
            match self.scenario.reply {
                Reply::Any => self.state().bodies.push(String::from_utf8_lossy(&body).into_owned()),
                _ => verified.clone_from(&message.body),
            }
        }
        let mut state = self.state();
        let number = Scenario::number_of(id).ok_or_else(|| format!("unknown request id {id}"))?;
        let at = state.in_flight.iter().position(|in_flight| *in_flight == number);
        let at = at.ok_or_else(|| format!("second response to the request id {id}"))?;
        state.in_flight.swap_remove(at);
        Ok(())
    }
}

/// Returns the milliseconds since 1970 in a minute: the deadline of an event.
pub fn deadline() -> u128 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    (now + Duration::from_secs(60)).as_millis()
}
