//! Streamed responses under the emulator.

use std::time::{Duration, Instant};

use lodger_gateway::Front;
use lodger_tests::client::ClientRequest;

use super::{Emulator, header_values, json};

/// Makes the probe stream.
const STREAM: (&str, &str) = ("LODGER_RESPONSE_MODE", "stream");

fn streaming_fronts() -> [Front; 2] {
    [Front::function_url().streaming(), Front::rest_api().streaming()]
}

#[tokio::test]
async fn a_stream_arrives_completely() {
    let Some(mut emulator) = Emulator::probe(&[STREAM]).await else {
        return;
    };
    let all_bytes: Vec<u8> = (0..=255).collect();
    let expected: [(&str, u16, &[u8]); 6] = [
        ("/reply/cookies", 200, b""),
        ("/reply/binary", 200, &all_bytes),
        ("/status/204", 204, b""),
        ("/size/3000000", 200, &[b'x'; 3_000_000]),
        ("/slow/100", 200, b"begun ended"),
        ("/feed/2/100", 200, b"id: 1\ndata: x\n\nid: 2\ndata: xx\n\n"),
    ];
    for front in streaming_fronts() {
        for (target, status, body) in expected {
            let start = Instant::now();
            let response = emulator.fetch(&front, &ClientRequest::get(target)).await;
            assert!((response.status().as_u16(), &response.body()[..]) == (status, body), "{front}: {target}");
            let duration = Duration::from_millis(if target.ends_with("/100") { 100 } else { 0 });
            assert!(start.elapsed() >= duration, "{front}: {target}: {:?}", start.elapsed());
            if target == "/reply/cookies" {
                let cookies = ["a=1; Expires=Sat, 21 Nov 2026 04:15:02 GMT; Path=/", "b=2; HttpOnly"];
                assert_eq!(header_values(&response, "set-cookie"), cookies, "{front}");
            }
        }
    }
}

#[tokio::test]
async fn a_failed_stream_has_no_trailers_in_its_body_and_the_process_goes_on() {
    let Some(mut emulator) = Emulator::probe(&[STREAM]).await else {
        return;
    };
    emulator.fetch_json(&Front::function_url().streaming(), &ClientRequest::get("/before")).await;
    let pids = emulator.function_pids();
    assert_eq!(pids.len(), 1);
    for front in streaming_fronts() {
        // The emulator of Lambda drops trailers. With lambda_runtime, the trailers were in the body.
        for (target, body) in [("/feed/3/50/fails", "id: 1\ndata: x\n\nid: 2\ndata: xx\n\n"), ("/panic/body", "")] {
            let failed = emulator.fetch(&front, &ClientRequest::get(target)).await;
            assert_eq!((failed.status().as_u16(), &failed.body()[..]), (200, body.as_bytes()), "{front}: {target}");
            assert_eq!(
                emulator.fetch_json(&front, &ClientRequest::get("/after")).await["uri"],
                "/after",
                "{front}: {target}"
            );
        }
    }
    assert_eq!(emulator.function_pids(), pids);
    let output = emulator.kill().await;
    for error in ["asked to fail in the feed", "asked to panic in the body"] {
        let is_logged = |line: &&str| line.contains("cannot stream the whole response") && line.ends_with(error);
        assert_eq!(output.lines().filter(is_logged).count(), 2, "{error}");
    }
}

#[tokio::test]
async fn fronts_that_cannot_stream_get_a_buffered_reply() {
    let Some(mut emulator) = Emulator::probe(&[STREAM]).await else {
        return;
    };
    let streamed = emulator.fetch(&Front::function_url().streaming(), &ClientRequest::get("/slow/10")).await;
    assert_eq!(streamed.body(), "begun ended");
    let pids = emulator.function_pids();
    for front in [Front::alb(), Front::http_api()] {
        let reply = emulator.invoke(front.event(&ClientRequest::get("/slow/10").request()).unwrap()).await;
        assert_eq!(json(&reply)["body"], "begun ended", "{front}: {reply:?}");
    }
    assert_eq!(emulator.function_pids(), pids);
}
