//! What a process logs, as its host wants it: of an app of axum's, and of one of actix's.
#![cfg(unix)]

use http_body_util::{BodyExt as _, Full};
use lodger_gateway::{Front, RuntimeApi, Vercel, VercelMessage};
use lodger_tests::{
    ask::{Sent, ask},
    logging::Logging,
};
use serde_json::{Value, json};

const FRAMEWORKS: [&str; 2] = ["axum", "actix-web"];

fn start(vars: &[(&str, &str)]) -> Logging {
    Logging::start(env!("CARGO_BIN_EXE_logs"), vars)
}

/// What a function logs that gets these requests one after the other.
async fn on_lambda(framework: &str, vars: &[(&str, &str)], targets: &[&str]) -> String {
    let api = RuntimeApi::start().await.unwrap();
    let address = api.address();
    let vars = [&[("AWS_LAMBDA_RUNTIME_API", &*address), ("LOGS", framework)], vars].concat();
    let process = start(&vars);
    for target in targets {
        api.send(&Front::function_url(), &Sent::get(*target).request()).await;
    }
    process.signal("KILL");
    let (_, output, errors) = process.end();
    assert_eq!(errors.lines().filter(|line| line.starts_with("lodger")).count(), 0, "{errors}");
    output
}

/// The trace that the emulator says each request is in.
fn trace() -> &'static str {
    "Root=1-67d1d1be-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1"
}

/// Lodger's span, without what is different each time.
fn of_request() -> Value {
    json!({ "name": "request", "fields": { "request_id": null, "trace_id": trace(), "front": "function-url" } })
}

