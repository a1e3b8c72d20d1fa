//! Every framework on every host and behind every front: the same app, the same requests, the same assertions. Each
//! combination is a test, `framework::host`.
//!
//! An app receives the same requests as axum under its own server, and its client gets the same responses. `lodger_tests::losses`
//! has the changes that each front makes, and `lodger_tests::framework` the differences between frameworks. `README.md` has both as tables.

mod checks;
mod comparison;
mod requests;
mod streaming;

use std::time::Duration;

use lodger::{Lodger, ResponseMode};
use lodger_gateway::{Front, RuntimeApi, Warning};
use lodger_tests::{
    ask::{Sent, ask},
    framework::{ActixWeb, Axum, Axum07, Framework, Hyper, Tower, Warp},
    host::{OnVercel, Served, fronts, on_lambda_alone, on_slots, polling_alone},
    losses::{encode_binary_body, replace_invalid_utf8},
    probe::{self, done_in, has_done, span},
    raw_api::SOON,
};
use serde_json::{Value, json};
use tokio::time::timeout;

use checks::{
    after_response_request, check_after_response, check_after_response_on_lambda, check_concurrent_invocations,
    check_context_and_panics, check_invalid_input, check_length_of_empty_response, json_body,
};
use comparison::{assert_like_axum, assert_like_axum_behind, assert_like_axum_on_vercel};
use streaming::{
    check_cancellation_at_deadline, check_cancellation_without_client, check_streaming, check_streaming_behind,
};

/// How long a test waits to show that an event does not occur.
const A_WHILE: Duration = Duration::from_millis(100);

