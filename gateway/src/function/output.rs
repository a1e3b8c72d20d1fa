//! The captured output of a process.

use std::{
    collections::VecDeque,
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader},
    process::{ChildStderr, ChildStdout},
    sync::Notify,
};

/// The number of lines that are kept. A process may run for days.
const MAX_LINES: usize = 10_000;

/// The maximum length of a line, in bytes. The rest of a longer one is another line.
const MAX_LINE: u64 = 1 << 20;

/// The lines that a process has written to its captured streams.
#[derive(Debug, Default)]
pub(super) struct Output {
    captured: Mutex<Captured>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Captured {
    /// The last lines, with their line breaks.
    lines: VecDeque<String>,
    open_streams: usize,
}

type Call = Arc<dyn Fn(&str) + Send + Sync>;

/// The callback for the lines of a process, if there is one.
#[derive(Clone, Default)]
pub(super) struct OnLine(Option<Call>);

impl OnLine {
    pub(super) fn new(call: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(call)))
    }

    pub(super) fn call(&self, line: &str) {
        if let Some(call) = &self.0 {
            call(line);
        }
    }
}

impl fmt::Debug for OnLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnLine").field(&self.0.is_some()).finish()
    }
}

impl Output {
    /// Reads the streams to their end, so that the process never waits for a reader. Calls `on_line` with each line.
    pub(super) fn capture(
        self: &Arc<Self>,
        stdout: Option<ChildStdout>,
        stderr: Option<ChildStderr>,
        on_line: &OnLine,
    ) {
        if let Some(stdout) = stdout {
            self.read(stdout, on_line.clone());
        }
        if let Some(stderr) = stderr {
            self.read(stderr, on_line.clone());
        }
    }

    fn read(self: &Arc<Self>, stream: impl AsyncRead + Send + Unpin + 'static, on_line: OnLine) {
        self.lock().open_streams += 1;
        let output = Arc::clone(self);
        tokio::spawn(async move {
            let (mut stream, mut line) = (BufReader::new(stream), Vec::new());
            while (&mut stream).take(MAX_LINE).read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line).into_owned();
                on_line.call(&text);
                output.lock().add(text);
                output.changed.notify_waiters();
                line.clear();
            }
            output.lock().open_streams -= 1;
            output.changed.notify_waiters();
        });
    }

    pub(super) async fn wait_for_line(&self, text: &str) -> io::Result<String> {
        let result = self.wait_for(|captured| {
            let found = captured.lines.iter().find(|line| line.contains(text));
            let found = found.map(|line| Ok(line.trim_end_matches(['\r', '\n']).to_owned()));
            found.or_else(|| (captured.open_streams == 0).then(|| Err(missing(text, captured))))
        });
        result.await
    }

    /// Waits until the process has closed all captured streams.
    pub(super) async fn wait_for_end(&self) {
        self.wait_for(|captured| (captured.open_streams == 0).then_some(())).await;
    }

    pub(super) fn text(&self) -> String {
        self.lock().text()
    }

    async fn wait_for<T>(&self, find: impl Fn(&Captured) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            let found = find(&self.lock());
            if let Some(found) = found {
                return found;
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Captured> {
        self.captured.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Captured {
    fn add(&mut self, line: String) {
        if self.lines.len() == MAX_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    fn text(&self) -> String {
        self.lines.iter().map(String::as_str).collect()
    }
}

fn missing(text: &str, captured: &Captured) -> io::Error {
    let cause = if captured.lines.is_empty() {
        "the process has closed its output, or no stream is piped; set `Stdio::piped()` for the stream with this line"
            .to_owned()
    } else {
        format!("the process has closed its output, which is:\n{}", captured.text())
    };
    io::Error::new(io::ErrorKind::UnexpectedEof, format!("cannot find {text:?} in the output: {cause}"))
}
