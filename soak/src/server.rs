//! A server: HTTP/1.1, HTTP/2 and WebSockets.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use crate::{
    Result,
    child::Child,
    http::{self, Load, Version},
    websocket,
};

/// How long the app may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(30);

pub async fn soak(count: u64) -> Result<()> {
    // A free port. The app binds it later.
    let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let child = Arc::new(Child::start(&[("LODGER_ADDR", address.to_string())])?);
    let started = async {
        while TcpStream::connect(address).await.is_err() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(START_TIMEOUT, started).await.map_err(|_| "server: the app does not listen")?;
    let before = Idle::of(address, &child).await?;
    let (first, second) = (count / 2, count * 8 / 10);
    for (name, version, numbers) in
        [("server, HTTP/1.1", Version::Http1, 0..first), ("server, HTTP/2", Version::Http2, first..second)]
    {
        Arc::new(Load::new(address, version, Arc::new(|_| Vec::new()), numbers)).run(name, &child).await?;
        child.check_descriptors(name, before.descriptors).await?;
    }
    websocket::soak(count - second, address, &child).await?;
    child.check_descriptors("server, WebSocket", before.descriptors).await?;
    before.check("server", second, &child, address).await?;
    Arc::into_inner(child).ok_or("a client is left")?.terminate("server").await
}

/// A server without requests.
pub struct Idle {
    pub descriptors: usize,
    tasks: u64,
}

impl Idle {
    pub async fn of(address: SocketAddr, child: &Child) -> Result<Self> {
        let stats = stats(address, "").await?;
        let tasks = stats["tasks"].as_u64().unwrap_or_default();
        Ok(Self { descriptors: child.descriptors()?, tasks })
    }

    /// Returns an error if a server has more tasks, or has not run all work after the responses to `count` requests.
    pub async fn check(&self, name: &str, count: u64, child: &Child, address: SocketAddr) -> Result<()> {
        let expected = http::count_work_after(count);
        let mut last = Value::Null;
        let checked = timeout(START_TIMEOUT, async {
            loop {
                last = stats(address, "").await?;
                if last["tasks"].as_u64() <= Some(self.tasks) && last["completed"].as_u64() == Some(expected) {
                    return Ok(());
                }
                sleep(Duration::from_millis(20)).await;
            }
        });
        let checked = checked.await.unwrap_or_else(|_| Err("timeout".into()));
        let (tasks, memory) = (self.tasks, child.memory()?);
        println!(
            "{name}: {last} at the end, {tasks} tasks at the beginning, {expected} works after responses, {memory} KB"
        );
        checked.map_err(|error: crate::Error| format!("{name}: tasks or work after responses are left: {error}").into())
    }
}

/// Returns the numbers of the app, through a connection that closes. `headers` are those of a proxy, with line ends.
pub async fn stats(address: SocketAddr, headers: &str) -> Result<Value> {
    let mut socket = TcpStream::connect(address).await?;
    let head = format!("GET /stats HTTP/1.1\r\nhost: soak.example.com\r\nconnection: close\r\n{headers}\r\n");
    socket.write_all(head.as_bytes()).await?;
    let mut response = String::new();
    socket.read_to_string(&mut response).await?;
    let (_, body) = response.split_once("\r\n\r\n").ok_or("the response has no end of its head")?;
    Ok(serde_json::from_str(body)?)
}