/// Makes a test for each host and each front, for each framework.
macro_rules! matrix {
    ($($framework:ident $F:ident,)*) => {
        $(mod $framework {
            use super::*;

            #[tokio::test]
            async fn own_server() {
                let addr = <$F>::own_server();
                assert_like_axum(addr, <$F>::is_blind_to).await;
                check_invalid_input::<$F>(async |sent| ask(addr, &sent).await).await;
                check_length_of_empty_response::<$F>(async |sent| ask(addr, &sent).await).await;
            }

            #[tokio::test]
            async fn server() {
                let served = Served::start(<$F>::run);
                let addr = served.addr();
                assert_like_axum(addr, <$F>::is_blind_to).await;
                check_invalid_input::<$F>(async |sent| ask(addr, &sent).await).await;
                check_length_of_empty_response::<$F>(async |sent| ask(addr, &sent).await).await;
                check_streaming(addr, stringify!($framework), "server").await;
                span::subscribe();
                let span = json_body(&ask(addr, &Sent::get("/told")).await)["span"].take();
                if <$F>::IS_GUARDED_ON_A_SERVER {
                    assert_eq!((&span["front"], span["request_id"].is_u64()), (&json!("server"), true));
                    check_after_response(addr).await;
                } else {
                    assert_eq!(ask(addr, &Sent::get("/after/never/0")).await.status(), 501);
                    assert_eq!(span, json!(null));
                }
            }

            #[cfg(unix)]
            #[tokio::test]
            async fn vercel_native() {
                let on = OnVercel::start(<$F>::run);
                let addr = on.platform.address().await.unwrap();
                assert_like_axum_on_vercel(&on, |request| {
                    <$F>::is_blind_to(request);
                    <$F>::is_blind_on_vercel_to(request);
                })
                .await;
                check_invalid_input::<$F>(async |sent| on.send(&sent).await.1).await;
                check_length_of_empty_response::<$F>(async |sent| on.send(&sent).await.1).await;
                check_streaming(addr, stringify!($framework), "vercel").await;
                // Vercel requires a response to each request, so a panic becomes one.
                assert_eq!(on.send(&Sent::get("/panic")).await.1.status(), 500);
                span::subscribe();
                let (id, response) = on.send(&Sent::get("/told")).await;
                let span = json_body(&response)["span"].take();
                assert_eq!((&span["front"], &span["request_id"]), (&json!("vercel"), &json!(id)));
                let (task, sent) = after_response_request();
                let (id, response) = on.send(&sent).await;
                assert_eq!((&response.body()[..], has_done(&task)), (&b"handed over"[..], false));
                assert!(timeout(A_WHILE, on.platform.wait_for_end(id)).await.is_err(), "the request ended before the task after the response");
                probe::let_go(&task);
                on.platform.wait_for_end(id).await;
                assert_eq!(done_in(&task).unwrap()["request_id"], json!(id));
                assert_eq!(on.platform.protocol_errors(), [""; 0]);
            }

            #[tokio::test]
            async fn lambda_streams() {
                let api = on_lambda_alone(|lodger| <$F>::run(lodger.response_mode(ResponseMode::Stream))).await;
                for front in Front::all().into_iter().filter(Front::can_stream).map(Front::streaming) {
                    check_streaming_behind(&front, &api, stringify!($framework)).await;
                }
                // The same process sends a buffered response to another front.
                let whole = api.send(&Front::alb(), &Sent::get("/slow/10").request()).await;
                assert_eq!(&whole.body()[..], b"begun ended");
                assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 1));
                assert_eq!(api.warnings(), []);
            }

            #[tokio::test]
            async fn rest_api_without_binary_media_types() {
                let api = on_lambda_alone(<$F>::run).await;
                let is_blind_to = |request: &mut Value| {
                    <$F>::is_blind_to(request);
                    <$F>::is_blind_on_lambda_to(request);
                    replace_invalid_utf8(request);
                };
                assert_like_axum_behind(&Front::rest_api(), &api, is_blind_to, encode_binary_body).await;
                let damaged = Warning::DamagedRequestBody { content_type: String::new() };
                let encoded = Warning::EncodedResponseBody { accept: String::new() };
                assert_eq!(api.warnings(), [damaged, encoded]);
            }

            #[tokio::test]
            async fn cancellation() {
                let run = |lodger: Lodger| {
                    <$F>::run(lodger.response_mode(ResponseMode::Stream).deadline_margin(Duration::from_secs(2)))
                };
                let api = RuntimeApi::start().await.unwrap().timeout(Duration::from_secs(4));
                check_cancellation_at_deadline(&polling_alone(api, run), stringify!($framework)).await;
                let api = RuntimeApi::start().await.unwrap().timeout(SOON * 100);
                check_cancellation_without_client(&polling_alone(api, run), stringify!($framework)).await;
            }

            #[tokio::test]
            async fn managed_instances() {
                let api = on_slots(8, <$F>::run).await;
                check_concurrent_invocations(&api, stringify!($framework)).await;
            }

            matrix!(@fronts $F function_url http_api http_api_v1 rest_api alb alb_multi_value lattice_v1 lattice_v2 vercel);
        })*
    };
    (@fronts $F:ident $($front:ident)*) => {
        #[test]
        fn has_a_test_for_each_front() {
            let tests = [$(stringify!($front)),*].map(|name| name.replace('_', "-"));
            let fronts: Vec<_> = Front::all().iter().map(Front::name).collect();
            assert_eq!(tests[..], fronts, "expected a test for each front, in the order of `Front::all`");
        }

        $(#[tokio::test]
        async fn $front() {
            let front = front_of_test(stringify!($front));
            let api = on_lambda_alone(<$F>::run).await;
            assert_like_axum_behind(&front, &api, |request| {
                <$F>::is_blind_to(request);
                <$F>::is_blind_on_lambda_to(request);
            }, |response| response)
            .await;
            check_invalid_input::<$F>(async |sent| api.send(&front, &sent.request()).await).await;
            check_length_of_empty_response::<$F>(async |sent| api.send(&front, &sent.request()).await).await;
            check_context_and_panics(&front, &api).await;
            check_after_response_on_lambda(&front, &api).await;
            assert_eq!(api.warnings(), []);
        })*
    };
}

matrix! {
    axum Axum,
    axum_07 Axum07,
    actix_web ActixWeb,
    warp Warp,
    tower Tower,
    hyper Hyper,
}

/// Returns the front of a test, whose name has underscores.
fn front_of_test(name: &str) -> Front {
    fronts().into_iter().find(|front| front.name() == name.replace('_', "-")).unwrap()
}
