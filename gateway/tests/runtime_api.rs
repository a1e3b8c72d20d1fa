//! A Runtime API, and functions that do not answer.

mod support;

use std::{io::ErrorKind, time::Duration};

use bytes::Bytes;
use http::Request;
use lodger_gateway::{Front, Outcome, RuntimeApi};
use serde_json::json;
use support::{cannot_start, function};

const ERROR: &str = "the function cannot start: Runtime.NoDatabase: it is away";

#[tokio::test]
async fn a_function_that_cannot_start_fails_what_waits_for_it_at_once() {
    let api = RuntimeApi::start().await.unwrap();
    let late = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        cannot_start(api.address(), "it is away").await;
    };
    let both = async { tokio::join!(api.invoke("{}"), late) };
    let (waiting, ()) = tokio::time::timeout(Duration::from_secs(10), both).await.unwrap();
    let waiting = waiting.unwrap_err();
    assert_eq!((waiting.to_string().as_str(), waiting.kind()), (ERROR, ErrorKind::Other));

    let request = Request::get("/").body(Bytes::new()).unwrap();
    for front in Front::all() {
        let sent = api.send(&front, &request);
        let response = tokio::time::timeout(Duration::from_secs(10), sent).await.unwrap();
        assert_eq!((response.status().as_u16(), response.body().as_ref()), (502, ERROR.as_bytes()), "{front}");
    }
    assert_eq!(api.init_error().await.to_string(), "Runtime.NoDatabase: it is away");
    assert_eq!(api.complaints(), [""; 0]);
}

#[tokio::test]
async fn a_function_that_is_started_again_is_asked_again() {
    let api = RuntimeApi::start().await.unwrap();
    cannot_start(api.address(), "it is away").await;
    tokio::spawn(function(api.address(), |event| event));
    while api.polls() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(api.invoke("{}").await.unwrap(), Outcome::Reply(json!({}).to_string().into()));
}
