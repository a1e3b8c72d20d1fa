//! The formats of a log: JSON and text on Lambda, text on a server, messages on Vercel.

use lodger_gateway::Vercel;
use lodger_tests::{
    client::{ClientRequest, send},
    program::Exit,
};
use serde_json::{Value, json};
use tokio::task::block_in_place;

use super::{FRAMEWORKS, complete_request, log_of_request, on_lambda, start};

/// Returns the log of a function that responds to a request for each of `targets`.
async fn output_on_lambda(framework: &str, vars: &[(&str, &str)], targets: &[&str]) -> String {
    let (output, errors) = on_lambda(&[&[("LOGS", framework)], vars].concat(), targets).await;
    assert_eq!(errors.lines().filter(|line| line.starts_with("lodger")).count(), 0, "{errors}");
    output
}

/// The trace header of each event of the gateway.
const TRACE: &str = "Root=1-67d1d1be-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1";

/// Lodger's span of a request, without the request id.
fn request_span() -> Value {
    json!({ "name": "request", "fields": { "request_id": null, "trace_id": TRACE, "front": "function-url" } })
}

/// Returns the lines of a JSON log, without timestamps and request ids. Each request id is checked against the span.
async fn json_lines(framework: &str, level: &str, target: &str) -> Vec<Value> {
    let vars = [("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("AWS_LAMBDA_LOG_LEVEL", level)];
    let output = output_on_lambda(framework, &vars, &[target]).await;
    let lines = output.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let time = line["timestamp"].take();
        let time = time.as_str().unwrap();
        assert!(time.len() > 20 && time.ends_with('Z') && &time[10..11] == "T", "{time}");
        if let Some(id) = line["requestId"].as_str().map(str::to_owned) {
            assert!(id.len() > 8, "{line}");
            assert_eq!(line["spans"][0]["fields"]["request_id"].take(), json!(id), "{line}");
            line["requestId"] = json!("ID");
        }
        line
    });
    lines.collect()
}

#[tokio::test]
async fn on_lambda_writes_json_if_the_log_format_is_json() {
    for framework in FRAMEWORKS {
        let line = |level: &str, message: &str, more: Value| {
            let mut line = json!({
                "timestamp": null, "level": level, "message": message, "requestId": "ID", "target": "logs",
                "spans": [request_span()],
            });
            for (name, value) in more.as_object().unwrap() {
                line[name] = value.clone();
            }
            line
        };
        let lines = json_lines(framework, "DEBUG", "/work").await;
        let early = json!({ "timestamp": null, "level": "INFO", "message": "early", "target": "test" });
        let at_work = line("WARN", "at work", json!({ "fields": { "name": framework } }));
        let of_log = line("INFO", "by the other crate", json!({}));
        let elsewhere = line("INFO", "elsewhere", json!({ "fields": { "is_at_home": false } }));
        let still = line("DEBUG", "still at work", json!({}));
        let lines: Vec<_> =
            lines.into_iter().filter(|line| ["logs", "test"].map(Value::from).contains(&line["target"])).collect();
        assert_eq!(lines, [early, at_work.clone(), of_log, elsewhere, still], "{framework}");

        // The span of a request has the level INFO, and is part of the lines above that level too.
        assert_eq!(json_lines(framework, "WARN", "/work").await, [at_work], "{framework}");
        let panicked = json_lines(framework, "ERROR", "/panic").await;
        assert_eq!(panicked.len(), 2, "{panicked:?}");
        let message = panicked[0]["message"].as_str().unwrap();
        let has_message =
            message.contains("panicked at tests/src/bin/logs.rs:") && message.ends_with(": asked to panic");
        assert!(has_message, "{message}");
        let message = panicked[1]["message"].as_str().unwrap();
        assert!(message.ends_with("responding with 500: the app panicked: asked to panic"), "{message}");
        for line in panicked {
            assert_eq!((&line["requestId"], &line["target"]), (&json!("ID"), &json!("lodger")));
        }
    }
}

#[tokio::test]
async fn on_lambda_writes_valid_json_for_control_characters_and_nested_spans() {
    for framework in FRAMEWORKS {
        let expected = json!({
            "timestamp": null, "level": "INFO", "message": "\"two\nlines\" \u{0}\u{1b}", "requestId": "ID",
            "target": "logs", "fields": { "not_a_number": null },
            "spans": [
                request_span(),
                { "name": "outer", "fields": { "name": "of a field", "number": 2, "late": "two\nlines" } },
                { "name": "request", "fields": { "request_id": "of another request", "number": 3 } },
            ],
        });
        let lines = json_lines(framework, "INFO", "/nested").await;
        assert_eq!(
            lines.iter().filter(|line| line["target"] == "logs").collect::<Vec<_>>(),
            [&expected],
            "{framework}"
        );
        // A field that is recorded again replaces the first one.
        let output = output_on_lambda(framework, &[("AWS_LAMBDA_LOG_FORMAT", "JSON")], &["/nested"]).await;
        assert_eq!(output.matches("\"number\":").count(), 2, "{output}");
    }
}

