//! Handlers that stream, wait or panic.

use std::{
    io,
    pin::Pin,
    sync::Mutex,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

use super::gates::hold;

/// The type of the streams of [`feed`].
pub const EVENTS: &str = "text/event-stream";

/// The body of `/slow/{milliseconds}`: `begun `, a pause, and `ended`.
pub fn slow(milliseconds: u64) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync {
    let begun = stream::iter([Ok(Bytes::from_static(b"begun "))]);
    begun.chain(stream::once(async move {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        Ok(Bytes::from_static(b"ended"))
    }))
}

/// The body of `/feed/{count}/{milliseconds}`: events with a pause between them. If it `fails`, an error replaces the last event.
pub fn feed(count: u32, milliseconds: u64, fails: bool) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync {
    stream::unfold(1, move |number| async move {
        if number > count {
            return None;
        }
        if number > 1 {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        }
        let event = if fails && number == count {
            Err(io::Error::other("asked to fail in the feed"))
        } else {
            Ok(format!("id: {number}\ndata: {}\n\n", "x".repeat(number as usize)).into())
        };
        Some((event, number + 1))
    })
}

/// The body of `/held/{name}`: `begun `, and `ended` when the gate opens, or an error if the name begins with `fails`.
pub fn held(name: String) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync {
    let begun = stream::iter([Ok(Bytes::from_static(b"begun "))]);
    begun.chain(stream::once(async move {
        let fails = name.starts_with("fails");
        hold(name).await;
        if fails { Err(io::Error::other("asked to fail when let go")) } else { Ok(Bytes::from_static(b"ended")) }
    }))
}

/// The names of the requests that this process has cancelled.
static CANCELLED: Mutex<Vec<String>> = Mutex::new(vec![]);

/// Whether the request `/endless/{name}` or the body of `/endless/{name}/body` was dropped.
pub fn is_gone(name: &str) -> bool {
    CANCELLED.lock().unwrap().iter().any(|cancelled| cancelled == name)
}

/// Records that its request was dropped.
struct CancelGuard(String);

impl Drop for CancelGuard {
    fn drop(&mut self) {
        CANCELLED.lock().unwrap().push(std::mem::take(&mut self.0));
    }
}

/// The handler of `/endless/{name}`, which does not return.
pub async fn endless(name: String) {
    let _guard = CancelGuard(name);
    std::future::pending().await
}

/// The body of `/endless/{name}/body`: `begun`, without an end.
pub fn endless_body(name: String) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync {
    let guard = CancelGuard(name);
    stream::unfold((guard, false), |(guard, has_begun)| async move {
        if has_begun {
            std::future::pending::<()>().await;
        }
        Some((Ok(Bytes::from_static(b"begun")), (guard, true)))
    })
}

/// The body of `/panic/body`, which panics when it is read.
#[derive(Debug)]
pub struct PanicsWhenRead;

impl Stream for PanicsWhenRead {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        panic!("asked to panic in the body")
    }
}
