use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::Poll,
};

use serde_json::Value;
use tokio::{
    io::AsyncReadExt as _,
    net::{UnixListener, UnixStream},
    time::{Duration, timeout},
};
use tracing::Level;

use crate::{request::platform_headers::PlatformHeaders, vercel::ipc::*};

const SOON: Duration = Duration::from_secs(10);

/// A connection, and the platform's end of it.
pub(crate) async fn connected() -> (Arc<Ipc>, UnixStream) {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let name = format!("lodger-ipc-{}-{}", std::process::id(), MADE.fetch_add(1, Relaxed));
    let path = std::env::temp_dir().join(name);
    let listener = UnixListener::bind(&path).unwrap();
    let ipc = Ipc::connect(&path).await.unwrap();
    let platform = listener.accept().await.unwrap().0;
    std::fs::remove_file(path).unwrap();
    (Arc::new(ipc), platform)
}

pub(crate) fn context(request_id: u64) -> Context {
    let mut said = PlatformHeaders::default();
    (said.invocation_id, said.request_id) = (Some("a".to_owned()), Some(request_id));
    Context::of(&mut said).unwrap()
}

/// The next messages, so many.
pub(crate) async fn read(platform: &mut UnixStream, count: usize) -> Vec<Value> {
    let mut bytes = Vec::new();
    let all = async {
        while bytes.iter().filter(|&&byte| byte == 0).count() < count {
            assert!(platform.read_buf(&mut bytes).await.unwrap() > 0, "it was closed");
        }
    };
    timeout(SOON, all).await.expect("not all of it came");
    let messages = bytes.split(|&byte| byte == 0).filter(|message| !message.is_empty());
    messages.map(|message| serde_json::from_slice(message).unwrap()).collect()
}

fn id_of(message: &Value) -> u64 {
    message["payload"]["context"]["requestId"].as_u64().unwrap()
}

/// Whether it is still waited for, once it has been polled.
async fn is_pending(mut future: Pin<&mut impl Future>) -> bool {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await
}

/// Fills what is between the two, until something is left; how many ends that took.
fn fill(ipc: &Ipc) -> u64 {
    let mut sent = 0;
    while ipc.lock().unwritten.is_empty() {
        ipc.begin();
        ipc.end(&context(sent));
        sent += 1;
    }
    sent
}

#[tokio::test]
async fn what_there_is_no_room_for_is_delivered_once_there_is_in_order() {
    let (ipc, mut platform) = connected().await;
    let mut delivered = pin!(ipc.deliver());
    // It waits already, and is to be woken.
    assert!(is_pending(delivered.as_mut()).await);
    let mut sent = fill(&ipc);
    for _ in 0..100 {
        ipc.end(&context(sent));
        sent += 1;
    }
    let count = usize::try_from(sent).unwrap();
    let messages = tokio::select! {
        messages = read(&mut platform, count) => messages,
        never = delivered => match never {},
    };
    assert_eq!(messages.iter().map(id_of).collect::<Vec<_>>(), (0..sent).collect::<Vec<_>>());
    assert!(ipc.lock().is_written() && ipc.is_whole().is_ok());
}

#[tokio::test]
async fn the_last_messages_are_waited_for() {
    let (ipc, mut platform) = connected().await;
    let sent = fill(&ipc);
    assert!(timeout(Duration::from_millis(50), ipc.flush()).await.is_err(), "nobody has read them");
    let count = usize::try_from(sent).unwrap();
    let (messages, flushed) = tokio::join!(read(&mut platform, count), timeout(SOON, ipc.flush()));
    assert_eq!((messages.len(), flushed.is_ok()), (count, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_threads_send_whole_messages_and_lose_none() {
    const THREADS: u64 = 4;
    const EACH: u64 = 20_000;
    let (ipc, mut platform) = connected().await;
    let delivering = tokio::spawn({
        let ipc = Arc::clone(&ipc);
        async move { match ipc.deliver().await {} }
    });
    // At first as many as there is room for, so that all of them write; then as many as they can.
    let read_so_far = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (ipc, read_so_far) = (Arc::clone(&ipc), Arc::clone(&read_so_far));
            let send = move |at| {
                while at < EACH / 2 && at * THREADS > read_so_far.load(Relaxed) + 100 {
                    std::thread::yield_now();
                }
                ipc.end(&context(thread * EACH + at));
            };
            std::thread::spawn(move || (0..EACH).for_each(send))
        })
        .collect();
    let (mut bytes, mut ids) = (BytesMut::new(), Vec::new());
    while ids.len() < usize::try_from(THREADS * EACH).unwrap() {
        let length = timeout(SOON, platform.read_buf(&mut bytes)).await.expect("not all of it came").unwrap();
        assert!(length > 0, "it was closed");
        while let Some(end) = bytes.iter().position(|&byte| byte == 0) {
            let message = bytes.split_to(end + 1);
            ids.push(id_of(&serde_json::from_slice(&message[..end]).expect("a message is not whole")));
        }
        read_so_far.store(ids.len().try_into().unwrap(), Relaxed);
    }
    for thread in 0..THREADS {
        let of_it: Vec<u64> = ids.iter().copied().filter(|id| id / EACH == thread).collect();
        assert!(of_it.iter().copied().eq(thread * EACH..(thread + 1) * EACH), "{thread}: they are not in order");
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    delivering.abort();
}

#[tokio::test]
async fn lines_of_the_log_are_kept_up_to_a_bound_and_ends_without_one() {
    let (ipc, _platform) = connected().await;
    fill(&ipc);
    let line = "x".repeat(100_000);
    while ipc.lock().unwritten.len() <= log_sink::MAX_KEPT {
        ipc.log(None, Level::INFO, &line);
    }
    let kept = ipc.lock().unwritten.len();
    ipc.log(None, Level::INFO, "one too many");
    assert_eq!(ipc.lock().unwritten.len(), kept);
    ipc.end(&context(7));
    assert!(ipc.lock().unwritten.len() > kept);
}

#[tokio::test]
async fn what_is_given_up_is_followed_by_nothing() {
    let (ipc, mut platform) = connected().await;
    ipc.end(&context(1));
    ipc.give_up();
    assert!(ipc.is_whole().is_ok(), "there was nothing left");

    fill(&ipc);
    ipc.give_up();
    assert!(ipc.is_whole().is_err() && ipc.lock().unwritten.is_empty());
    // There is room again.
    let mut all = vec![0; 1 << 20];
    while platform.try_read(&mut all).is_ok() {}
    ipc.socket.writable().await.unwrap();
    ipc.end(&context(u64::MAX));
    ipc.log(None, Level::INFO, "a line");
    ipc.started(3000);
    drop(ipc);
    all.clear();
    platform.read_to_end(&mut all).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&all), "");
}

#[tokio::test]
async fn that_it_cannot_start_is_not_said_of_what_has_started() {
    let (ipc, mut platform) = connected().await;
    ipc.started(3000);
    ipc.cannot_start("it ended");
    ipc.end(&context(1));
    let messages = read(&mut platform, 2).await;
    let kinds: Vec<_> = messages.iter().map(|message| message["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["server-started", "end"]);
}

#[tokio::test]
async fn all_have_ended_when_the_last_has() {
    let (ipc, _platform) = connected().await;
    ipc.begin();
    ipc.begin();
    let mut ended = pin!(ipc.all_have_ended());
    for id in [1, 2] {
        assert!(is_pending(ended.as_mut()).await);
        ipc.end(&context(id));
    }
    timeout(SOON, ended).await.unwrap();
}
