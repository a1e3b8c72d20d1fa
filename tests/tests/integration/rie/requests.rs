//! Requests and responses under the emulator.

use lodger_gateway::Front;
use lodger_tests::{
    client::{ClientRequest, send},
    losses::{comparable_response, expected_request, expected_response, recorded_request},
    probe,
    test_host::{self, TestHost},
};
use serde_json::{Value, json};

use super::{Emulator, fronts, header_values, install::EXAMPLE, json, seen_header};

/// A path and a query with most of the characters that some fronts change.
const TARGET: &str = "//a%20b/%CE%BB;p=1/c=d:e@f!$&'()*+,/?a=1&a=2&b=&c&&q=a+b%20c%2Bd&bad=%zz&%&pipe=|";

#[tokio::test]
async fn a_path_and_a_query_arrive_unchanged() {
    let Some(mut emulator) = Emulator::probe(&[]).await else {
        return;
    };
    for front in fronts() {
        let seen = emulator.fetch_json(&front, &ClientRequest::get(TARGET)).await;
        assert_eq!(seen["method"], "GET", "{front:?}");
        assert_eq!(seen["uri"], TARGET, "{front:?}");
        assert_eq!(seen["client"], "127.0.0.1", "{front:?}");
        assert_eq!(seen["body"], "", "{front:?}");
    }
}

/// The requests that the test of all fronts compares with a server.
fn requests() -> [ClientRequest; 7] {
    [
        ClientRequest::get(TARGET),
        ClientRequest::get("/")
            .method("PATCH")
            .header("x-a", "1")
            .header("x-a", "2, 3")
            .header("cookie", "a=1")
            .body([0, 0xff]),
        ClientRequest::get("/reply/cookies"),
        ClientRequest::get("/reply/repeats"),
        ClientRequest::get("/reply/binary"),
        ClientRequest::get("/reply/text").method("HEAD"),
        ClientRequest::get("/status/204"),
    ]
}

/// Removes the trace id, which the emulator generates.
fn without_trace_id(mut seen: Value) -> Value {
    seen["headers"].as_array_mut().unwrap().retain(|header| header[0] != "x-amzn-trace-id");
    seen
}

