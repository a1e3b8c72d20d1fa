//! Apps of unknown frameworks: functions, and apps that stay on their thread.

use std::{
    cell::Cell,
    future::pending,
    marker::PhantomData,
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use http::{Response, StatusCode};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use lodger::{
    Body, Error, Host, Request,
    adapter::{App, Run, Runner},
};
use lodger_gateway::Front;
use lodger_tests::{
    client::{ClientRequest, send, send_bytes},
    test_host::{TestHost, fronts},
    wait::wait_until,
};

/// Responds with the method, the path and the body.
async fn echo(request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let text = format!("{} {} {}", parts.method, parts.uri, String::from_utf8_lossy(&body));
    Response::new(text.into())
}

#[tokio::test]
async fn runs_a_function_on_every_host() {
    let sent = ClientRequest::get("/x?y=1").method("POST").body("body");
    let server = TestHost::server().start(|lodger| lodger.run(lodger::app(echo))).await;
    assert_eq!(send(server.addr(), &sent).await.body(), "POST /x?y=1 body");
    let api = TestHost::lambda().start(|lodger| lodger.run(lodger::app(echo))).await;
    for front in fronts() {
        assert_eq!(api.send(&front, &sent.request()).await.body(), "POST /x?y=1 body", "{front}");
    }
}

/// Builds an app on each thread.
#[derive(Clone, Default)]
struct LocalApps {
    /// Requests that will not complete.
    pending: Arc<AtomicUsize>,
    /// Futures that were dropped before they were ready.
    cancelled: Arc<AtomicUsize>,
    fails: bool,
}

impl Run<LocalApps> for LocalApps {
    async fn run_on(self, runner: Runner) -> Result<(), Error> {
        runner
            .run_local(async move || match self.fails {
                true => Err(Error::new("no database")),
                false => Ok(LocalApp {
                    requests: Rc::default(),
                    pending: self.pending.clone(),
                    cancelled: self.cancelled.clone(),
                }),
            })
            .await
    }
}

struct LocalApp {
    requests: Rc<Cell<usize>>,
    pending: Arc<AtomicUsize>,
    cancelled: Arc<AtomicUsize>,
}

impl App for LocalApp {
    type Body = LocalBody;
    type Future = LocalBoxFuture<'static, Response<LocalBody>>;

    fn call(&self, request: Request) -> Self::Future {
        let (requests, pending_count) = (self.requests.clone(), self.pending.clone());
        let cancelled = self.cancelled.clone();
        Box::pin(async move {
            let mut on_cancel = CountOnDrop(Some(cancelled));
            requests.set(requests.get() + 1);
            // A task of the thread.
            tokio::task::spawn_local(async move { requests.get() }).await.unwrap();
            let frames = match request.uri().path() {
                "/panic" => panic!("on purpose"),
                "/pending" => {
                    pending_count.fetch_add(1, SeqCst);
                    pending().await
                }
                "/broken" => vec!["a", "panic"],
                "/empty" => Vec::new(),
                _ => vec!["a", "b", "c"],
            };
            on_cancel.0 = None;
            let mut response = Response::new(LocalBody { frames: frames.into_iter(), _not_send: PhantomData });
            response.headers_mut().insert("x-path", request.uri().path().parse().unwrap());
            response
        })
    }
}

struct CountOnDrop(Option<Arc<AtomicUsize>>);

impl Drop for CountOnDrop {
    fn drop(&mut self) {
        if let Some(count) = &self.0 {
            count.fetch_add(1, SeqCst);
        }
    }
}

struct LocalBody {
    frames: std::vec::IntoIter<&'static str>,
    _not_send: PhantomData<Rc<()>>,
}

impl http_body::Body for LocalBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(self.frames.next().map(|text| match text {
            "panic" => panic!("on purpose"),
            text => Ok(Frame::data(Bytes::from_static(text.as_bytes()))),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.frames.len() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.frames.as_slice().iter().map(|text| text.len() as u64).sum())
    }
}

#[tokio::test]
async fn runs_a_local_app_on_a_server() {
    let mut server = TestHost::server().start(|lodger| lodger.run(LocalApps::default())).await;
    let response = send(server.addr(), &ClientRequest::get("/x")).await;
    assert_eq!((response.headers()["x-path"].to_str().unwrap(), &response.body()[..]), ("/x", &b"abc"[..]));
    assert!(send(server.addr(), &ClientRequest::get("/empty")).await.body().is_empty());
    let panicked = send(server.addr(), &ClientRequest::get("/panic")).await;
    assert_eq!(panicked.status(), StatusCode::INTERNAL_SERVER_ERROR);
    // The connection closes before the end of the body.
    let broken = String::from_utf8(send_bytes(server.addr(), &ClientRequest::get("/broken").bytes()).await).unwrap();
    assert!(broken.split_once("\r\n\r\n").is_none_or(|(_, body)| body.len() < 6), "{broken}");
    // The threads still respond.
    assert_eq!(send(server.addr(), &ClientRequest::get("/x")).await.body(), "abc");
    server.begin_shutdown();
    server.result().await.unwrap();
}

#[tokio::test]
async fn drops_the_future_of_a_local_app_when_the_client_disconnects() {
    let apps = LocalApps::default();
    let (pending_count, cancelled) = (apps.pending.clone(), apps.cancelled.clone());
    let server = TestHost::server().start(|lodger| lodger.run(apps)).await;
    let client = tokio::spawn(async move { send(server.addr(), &ClientRequest::get("/pending")).await });
    wait_until("the request is in flight", || pending_count.load(SeqCst) == 1).await;
    client.abort();
    wait_until("the request is cancelled", || cancelled.load(SeqCst) == 1).await;
}

#[tokio::test]
async fn runs_a_local_app_on_lambda() {
    for slots in [1, 3] {
        let api = TestHost::lambda()
            .max_concurrency(slots)
            .on_own_thread()
            .start(|lodger| lodger.run(LocalApps::default()))
            .await;
        for front in fronts() {
            let response = api.send(&front, &ClientRequest::get("/x").request()).await;
            assert_eq!(response.body(), "abc", "{front}");
        }
        let panicked = api.send(&Front::alb(), &ClientRequest::get("/panic").request()).await;
        assert_eq!(panicked.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(api.send(&Front::alb(), &ClientRequest::get("/x").request()).await.body(), "abc");
    }
}

#[tokio::test]
async fn reports_a_local_app_that_cannot_be_built() {
    let apps = || LocalApps { fails: true, ..LocalApps::default() };
    let error = lodger::Lodger::new().host(Host::Server).addr(([127, 0, 0, 1], 0)).run(apps()).await.unwrap_err();
    assert_eq!(error.to_string(), "no database");
    let api = TestHost::lambda().start(|lodger| lodger.run(apps())).await;
    let reported = api.init_error().await;
    assert!(String::from_utf8_lossy(&reported.body).contains("no database"), "{reported:?}");
}
