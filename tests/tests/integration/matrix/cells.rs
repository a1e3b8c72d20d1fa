//! The tests of the matrix: one function for each host. `name` is the name of the framework.

use std::{sync::Arc, time::Duration};

use lodger::{Lodger, ResponseMode};
use lodger_gateway::{Front, RuntimeApi, Warning};
use lodger_tests::{
    client::{ClientRequest, send},
    framework::Framework,
    losses::{encode_binary_body, replace_invalid_utf8},
    probe::{self, done_in, has_done, span},
    test_host::{TestApp, TestHost, fronts},
    wait::{QUIET, SOON},
};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    checks::{
        after_response_request, check_after_response, check_after_response_on_lambda, check_concurrent_invocations,
        check_context_and_panics, check_invalid_input, check_length_of_empty_response, json_body,
    },
    comparison::{assert_like_axum, assert_like_axum_behind, assert_like_axum_on_vercel},
    streaming::{
        check_cancellation_at_deadline, check_cancellation_without_client, check_streaming, check_streaming_behind,
    },
};

pub(super) async fn own_server<F: Framework + 'static>() {
    let addr = F::own_server();
    assert_like_axum(addr, F::remove_unseen).await;
    check_invalid_input::<F>(async |sent| send(addr, &sent).await).await;
    check_length_of_empty_response::<F>(async |sent| send(addr, &sent).await).await;
}

pub(super) async fn server<F: Framework + 'static>(name: &str) {
    let server = TestHost::server().on_own_thread().start(F::run).await;
    let addr = server.addr();
    assert_like_axum(addr, F::remove_unseen).await;
    check_invalid_input::<F>(async |sent| send(addr, &sent).await).await;
    check_length_of_empty_response::<F>(async |sent| send(addr, &sent).await).await;
    check_streaming(addr, name, "server").await;
    span::subscribe();
    let span = json_body(&send(addr, &ClientRequest::get("/told")).await)["span"].take();
    if F::HAS_REQUEST_SPAN_ON_SERVER {
        assert_eq!((&span["front"], span["request_id"].is_u64()), (&json!("server"), true));
        check_after_response(addr).await;
    } else {
        assert_eq!(send(addr, &ClientRequest::get("/after/never/0")).await.status(), 501);
        assert_eq!(span, json!(null));
    }
}

#[cfg(unix)]
pub(super) async fn vercel_native<F: Framework + 'static>(name: &str) {
    let vercel = TestHost::vercel().on_own_thread().start(F::run).await;
    let addr = vercel.address().await.unwrap();
    assert_like_axum_on_vercel(&vercel, |request| {
        F::remove_unseen(request);
        F::remove_unseen_on_vercel(request);
    })
    .await;
    check_invalid_input::<F>(async |sent| vercel.fetch(&sent).await.1).await;
    check_length_of_empty_response::<F>(async |sent| vercel.fetch(&sent).await.1).await;
    check_streaming(addr, name, "vercel").await;
    // Vercel requires a response to each request, so a panic becomes one.
    assert_eq!(vercel.fetch(&ClientRequest::get("/panic")).await.1.status(), 500);
    span::subscribe();
    let (id, response) = vercel.fetch(&ClientRequest::get("/told")).await;
    let span = json_body(&response)["span"].take();
    assert_eq!((&span["front"], &span["request_id"]), (&json!("vercel"), &json!(id)));
    let (task, sent) = after_response_request();
    let (id, response) = vercel.fetch(&sent).await;
    assert_eq!((&response.body()[..], has_done(&task)), (&b"handed over"[..], false));
    let end = timeout(QUIET, vercel.wait_for_end(id)).await;
    assert!(end.is_err(), "the request ended before the task after the response");
    probe::let_go(&task);
    vercel.wait_for_end(id).await;
    assert_eq!(done_in(&task).unwrap()["request_id"], json!(id));
    assert_eq!(vercel.protocol_errors(), [""; 0]);
}

/// Starts an app on Lambda.
async fn lambda<F: Framework + 'static>() -> TestApp<Arc<RuntimeApi>> {
    TestHost::lambda().on_own_thread().start(F::run).await
}

pub(super) async fn lambda_streams<F: Framework + 'static>(name: &str) {
    let run = |lodger: Lodger| F::run(lodger.response_mode(ResponseMode::Stream));
    let api = TestHost::lambda().on_own_thread().start(run).await;
    for front in Front::all().into_iter().filter(Front::can_stream).map(Front::streaming) {
        check_streaming_behind(&front, &api, name).await;
    }
    // The same process sends a buffered response to another front.
    let buffered = api.send(&Front::alb(), &ClientRequest::get("/slow/10").request()).await;
    assert_eq!(&buffered.body()[..], b"begun ended");
    assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 1));
    assert_eq!(api.warnings(), []);
}

pub(super) async fn rest_api_without_binary_media_types<F: Framework + 'static>() {
    let api = lambda::<F>().await;
    let adapt_request = |request: &mut Value| {
        F::remove_unseen(request);
        F::remove_unseen_on_lambda(request);
        replace_invalid_utf8(request);
    };
    assert_like_axum_behind(&Front::rest_api(), &api, adapt_request, encode_binary_body).await;
    let damaged = Warning::DamagedRequestBody { content_type: String::new() };
    let encoded = Warning::EncodedResponseBody { accept: String::new() };
    assert_eq!(api.warnings(), [damaged, encoded]);
}

pub(super) async fn cancellation<F: Framework + 'static>(name: &str) {
    let run =
        |lodger: Lodger| F::run(lodger.response_mode(ResponseMode::Stream).deadline_margin(Duration::from_secs(2)));
    let api = TestHost::lambda().timeout(Duration::from_secs(4)).on_own_thread().start(run).await;
    check_cancellation_at_deadline(&api, name).await;
    let api = TestHost::lambda().timeout(SOON * 100).on_own_thread().start(run).await;
    check_cancellation_without_client(&api, name).await;
}

pub(super) async fn managed_instances<F: Framework + 'static>(name: &str) {
    let api = TestHost::lambda().max_concurrency(8).on_own_thread().start(F::run).await;
    check_concurrent_invocations(&api, name).await;
}

/// Tests the front whose name with underscores is `test`.
pub(super) async fn front<F: Framework + 'static>(test: &str) {
    let front = fronts().into_iter().find(|front| front.name() == test.replace('_', "-")).unwrap();
    let api = lambda::<F>().await;
    let adapt_request = |request: &mut Value| {
        F::remove_unseen(request);
        F::remove_unseen_on_lambda(request);
    };
    assert_like_axum_behind(&front, &api, adapt_request, |response| response).await;
    check_invalid_input::<F>(async |sent| api.send(&front, &sent.request()).await).await;
    check_length_of_empty_response::<F>(async |sent| api.send(&front, &sent.request()).await).await;
    check_context_and_panics(&front, &api).await;
    check_after_response_on_lambda(&front, &api).await;
    assert_eq!(api.warnings(), []);
}
