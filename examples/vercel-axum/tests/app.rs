//! The app by itself, as it answers on Vercel, without Vercel.
#![cfg(unix)]

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use lodger::{Host, Lodger};
use lodger_gateway::Vercel;

/// The app, under a platform of this process.
fn start() -> Vercel {
    let vercel = Vercel::start().unwrap().client([198, 51, 100, 4].into());
    tokio::spawn(Lodger::new().host(Host::Vercel).vercel_ipc_path(vercel.ipc_path()).run(example_vercel_axum::app()));
    vercel
}

async fn ask(vercel: &Vercel, request: http::request::Builder, body: &'static str) -> (u16, String) {
    let mut request = request.body(Full::new(Bytes::from(body))).unwrap();
    let id = vercel.add_headers(request.headers_mut());
    let response = vercel.send(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    vercel.wait_for_end(id).await;
    (status, String::from_utf8(body.into()).unwrap())
}

#[tokio::test]
async fn each_file_is_a_route() {
    let vercel = start();
    let (status, page) = ask(&vercel, Request::get("/"), "").await;
    assert!(status == 200 && page.contains("<h1>Routes by files</h1>"), "{status} {page}");
    assert_eq!(ask(&vercel, Request::post("/words"), " some  words\nof text").await, (200, "4\n".to_owned()));
    assert_eq!(ask(&vercel, Request::get("/words"), "").await.0, 405);
    assert_eq!(ask(&vercel, Request::get("/no/where"), "").await, (404, "there is no /no/where\n".to_owned()));
    let you = "198.51.100.4 asks example.com\ninvocation invocation-5, request 5\n";
    assert_eq!(ask(&vercel, Request::get("/you"), "").await, (200, you.to_owned()));
    assert_eq!(vercel.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn a_countdown_comes_event_by_event() {
    let vercel = start();
    vercel.address().await.unwrap();
    let mut tries = vec![];
    for _ in 0..5 {
        let asked = Instant::now();
        let request = Request::get("/countdown/3").body(Full::new(Bytes::new())).unwrap();
        let mut response: Response<_> = vercel.send(request).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut came = vec![];
        while let Some(frame) = response.body_mut().frame().await {
            came.push((asked.elapsed(), String::from_utf8(frame.unwrap().into_data().unwrap().into()).unwrap()));
        }
        let events: Vec<_> = came.iter().map(|(_, event)| event.as_str()).collect();
        assert_eq!(events, ["data: 3\n\n", "data: 2\n\n", "data: 1\n\n", "data: 0\n\n"]);
        // A busy machine may read the first one late, and not each time.
        if came[3].0 - came[0].0 >= Duration::from_millis(500) {
            return;
        }
        tries.push(came);
    }
    panic!("the events come all at once: {tries:?}");
}
