//! Clients of WebSockets: each message comes back. Some clients close the connection, and others leave.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{client_async, tungstenite::Message};

use crate::{Result, child::Child, memory::Memory, work::Work};

const TIMEOUT: Duration = Duration::from_secs(30);

/// The clients at once.
const CLIENTS: usize = 16;

/// The messages of one connection.
const MESSAGES: u64 = 250;

pub async fn soak(count: u64, address: SocketAddr, child: &Arc<Child>) -> Result<()> {
    let (next, memory) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Memory::default())));
    let clients = (0..CLIENTS).map(|_| {
        let (next, memory, child) = (Arc::clone(&next), Arc::clone(&memory), Arc::clone(child));
        tokio::spawn(async move {
            loop {
                let first = next.fetch_add(MESSAGES, Relaxed);
                if first >= count {
                    return Ok::<_, crate::Error>(());
                }
                memory.lock().unwrap_or_else(PoisonError::into_inner).add(first, child.memory()?);
                connection(address, first..(first + MESSAGES).min(count)).await?;
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await??;
    }
    memory.lock().unwrap_or_else(PoisonError::into_inner).check("server, WebSocket")
}

/// Sends the messages of one connection, and checks that each comes back.
async fn connection(address: SocketAddr, numbers: std::ops::Range<u64>) -> Result<()> {
    let socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    let (mut socket, _) = client_async(format!("ws://{address}/websocket"), socket).await?;
    let closes = (numbers.start / MESSAGES).is_multiple_of(2);
    for number in numbers {
        let work = Work::new(number);
        let message = match std::str::from_utf8(&work.body) {
            Ok(text) => Message::text(format!("{number} {text}")),
            Err(_) => Message::binary(work.body),
        };
        socket.send(message.clone()).await?;
        let received =
            timeout(TIMEOUT, socket.next()).await.map_err(|_| format!("message {number} does not come back"))?;
        match received {
            Some(Ok(received)) if received == message => {}
            other => return Err(format!("another message {number}: {other:?}").into()),
        }
    }
    if closes {
        socket.close(None).await?;
    }
    Ok(())
}