#[tokio::test]
async fn all_fronts_match_a_server_except_for_their_losses() {
    let Some(mut emulator) = Emulator::probe(&[]).await else {
        return;
    };
    let server = TestHost::server().start(|lodger| lodger.run(probe::app())).await;
    for request in &requests() {
        let on_server = send(server.addr(), request).await;
        let is_head = request.method == "HEAD";
        for front in test_host::fronts() {
            let on_lambda = emulator.fetch(&front, request).await;
            match recorded_request(&on_server) {
                Some(seen_on_server) => {
                    let expected = expected_request(&front, seen_on_server, request).map(without_trace_id);
                    assert_eq!(recorded_request(&on_lambda).map(without_trace_id), expected, "{front}: {request:?}");
                }
                None => {
                    let expected = expected_response(&front, comparable_response(&on_server, is_head), is_head);
                    assert_eq!(comparable_response(&on_lambda, is_head), expected, "{front}: {request:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn events_that_are_not_http_reach_their_route() {
    let Some(mut emulator) = Emulator::probe(&[("LODGER_EVENTS_PATH", "/for/events")]).await else {
        return;
    };
    // The reply is the body of the response: the request that the probe has seen.
    let seen = json(&emulator.invoke(r#"{"Records":[{"eventSource":"aws:sqs"}]}"#).await);
    assert_eq!((&seen["method"], &seen["uri"]), (&json!("POST"), &json!("/for/events")));
    assert_eq!(seen["body"], r#"{"Records":[{"eventSource":"aws:sqs"}]}"#);
    for front in Front::all() {
        let response = emulator.fetch(&front, &ClientRequest::get("/for//Events/x")).await;
        assert_eq!(response.status(), 404, "{front}");
    }
}

#[tokio::test]
async fn an_event_that_is_not_http_is_an_error_without_a_route_and_the_process_goes_on() {
    let Some(mut emulator) = Emulator::probe(&[]).await else {
        return;
    };
    let error = json(&emulator.invoke(r#"{"Records":[]}"#).await);
    assert_eq!(error["errorType"], "Runtime.UnsupportedEvent");
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.contains("Records"), "{message}");

    let pids = emulator.function_pids();
    assert_eq!(pids.len(), 1);
    for front in fronts() {
        let seen = emulator.fetch_json(&front, &ClientRequest::get("/after")).await;
        assert_eq!(seen["uri"], "/after", "{front:?}");
        assert_eq!(emulator.function_pids(), pids, "{front:?}");
    }
}

#[tokio::test]
async fn the_example_stores_and_returns_notes() {
    let Some(mut emulator) = Emulator::start(EXAMPLE, &[]).await else {
        return;
    };
    for (front, id, path) in [(Front::function_url(), 1, "/notes/1"), (Front::http_api(), 2, "/notes/2")] {
        let note = json!({"id": id, "text": "grüße \"\u{1}😀", "from": "127.0.0.1"});
        let request = ClientRequest::get("/notes")
            .method("POST")
            .header("content-type", b"application/json")
            .body(r#"{"text":"grüße \"\u0001😀"}"#.as_bytes());
        let created = emulator.fetch(&front, &request).await;
        assert_eq!(created.status(), 201, "{front:?}");
        assert_eq!(header_values(&created, "location"), [path], "{front:?}");
        assert_eq!(json(&created), note, "{front:?}");
        let read = emulator.fetch_json(&front, &ClientRequest::get(path)).await;
        assert_eq!(read, note, "{front:?}");
    }
}

#[tokio::test]
async fn all_bytes_arrive_unchanged_in_both_bodies() {
    let Some(mut emulator) = Emulator::probe(&[]).await else {
        return;
    };
    let all: &[u8] = (0..=255).collect::<Vec<u8>>().leak();
    for front in fronts() {
        let request = ClientRequest::get("/").method("POST").body(all);
        let seen = emulator.fetch_json(&front, &request).await;
        assert_eq!(seen["body"], probe::latin1(all), "{front:?}");
        let response = emulator.fetch(&front, &ClientRequest::get("/reply/binary")).await;
        assert_eq!(response.status(), 200, "{front:?}");
        assert_eq!(response.body(), all, "{front:?}");
        assert_eq!(header_values(&response, "content-type"), ["image/png"]);
    }
}

#[tokio::test]
async fn repeated_headers_and_cookies_arrive_in_requests_and_responses() {
    let Some(mut emulator) = Emulator::probe(&[]).await else {
        return;
    };
    for front in fronts() {
        let request = ClientRequest::get("/")
            .header("x-twice", b"1")
            .header("cookie", b"a=1; b=\"2\"")
            .header("X-Twice", b"2, 3")
            .header("cookie", b"c=3");
        let seen = emulator.fetch_json(&front, &request).await;
        assert_eq!(seen_header(&seen, "x-twice"), ["1,2, 3"], "{front:?}");
        let cookies = ["a=1; b=\"2\"; c=3"];
        assert_eq!(seen_header(&seen, "cookie"), cookies, "{front:?}");

        let response = emulator.fetch(&front, &ClientRequest::get("/reply/cookies")).await;
        let cookies = ["a=1; Expires=Sat, 21 Nov 2026 04:15:02 GMT; Path=/", "b=2; HttpOnly"];
        assert_eq!(header_values(&response, "set-cookie"), cookies, "{front:?}");
        let response = emulator.fetch(&front, &ClientRequest::get("/reply/repeats")).await;
        assert_eq!(header_values(&response, "vary"), ["accept, origin"], "{front:?}");
        assert_eq!(header_values(&response, "x-a"), ["1, 2"], "{front:?}");
    }
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_process_goes_on() {
    let Some(mut emulator) = Emulator::probe(&[]).await else {
        return;
    };
    emulator.fetch_json(&Front::http_api(), &ClientRequest::get("/before")).await;
    let pids = emulator.function_pids();
    assert_eq!(pids.len(), 1);
    for front in fronts() {
        for target in ["/panic", "/panic/body"] {
            let response = emulator.fetch(&front, &ClientRequest::get(target)).await;
            assert_eq!(response.status(), 500, "{front:?} {target}");
            let seen = emulator.fetch_json(&front, &ClientRequest::get("/after")).await;
            assert_eq!(seen["uri"], "/after", "{front:?} {target}");
            assert_eq!(emulator.function_pids(), pids, "{front:?} {target}");
        }
    }
}
