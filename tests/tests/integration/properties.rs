//! Random requests and responses behind every front, compared with a server and the changes of `lodger_tests::losses`. Random
//! bytes as an event: one reply, and the process continues.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use lodger_gateway::RuntimeApi;
use lodger_tests::{
    client::{ClientRequest, send},
    losses::{comparable_response, expected_request, expected_response, recorded_request},
    probe::{self, latin1},
    test_host::{Listening, TestApp, TestHost, fronts},
};
use proptest::prelude::*;
use serde_json::json;
use tokio::runtime::Runtime;

/// The same app on a server and on Lambda, for all cases of a test.
struct Hosts {
    runtime: Runtime,
    server: TestApp<Listening>,
    lambda: TestApp<Arc<RuntimeApi>>,
}

static HOSTS: LazyLock<Hosts> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(TestHost::server().start(|lodger| lodger.run(probe::app())));
    let lambda = runtime.block_on(
        TestHost::lambda()
            .start(|lodger| lodger.events_path("/for/events").websocket_path("/for/websockets").run(probe::app())),
    );
    Hosts { runtime, server, lambda }
});

/// A segment of a path: valid and invalid characters and escapes.
const SEGMENT: &str = r#"/([A-Za-z0-9._~!$&'()*+,;=:@|^\\\[\]{}"`-]|%[0-9A-Fa-f]{2}|%){0,8}"#;
const QUERY: &str = r#"([a-c&=+/?.|{}\[\];,'@:-]|%[0-9A-Fa-f]{2}|%){0,24}"#;
/// Without white space at both ends, which servers remove.
const TEXT: &str = r#"([!-~é世](([ \t!-~é世]){0,12}[!-~é世])?)?"#;

fn requests() -> impl Strategy<Value = ClientRequest> {
    let path = prop::collection::vec(SEGMENT, 1..4).prop_map(|segments| segments.concat());
    let target = (path, prop::option::of(QUERY)).prop_filter_map("not a path of the http crate", |(path, query)| {
        let target = path + &query.map(|query| format!("?{query}")).unwrap_or_default();
        target.parse::<http::uri::PathAndQuery>().ok().map(|parsed| parsed.to_string())
    });
    let name = prop::sample::select(vec![
        "x-a",
        "X-B",
        "accept",
        "Cookie",
        "content-type",
        "content-encoding",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-amzn-trace-id",
        "authorization",
        "user-agent",
        "date",
    ]);
    let headers = prop::collection::vec((name, TEXT), 0..6);
    let method = prop_oneof![Just("GET".to_owned()), Just("POST".to_owned()), "[A-Z]{3,6}"];
    let body = prop_oneof![Just(vec![]), any::<Vec<u8>>(), any::<String>().prop_map(String::into_bytes)];
    (method, target, headers, body).prop_map(|(method, target, headers, body)| {
        let method = if ["HEAD", "CONNECT"].contains(&&*method) { "GET".to_owned() } else { method };
        let sent = ClientRequest::get(target).method(method).body(body);
        headers.into_iter().fold(sent, |sent, (name, value)| sent.header(name, value))
    })
}

fn responses() -> impl Strategy<Value = ClientRequest> {
    let name = prop::sample::select(vec![
        "x-a",
        "x-b",
        "vary",
        "set-cookie",
        "content-type",
        "content-encoding",
        "cache-control",
        "www-authenticate",
        "server",
        "etag",
        "location",
    ]);
    // Any byte that a value may contain, UTF-8 or not.
    let value = prop_oneof![
        TEXT.prop_map(String::into_bytes),
        prop::collection::vec(prop_oneof![0x21..=0x7e_u8, 0x80..=0xff_u8], 0..8),
    ];
    let headers = prop::collection::vec((name, value.prop_map(|value| latin1(&value))), 0..6);
    let status = prop_oneof![Just(200_u16), 200..1000_u16];
    let body = prop_oneof![Just(vec![]), any::<Vec<u8>>(), any::<String>().prop_map(String::into_bytes)];
    let method = prop::sample::select(vec!["POST", "HEAD"]);
    (method, status, headers, body).prop_map(|(method, status, headers, body)| {
        let reply = json!({"status": status, "headers": headers, "body": latin1(&body)});
        ClientRequest::get("/respond").method(method).header("content-type", "application/json").body(reply.to_string())
    })
}

/// Returns events of every front with random changes, and random bytes.
fn events() -> impl Strategy<Value = Vec<u8>> {
    let front = prop::sample::select(fronts());
    let valid = (front, requests())
        .prop_map(|(front, sent)| front.event(&sent.request()).unwrap_or_else(|_| Bytes::from_static(b"{}")).to_vec());
    let changes = prop::collection::vec((any::<prop::sample::Index>(), prop::option::of(any::<u8>())), 0..4);
    let changed = (valid, changes).prop_map(|(mut event, changes)| {
        for (at, byte) in changes {
            if event.is_empty() {
                break;
            }
            let at = at.index(event.len());
            match byte {
                Some(byte) => event[at] = byte,
                None => drop(event.remove(at)),
            }
        }
        event
    });
    prop_oneof![4 => changed, 1 => any::<Vec<u8>>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_app_receives_a_random_request_as_on_a_server(sent in requests()) {
        HOSTS.runtime.block_on(async {
            let on_server = send(HOSTS.server.addr(), &sent).await;
            let expected = recorded_request(&on_server).unwrap_or_else(|| panic!("{on_server:?}"));
            for front in fronts() {
                let on_lambda = HOSTS.lambda.send(&front, &sent.request()).await;
                let expected = expected_request(&front, expected.clone(), &sent);
                prop_assert_eq!(recorded_request(&on_lambda), expected, "{}: {:?}", front, on_lambda);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_client_gets_a_random_response_as_from_a_server(sent in responses()) {
        HOSTS.runtime.block_on(async {
            let is_head = sent.method == "HEAD";
            let from_server = comparable_response(&send(HOSTS.server.addr(), &sent).await, is_head);
            for front in fronts() {
                let from_lambda = HOSTS.lambda.send(&front, &sent.request()).await;
                let expected = expected_response(&front, from_server.clone(), is_head);
                prop_assert_eq!(comparable_response(&from_lambda, is_head), expected, "{}", front);
            }
            Ok(())
        })?;
    }

    #[test]
    fn random_bytes_get_one_reply_and_the_process_continues(event in events()) {
        HOSTS.runtime.block_on(async {
            let result = HOSTS.lambda.invoke(event).await.unwrap();
            if let Err(error) = result {
                let error_type = error.error_type;
                // `Runtime.UnreadableEvent` would be a panic that Lodger caught.
                let expected = ["Runtime.MalformedEvent", "Runtime.UnsupportedEvent", "Function.ErrorStatus"];
                prop_assert!(expected.contains(&&*error_type), "{}", error_type);
            }
            prop_assert_eq!(HOSTS.lambda.protocol_errors(), [""; 0]);
            Ok(())
        })?;
    }
}
