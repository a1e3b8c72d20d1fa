use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    task::Poll,
};

use bytes::BytesMut;
use serde_json::Value;
use tokio::{
    io::AsyncReadExt as _,
    net::{UnixListener, UnixStream},
    time::{Duration, timeout},
};

use crate::vercel::ipc::{pace::Pace, *};

pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// Creates a connection, and returns both ends.
pub(crate) async fn connected() -> (Arc<Ipc>, UnixStream) {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = format!("lodger-ipc-{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
    let path = std::env::temp_dir().join(name);
    let listener = UnixListener::bind(&path).unwrap();
    let ipc = Ipc::connect(&path).await.unwrap();
    let platform = listener.accept().await.unwrap().0;
    std::fs::remove_file(path).unwrap();
    (Arc::new(ipc), platform)
}

pub(super) fn context(request_id: u64) -> Context {
    Context::new("a", request_id)
}

/// Reads the next `count` messages.
pub(crate) async fn read(platform: &mut UnixStream, count: usize) -> Vec<Value> {
    let mut bytes = Vec::new();
    let all = async {
        while bytes.iter().filter(|&&byte| byte == 0).count() < count {
            assert!(platform.read_buf(&mut bytes).await.unwrap() > 0, "the connection was closed");
        }
    };
    timeout(TIMEOUT, all).await.expect("some messages are missing");
    let messages = bytes.split(|&byte| byte == 0).filter(|message| !message.is_empty());
    messages.map(|message| serde_json::from_slice(message).unwrap()).collect()
}

pub(super) fn id_of(message: &Value) -> u64 {
    message["payload"]["context"]["requestId"].as_u64().unwrap()
}

/// Polls a future once. Returns whether it is pending.
async fn is_pending(mut future: Pin<&mut impl Future>) -> bool {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await
}

/// Sends ends of requests until the socket has no room. Returns their number.
pub(super) fn fill(ipc: &Arc<Ipc>) -> u64 {
    let mut sent = 0;
    while ipc.lock().unwritten.is_empty() {
        // A busy process would not write at once.
        ipc.lock().pace = Pace::default();
        ipc.begin_request();
        ipc.end_request(&context(sent));
        sent += 1;
    }
    sent
}

#[tokio::test]
async fn delivers_messages_in_order_once_the_socket_has_room() {
    let (ipc, mut platform) = connected().await;
    let mut delivered = pin!(ipc.deliver());
    // It is waiting, and has to be woken.
    assert!(is_pending(delivered.as_mut()).await);
    let mut sent = fill(&ipc);
    for _ in 0..100 {
        ipc.end_request(&context(sent));
        sent += 1;
    }
    let count = usize::try_from(sent).unwrap();
    let messages = tokio::select! {
        messages = read(&mut platform, count) => messages,
        never = delivered => match never {},
    };
    assert_eq!(messages.iter().map(id_of).collect::<Vec<_>>(), (0..sent).collect::<Vec<_>>());
    assert!(ipc.lock().is_empty() && ipc.check().is_ok());
}

#[tokio::test]
async fn flush_waits_for_the_last_messages() {
    let (ipc, mut platform) = connected().await;
    let sent = fill(&ipc);
    assert!(timeout(Duration::from_millis(50), ipc.flush()).await.is_err(), "the messages have not been read");
    let count = usize::try_from(sent).unwrap();
    let (messages, flushed) = tokio::join!(read(&mut platform, count), timeout(TIMEOUT, ipc.flush()));
    assert_eq!((messages.len(), flushed.is_ok()), (count, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_threads_send_complete_messages_and_lose_none() {
    const THREADS: u64 = 4;
    const EACH: u64 = 20_000;
    let (ipc, mut platform) = connected().await;
    let delivering = tokio::spawn({
        let ipc = Arc::clone(&ipc);
        async move { match ipc.deliver().await {} }
    });
    // First only as many as the socket has room for, so that every thread writes. Then as many as possible.
    let read_so_far = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (ipc, read_so_far) = (Arc::clone(&ipc), Arc::clone(&read_so_far));
            let send = move |at| {
                while at < EACH / 2 && at * THREADS > read_so_far.load(Relaxed) + 100 {
                    std::thread::yield_now();
                }
                ipc.end_request(&context(thread * EACH + at));
            };
            std::thread::spawn(move || (0..EACH).for_each(send))
        })
        .collect();
    let (mut bytes, mut ids) = (BytesMut::new(), Vec::new());
    while ids.len() < usize::try_from(THREADS * EACH).unwrap() {
        let length = timeout(TIMEOUT, platform.read_buf(&mut bytes)).await.expect("some messages are missing").unwrap();
        assert!(length > 0, "the connection was closed");
        while let Some(end) = bytes.iter().position(|&byte| byte == 0) {
            let message = bytes.split_to(end + 1);
            ids.push(id_of(&serde_json::from_slice(&message[..end]).expect("a message is incomplete")));
        }
        read_so_far.store(ids.len().try_into().unwrap(), Relaxed);
    }
    for thread in 0..THREADS {
        let sent: Vec<u64> = ids.iter().copied().filter(|id| id / EACH == thread).collect();
        assert!(sent.iter().copied().eq(thread * EACH..(thread + 1) * EACH), "{thread}: the order is wrong");
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    delivering.abort();
}

#[tokio::test]
async fn keeps_log_lines_up_to_a_limit_and_every_end_of_a_request() {
    let (ipc, _platform) = connected().await;
    fill(&ipc);
    let line = "x".repeat(100_000);
    while ipc.lock().unwritten.len() <= sink::MAX_BUFFERED {
        ipc.send_log(None, Level::INFO, &line);
    }
    let kept = ipc.lock().unwritten.len();
    ipc.send_log(None, Level::INFO, "one too many");
    assert_eq!(ipc.lock().unwritten.len(), kept);
    ipc.end_request(&context(7));
    assert!(ipc.lock().unwritten.len() > kept);
}

#[tokio::test]
async fn sends_nothing_after_giving_up_messages() {
    let (ipc, mut platform) = connected().await;
    ipc.end_request(&context(1));
    ipc.give_up();
    assert!(ipc.check().is_ok(), "no message was left");

    fill(&ipc);
    ipc.give_up();
    assert!(ipc.check().is_err() && ipc.lock().unwritten.is_empty());
    // The socket has room again.
    let mut all = vec![0; 1 << 20];
    while platform.try_read(&mut all).is_ok() {}
    ipc.socket.writable().await.unwrap();
    ipc.end_request(&context(u64::MAX));
    ipc.send_log(None, Level::INFO, "a line");
    ipc.send_started(3000);
    drop(ipc);
    all.clear();
    platform.read_to_end(&mut all).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&all), "");
}

#[tokio::test]
async fn sends_no_init_error_after_the_start() {
    let (ipc, mut platform) = connected().await;
    ipc.send_started(3000);
    ipc.send_init_error("it ended");
    ipc.end_request(&context(1));
    let messages = read(&mut platform, 2).await;
    let kinds: Vec<_> = messages.iter().map(|message| message["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["server-started", "end"]);
}

#[tokio::test]
async fn is_idle_when_the_last_request_has_ended() {
    let (ipc, _platform) = connected().await;
    ipc.begin_request();
    ipc.begin_request();
    let mut idle = pin!(ipc.wait_until_idle());
    for id in [1, 2] {
        assert!(is_pending(idle.as_mut()).await);
        ipc.end_request(&context(id));
    }
    timeout(TIMEOUT, idle).await.unwrap();
}

#[tokio::test]
async fn a_socket_that_is_not_read_is_lost_at_the_limit() {
    let (ipc, _platform) = connected().await;
    let _ = fill(&ipc);
    let mut broken = pin!(ipc.wait_until_broken());
    assert!(is_pending(broken.as_mut()).await);
    let long_id = Context::new("a".repeat(2_000), 1);
    let mut largest = 0;
    for _ in 0..MAX_UNREAD / 1_000 {
        ipc.begin_request();
        ipc.end_request(&long_id);
        largest = largest.max(ipc.lock().unread());
    }
    timeout(TIMEOUT, broken).await.unwrap();
    timeout(TIMEOUT, ipc.wait_until_idle()).await.unwrap();
    assert!((MAX_UNREAD - 3_000..=MAX_UNREAD).contains(&largest), "{largest}");
    assert_eq!(ipc.lock().unwritten.capacity(), 0);
}