/// The lines of JSON, without what is different each time.
async fn as_json(framework: &str, level: &str, target: &str) -> Vec<Value> {
    let vars = [("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("AWS_LAMBDA_LOG_LEVEL", level)];
    let output = on_lambda(framework, &vars, &[target]).await;
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
async fn on_lambda_a_line_is_an_object_where_that_is_asked_for() {
    for framework in FRAMEWORKS {
        let line = |level: &str, message: &str, more: Value| {
            let mut line = json!({
                "timestamp": null, "level": level, "message": message, "requestId": "ID", "target": "logs",
                "spans": [of_request()],
            });
            for (name, value) in more.as_object().unwrap() {
                line[name] = value.clone();
            }
            line
        };
        let lines = as_json(framework, "DEBUG", "/work").await;
        let early = json!({ "timestamp": null, "level": "INFO", "message": "early", "target": "test" });
        let at_work = line("WARN", "at work", json!({ "fields": { "name": framework } }));
        let of_log = line("INFO", "by the other crate", json!({}));
        let elsewhere = line("INFO", "elsewhere", json!({ "fields": { "is_at_home": false } }));
        let still = line("DEBUG", "still at work", json!({}));
        let lines: Vec<_> =
            lines.into_iter().filter(|line| ["logs", "test"].map(Value::from).contains(&line["target"])).collect();
        assert_eq!(lines, [early, at_work.clone(), of_log, elsewhere, still], "{framework}");

        // What is not logged at the level is the span's as well, and yet the line has its request.
        assert_eq!(as_json(framework, "WARN", "/work").await, [at_work], "{framework}");
        let panicked = as_json(framework, "ERROR", "/panic").await;
        assert_eq!(panicked.len(), 2, "{panicked:?}");
        let says = panicked[0]["message"].as_str().unwrap();
        assert!(says.contains("panicked at tests/src/bin/logs.rs:") && says.ends_with(": asked to panic"), "{says}");
        let says = panicked[1]["message"].as_str().unwrap();
        assert!(says.ends_with("responding with 500: the app panicked: asked to panic"), "{says}");
        for line in panicked {
            assert_eq!((&line["requestId"], &line["target"]), (&json!("ID"), &json!("lodger")));
        }
    }
}

#[tokio::test]
async fn on_lambda_whatever_is_in_a_line_it_is_an_object_of_its_request() {
    for framework in FRAMEWORKS {
        let expected = json!({
            "timestamp": null, "level": "INFO", "message": "\"two\nlines\" \u{0}\u{1b}", "requestId": "ID",
            "target": "logs", "fields": { "not_a_number": null },
            "spans": [
                of_request(),
                { "name": "outer", "fields": { "name": "of a field", "number": 2, "late": "two\nlines" } },
                { "name": "request", "fields": { "request_id": "of somebody else", "number": 3 } },
            ],
        });
        let lines = as_json(framework, "INFO", "/nested").await;
        assert_eq!(
            lines.iter().filter(|line| line["target"] == "logs").collect::<Vec<_>>(),
            [&expected],
            "{framework}"
        );
        // What is recorded again replaces what was there.
        let output = on_lambda(framework, &[("AWS_LAMBDA_LOG_FORMAT", "JSON")], &["/nested"]).await;
        assert_eq!(output.matches("\"number\":").count(), 2, "{output}");
    }
}

#[tokio::test]
async fn on_lambda_a_line_is_text_by_default() {
    for framework in FRAMEWORKS {
        let output = on_lambda(framework, &[("RUST_LOG", "warn,test=info")], &["/work", "/work"]).await;
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
                    &*format!(" trace_id={:?} front=\"function-url\"}}: logs: at work name={framework:?}", trace())
                )
            );
        }
        assert!(lines[1] != lines[2]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_server_a_line_is_text() {
    for framework in FRAMEWORKS {
        let mut process = start(&[("LODGER_ADDR", "127.0.0.1:0"), ("LOGS", framework), ("RUST_LOG", "nonsense=x")]);
        // Where it listens is among what it logs.
        let output = process.output_until("listening on http://");
        let addr = output.rsplit("http://").next().unwrap().trim().parse().unwrap();
        ask(addr, &Sent::get("/work")).await;
        process.signal("TERM");
        let (status, rest, errors) = tokio::task::block_in_place(|| process.end());
        assert!(status.success(), "{status}: {errors}");
        let line = rest.lines().find(|line| line.contains("at work")).unwrap();
        assert!(line.contains(&format!("request{{request_id=1 front=\"server\"}}: logs: at work name={framework:?}")));
        assert!(errors.starts_with("lodger: warning: ignoring invalid RUST_LOG \"nonsense=x\": "), "{errors}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_vercel_what_is_logged_is_of_its_request() {
    for framework in ["axum", "actix-web"] {
        let platform = Vercel::start().unwrap();
        let vars = [("VERCEL_IPC_PATH", &*platform.ipc_path()), ("LOGS", framework), ("RUST_LOG", "debug")];
        let process = start(&vars);
        // At once, so that each could take the other's lines for its own.
        let asked = ["/work", "/work", "/stream", "/panic"].map(async |target| {
            let mut request = Sent::get(target).request().map(Full::new);
            let id = platform.add_headers(request.headers_mut());
            let _ = platform.send(request).await.unwrap().into_body().collect().await;
            platform.wait_for_end(id).await;
            id
        });
        let ids = futures_util::future::join_all(asked).await;
        let of = |id: u64| {
            let messages = platform.messages().into_iter();
            let lines = messages.filter_map(|message| match message {
                VercelMessage::Log { request_id, level, message, .. } if request_id == id => {
                    Some(format!("{level}: {message}"))
                }
                _ => None,
            });
            lines.collect::<Vec<_>>()
        };
        assert_eq!(of(0)[0], "info: early", "{framework}");
        for id in &ids[..2] {
            let expected = [
                &*format!("warn: at work name={framework:?}"),
                "info: by the other crate",
                "info: elsewhere is_at_home=false",
                "debug: still at work",
            ];
            assert_eq!(of(*id), expected, "{framework}");
        }
        assert_eq!(of(ids[2]), ["info: a frame number=0", "info: a frame number=1"], "{framework}");
        let panicked = of(ids[3]);
        assert!(panicked.len() == 2 && panicked[0].contains("panicked at tests/src/bin/logs.rs:"), "{panicked:?}");
        assert!(panicked[1].contains("the app panicked: asked to panic"), "{panicked:?}");
        assert_eq!(platform.protocol_errors(), [""; 0], "{framework}");
        process.signal("TERM");
        let (status, _, said) = tokio::task::block_in_place(|| process.end());
        assert!(status.success(), "{status}: {said}");
    }
}

#[test]
fn on_vercel_what_cannot_be_sent_is_on_standard_error() {
    for (vars, ends_well) in
        [(&[("VERCEL_IPC_PATH", "/nowhere")][..], true), (&[("VERCEL_IPC_PATH", "/nowhere"), ("LOGS", "axum")], false)]
    {
        let (status, _, said) = start(vars).end();
        assert_eq!((status.success(), said.lines().filter(|line| *line == "early").count()), (ends_well, 1), "{said}");
    }
}
