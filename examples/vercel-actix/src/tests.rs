//! Tests of the app as a function of Vercel, under `lodger-gateway`. With `src/main.rs` as its entry, Vercel starts the app as a
//! server behind a proxy instead, which makes no difference to the app.
#![cfg(unix)]

use actix_web::{rt, web};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use lodger::{Host, Lodger};
use lodger_gateway::Vercel;

use super::links::Links;

/// Starts the app under Vercel in this process.
fn start() -> Vercel {
    let vercel = Vercel::start().unwrap();
    let links = web::Data::new(Links::default());
    let lodger = Lodger::new().host(Host::Vercel).vercel_ipc_path(vercel.ipc_path());
    rt::spawn(lodger.run(move || super::app(links.clone())));
    vercel
}

async fn send(vercel: &Vercel, method: &str, path: &str, body: &'static str) -> Response<impl BodyExt<Data = Bytes>> {
    let request = Request::builder().method(method).uri(path).body(Full::new(Bytes::from(body))).unwrap();
    vercel.send(request).await.unwrap()
}

#[actix_web::test]
async fn streams_each_visit_of_a_link() {
    let vercel = start();
    assert_eq!(send(&vercel, "GET", "/rust", "").await.status(), 404);
    let put = send(&vercel, "PUT", "/links/rust", "https://www.rust-lang.org/\n").await;
    assert_eq!((put.status().as_u16(), &put.headers()["location"]), (201, &"/rust".parse().unwrap()));

    let mut visits = Box::pin(send(&vercel, "GET", "/links/rust/visits", "").await.into_body());
    let mut next = async || Some(visits.frame().await?.ok()?.into_data().unwrap());
    assert_eq!(next().await.unwrap(), "data: 0\n\n");
    let followed = send(&vercel, "GET", "/rust", "").await;
    assert_eq!(followed.status(), 307);
    assert_eq!(followed.headers()["location"], "https://www.rust-lang.org/");
    let cookies: Vec<_> = followed.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["last=rust", "visits=1"]);
    assert_eq!(next().await.unwrap(), "data: 1\n\n");

    assert_eq!(send(&vercel, "DELETE", "/links/rust", "").await.status(), 204);
    assert_eq!(next().await, None);
    assert_eq!(vercel.protocol_errors(), [""; 0]);
}
