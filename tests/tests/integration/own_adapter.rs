//! Apps of frameworks that Lodger does not know: from functions, and apps that stay on their thread.

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
    time::Duration,
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
    ask::{Sent, ask, raw},
    host::{Server, fronts, on_lambda, on_slots},
    raw_api::SOON,
};
use tokio::time::{sleep, timeout};

/// Responds with the method, the path and the body.
async fn echo(request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let text = format!("{} {} {}", parts.method, parts.uri, String::from_utf8_lossy(&body));
    Response::new(text.into())
}

#[tokio::test]
async fn runs_a_function_on_every_host() {
    let sent = Sent::get("/x?y=1").method("POST").body("body");
    let server = Server::start(|lodger| lodger.run(lodger::app(echo))).await;
    assert_eq!(ask(server.addr, &sent).await.body(), "POST /x?y=1 body");
    let api = on_lambda(|lodger| lodger.run(lodger::app(echo))).await;
    for front in fronts() {
        assert_eq!(api.send(&front, &sent.request()).await.body(), "POST /x?y=1 body", "{front}");
    }
}

/// Builds an app on each thread.
#[derive(Clone, Default)]
struct LocalApps {
    /// Futures that were dropped before they were ready.
    cancelled: Arc<AtomicUsize>,
    fails: bool,
}

impl Run<LocalApps> for LocalApps {
    async fn run_on(self, runner: Runner) -> Result<(), Error> {
        runner
            .run_local(async move || match self.fails {
                true => Err(Error::new("no database")),
                false => Ok(LocalApp { requests: Rc::default(), cancelled: self.cancelled.clone() }),
            })
            .await
    }
}

struct LocalApp {
    requests: Rc<Cell<usize>>,
    cancelled: Arc<AtomicUsize>,
}

impl App for LocalApp {
    type Body = LocalBody;
    type Future = LocalBoxFuture<'static, Response<LocalBody>>;

    fn call(&self, request: Request) -> Self::Future {
        let (requests, cancelled) = (self.requests.clone(), self.cancelled.clone());
        Box::pin(async move {
            let mut on_cancel = CountOnDrop(Some(cancelled));
            requests.set(requests.get() + 1);
            // A task of the thread.
            tokio::task::spawn_local(async move { requests.get() }).await.unwrap();
            let frames = match request.uri().path() {
                "/panic" => panic!("on purpose"),
                "/pending" => pending().await,
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
    let server = Server::start(|lodger| lodger.run(LocalApps::default())).await;
    let response = ask(server.addr, &Sent::get("/x")).await;
    assert_eq!((response.headers()["x-path"].to_str().unwrap(), &response.body()[..]), ("/x", &b"abc"[..]));
    assert!(ask(server.addr, &Sent::get("/empty")).await.body().is_empty());
    let panicked = ask(server.addr, &Sent::get("/panic")).await;
    assert_eq!(panicked.status(), StatusCode::INTERNAL_SERVER_ERROR);
    // The connection closes before the end of the body.
    let broken = String::from_utf8(raw(server.addr, &Sent::get("/broken").bytes()).await).unwrap();
    assert!(broken.split_once("\r\n\r\n").is_none_or(|(_, body)| body.len() < 6), "{broken}");
    // The threads still respond.
    assert_eq!(ask(server.addr, &Sent::get("/x")).await.body(), "abc");
    timeout(SOON, server.begin_end()).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn drops_the_future_of_a_local_app_when_the_client_disconnects() {
    let apps = LocalApps::default();
    let cancelled = apps.cancelled.clone();
    let server = Server::start(|lodger| lodger.run(apps)).await;
    assert!(timeout(Duration::from_millis(100), ask(server.addr, &Sent::get("/pending"))).await.is_err());
    let is_cancelled = async {
        while cancelled.load(SeqCst) == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, is_cancelled).await.unwrap();
}

#[tokio::test]
async fn runs_a_local_app_on_lambda() {
    for slots in [1, 3] {
        let api = on_slots(slots, |lodger| lodger.run(LocalApps::default())).await;
        for front in fronts() {
            let response = api.send(&front, &Sent::get("/x").request()).await;
            assert_eq!(response.body(), "abc", "{front}");
        }
        let panicked = api.send(&Front::alb(), &Sent::get("/panic").request()).await;
        assert_eq!(panicked.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(api.send(&Front::alb(), &Sent::get("/x").request()).await.body(), "abc");
    }
}

#[tokio::test]
async fn reports_a_local_app_that_cannot_be_built() {
    let apps = || LocalApps { fails: true, ..LocalApps::default() };
    let error = lodger::Lodger::new().host(Host::Server).addr(([127, 0, 0, 1], 0)).run(apps()).await.unwrap_err();
    assert_eq!(error.to_string(), "no database");
    let api = on_lambda(|lodger| lodger.run(apps())).await;
    let reported = api.init_error().await;
    assert!(String::from_utf8_lossy(&reported.body).contains("no database"), "{reported:?}");
}
