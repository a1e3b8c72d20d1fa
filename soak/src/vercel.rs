//! Vercel: its proxy, and the socket on which the app reports the end of each request.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::AsyncReadExt as _,
    net::{UnixListener, UnixStream},
    time::{sleep, timeout},
};

use crate::{
    Result,
    child::Child,
    http::{self, Load, Version},
    server::stats,
};

const TIMEOUT: Duration = Duration::from_secs(30);

pub async fn soak(count: u64) -> Result<()> {
    let name = "vercel";
    let path = std::env::temp_dir().join(format!("lodger-soak-{}", std::process::id()));
    let listener = UnixListener::bind(&path)?;
    let child = Child::start(&[("VERCEL_IPC_PATH", path.display().to_string())])?;
    let accepted = timeout(TIMEOUT, listener.accept()).await;
    std::fs::remove_file(&path)?;
    let (socket, _) = accepted.map_err(|_| "vercel: the app does not connect")??;
    let platform = Arc::new(Platform::default());
    let reader = tokio::spawn(Arc::clone(&platform).read(socket));
    let address = platform.wait(|messages| messages.started).await.ok_or("vercel: the app does not start")?;
    let child = Arc::new(child);
    let (before, tasks) = (child.descriptors()?, platform.stats(address).await?["tasks"].as_u64());

    let sender = Arc::clone(&platform);
    let headers = Arc::new(move |_| sender.begin());
    let load = Arc::new(Load::new(address, Version::Http1, headers, 0..count));
    load.run(name, &child).await?;
    child.check_descriptors(name, before).await?;
    platform.wait(|messages| messages.open.is_empty().then_some(())).await.ok_or("vercel: a request has no end")?;
    let stats = platform.stats(address).await?;
    let expected = http::count_work_after(count);
    println!("{name}: {stats} at the end, {tasks:?} tasks at the beginning, {expected} works after responses");
    if (stats["completed"].as_u64(), stats["tasks"].as_u64()) != (Some(expected), tasks) {
        return Err("vercel: work after responses is missing, or tasks are left".into());
    }
    Arc::into_inner(child).ok_or("a client is left")?.terminate(name).await?;
    reader.await?
}

/// Vercel's side.
#[derive(Debug, Default)]
struct Platform {
    messages: Mutex<Messages>,
    next: AtomicU64,
}

#[derive(Debug, Default)]
struct Messages {
    started: Option<SocketAddr>,
    /// The requests without an `end`.
    open: HashSet<u64>,
}

impl Platform {
    /// Begins a request, and returns the headers of the proxy.
    fn begin(&self) -> Vec<(&'static str, String)> {
        let id = self.next.fetch_add(1, Relaxed);
        self.lock().open.insert(id);
        vec![
            ("x-vercel-internal-invocation-id", format!("invocation-{id}")),
            ("x-vercel-internal-request-id", id.to_string()),
        ]
    }

    async fn stats(&self, address: SocketAddr) -> Result<Value> {
        let headers: String = self.begin().iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        stats(address, &headers).await
    }

    /// Reads the messages until the app ends.
    async fn read(self: Arc<Self>, mut socket: UnixStream) -> Result<()> {
        let mut received = Vec::new();
        while socket.read_buf(&mut received).await? > 0 {
            let mut rest = received.as_slice();
            while let Some((message, after)) =
                rest.iter().position(|byte| *byte == 0).and_then(|at| rest.split_at_checked(at))
            {
                self.lock().add(&serde_json::from_slice(message)?)?;
                rest = after.get(1..).unwrap_or_default();
            }
            received = rest.to_vec();
        }
        Ok(())
    }

    /// Waits for a state of the messages.
    async fn wait<T>(&self, state: impl Fn(&Messages) -> Option<T>) -> Option<T> {
        let waited = async {
            loop {
                if let Some(value) = state(&self.lock()) {
                    return value;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(TIMEOUT, waited).await.ok()
    }

    fn lock(&self) -> MutexGuard<'_, Messages> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Messages {
    /// Adds a message. Returns an error if a request ends twice.
    fn add(&mut self, message: &Value) -> Result<()> {
        let payload = &message["payload"];
        match message["type"].as_str() {
            Some("server-started") => {
                let port = payload["httpPort"].as_u64().unwrap_or_default().try_into()?;
                self.started = Some(([127, 0, 0, 1], port).into());
            }
            Some("end") => {
                let context = &payload["context"];
                let id = context["requestId"].as_u64().unwrap_or_default();
                let is_right = context["invocationId"] == format!("invocation-{id}");
                if !is_right || !self.open.remove(&id) {
                    return Err(format!("vercel: unexpected end {context}").into());
                }
            }
            _ => {}
        }
        Ok(())
    }
}
