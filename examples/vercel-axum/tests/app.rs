//! Tests of the app as a function of Vercel, under `lodger-gateway`.
#![cfg(unix)]

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use lodger::{Host, Lodger};
use lodger_gateway::Vercel;

/// Starts the app under Vercel in this process.
fn start() -> Vercel {
    let vercel = Vercel::start().unwrap().client([198, 51, 100, 4].into());
    let app = example_vercel_axum::app(Some("a secret".to_owned()));
    tokio::spawn(Lodger::new().host(Host::Vercel).vercel_ipc_path(vercel.ipc_path()).run(app));
    vercel
}

async fn send(vercel: &Vercel, request: http::request::Builder, body: &'static str) -> (u16, String) {
    let mut request = request.body(Full::new(Bytes::from(body))).unwrap();
    let id = vercel.add_headers(request.headers_mut());
    let response = vercel.send(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    vercel.wait_for_end(id).await;
    (status, String::from_utf8(body.into()).unwrap())
}

#[tokio::test]
async fn serves_each_file_as_a_route() {
    let vercel = start();
    let (status, page) = send(&vercel, Request::get("/"), "").await;
    assert!(status == 200 && page.contains("<h1>Routes by files</h1>"), "{status} {page}");
    assert_eq!(send(&vercel, Request::post("/words"), " some  words\nof text").await, (200, "4\n".to_owned()));
    assert_eq!(send(&vercel, Request::get("/words"), "").await.0, 405);
    assert_eq!(send(&vercel, Request::get("/no/where"), "").await, (404, "/no/where not found\n".to_owned()));
    let you = "198.51.100.4 requests example.com\ninvocation invocation-5, request 5\n";
    assert_eq!(send(&vercel, Request::get("/you"), "").await, (200, you.to_owned()));
    assert_eq!(vercel.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn runs_the_cron_job_only_with_the_secret() {
    let vercel = start();
    let nightly = |authorization| Request::get("/cron/nightly").header("authorization", authorization);
    assert_eq!(send(&vercel, nightly("Bearer a secret"), "").await, (200, "the nightly job is done\n".to_owned()));
    assert_eq!(send(&vercel, nightly("Bearer another"), "").await.0, 401);
    assert_eq!(send(&vercel, Request::get("/cron/nightly"), "").await.0, 401);
}

#[tokio::test]
async fn permits_the_cdn_to_keep_a_prime() {
    let vercel = start();
    let request = Request::get("/primes/100").body(Full::new(Bytes::new())).unwrap();
    let response: Response<_> = vercel.send(request).await.unwrap();
    assert_eq!(response.headers()["vercel-cdn-cache-control"], "max-age=86400, stale-while-revalidate=3600");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "97\n");
    assert_eq!(send(&vercel, Request::get("/primes/2"), "").await.0, 404);
}

#[tokio::test]
async fn streams_a_countdown_event_by_event() {
    let vercel = start();
    vercel.address().await.unwrap();
    let mut tries = vec![];
    for _ in 0..5 {
        let start = Instant::now();
        let request = Request::get("/countdown/3").body(Full::new(Bytes::new())).unwrap();
        let mut response: Response<_> = vercel.send(request).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut arrived = vec![];
        while let Some(frame) = response.body_mut().frame().await {
            arrived.push((start.elapsed(), String::from_utf8(frame.unwrap().into_data().unwrap().into()).unwrap()));
        }
        let events: Vec<_> = arrived.iter().map(|(_, event)| event.as_str()).collect();
        assert_eq!(events, ["data: 3\n\n", "data: 2\n\n", "data: 1\n\n", "data: 0\n\n"]);
        // On a busy machine the first event may be read late, but not in every try.
        if arrived[3].0 - arrived[0].0 >= Duration::from_millis(500) {
            return;
        }
        tries.push(arrived);
    }
    panic!("all events arrive at once: {tries:?}");
}