#[tokio::test]
async fn on_lambda_writes_text_by_default() {
    for framework in FRAMEWORKS {
        let output = output_on_lambda(framework, &[("RUST_LOG", "warn,test=info")], &["/work", "/work"]).await;
        let lines: Vec<_> = output.lines().collect();
        assert_eq!(lines.len(), 3, "{output}");
        assert_eq!(lines[0].trim_start(), "INFO test: early");
        for line in &lines[1..] {
            let (before, after) = line.split_once("request{request_id=\"").unwrap();
            let (id, after) = after.split_once('"').unwrap();
            assert!(id.len() > 8, "{line}");
            assert_eq!(
                (before.trim_start(), after),
                (
                    "WARN ",
                    &*format!(" trace_id={:?} front=\"function-url\"}}: logs: at work name={framework:?}", TRACE)
                )
            );
        }
        assert!(lines[1] != lines[2]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_server_writes_text() {
    for framework in FRAMEWORKS {
        let mut process = start(&[("LODGER_ADDR", "127.0.0.1:0"), ("LOGS", framework), ("RUST_LOG", "nonsense=x")]);
        // The address of the server is one of the lines.
        let output = process.stdout_until("listening on http://");
        let addr = output.rsplit("http://").next().unwrap().trim().parse().unwrap();
        send(addr, &ClientRequest::get("/work")).await;
        process.signal("TERM");
        let Exit { status, stdout: rest, stderr: errors } = block_in_place(|| process.wait());
        assert!(status.success(), "{status}: {errors}");
        let line = rest.lines().find(|line| line.contains("at work")).unwrap();
        assert!(line.contains(&format!("request{{request_id=1 front=\"server\"}}: logs: at work name={framework:?}")));
        assert!(errors.starts_with("lodger: warning: ignoring invalid RUST_LOG \"nonsense=x\": "), "{errors}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_vercel_sends_each_line_with_the_id_of_its_request() {
    for framework in FRAMEWORKS {
        let platform = Vercel::start().unwrap();
        let vars = [("VERCEL_IPC_PATH", &*platform.ipc_path()), ("LOGS", framework), ("RUST_LOG", "debug")];
        let process = start(&vars);
        // Concurrent requests, so that a line could get the id of another one.
        let requests = ["/work", "/work", "/stream", "/panic"].map(|target| complete_request(&platform, target));
        let ids = futures_util::future::join_all(requests).await;
        assert_eq!(log_of_request(&platform, 0)[0], "info: early", "{framework}");
        for id in &ids[..2] {
            let expected = [
                &*format!("warn: at work name={framework:?}"),
                "info: by the other crate",
                "info: elsewhere is_at_home=false",
                "debug: still at work",
            ];
            assert_eq!(log_of_request(&platform, *id), expected, "{framework}");
        }
        let frames = ["info: a frame number=0", "info: a frame number=1"];
        assert_eq!(log_of_request(&platform, ids[2]), frames, "{framework}");
        let panicked = log_of_request(&platform, ids[3]);
        assert!(panicked.len() == 2 && panicked[0].contains("panicked at tests/src/bin/logs.rs:"), "{panicked:?}");
        assert!(panicked[1].contains("the app panicked: asked to panic"), "{panicked:?}");
        assert_eq!(platform.protocol_errors(), [""; 0], "{framework}");
        process.signal("TERM");
        let Exit { status, stderr: errors, .. } = block_in_place(|| process.wait());
        assert!(status.success(), "{status}: {errors}");
    }
}

#[test]
fn on_vercel_writes_lines_to_standard_error_without_a_connection() {
    for (vars, succeeds) in
        [(&[("VERCEL_IPC_PATH", "/nowhere")][..], true), (&[("VERCEL_IPC_PATH", "/nowhere"), ("LOGS", "axum")], false)]
    {
        let Exit { status, stderr: errors, .. } = start(vars).wait();
        let early = errors.lines().filter(|line| *line == "early").count();
        assert_eq!((status.success(), early), (succeeds, 1), "{errors}");
    }
}
