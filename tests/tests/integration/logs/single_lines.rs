//! Log lines that a client cannot forge: each event is one line or one message, even if a value contains newlines.

use lodger_tests::client::{ClientRequest, send};
use serde_json::Value;

use super::{FRAMEWORKS, lodger_lines, on_lambda, on_vercel, start};

/// The value of the app that contains newlines, in lines in which they are escaped.
const ESCAPED: &str = r#"two\nINFO request{request_id="of another"}: logs: forged\r\u{1b}[2K"#;

#[tokio::test]
async fn on_lambda_writes_an_event_as_one_line_of_text() {
    for framework in FRAMEWORKS {
        let (output, _) = on_lambda(&[("LOGS", framework), ("RUST_LOG", "logs=info")], &["/forged"]).await;
        let lines: Vec<_> = output.split_terminator('\n').collect();
        assert_eq!(lines.len(), 2, "{output}");
        for line in &lines {
            assert!(line.trim_start().starts_with("INFO request{request_id=\"8476a536"), "{line:?}");
        }
        // A newline becomes a carriage return, like in AWS's own runtimes.
        assert_eq!(lines[0].matches("two\rINFO request{").count(), 4, "{}", lines[0]);
        assert!(lines[0].contains("backtrace=") && lines[0].contains("\r  "), "{}", lines[0]);
        assert!(lines[1].contains("by the other crate: two\rINFO request{"), "{}", lines[1]);
    }
}

#[tokio::test]
async fn on_lambda_writes_an_event_as_one_object_of_json() {
    let vars = [("LOGS", "axum"), ("RUST_LOG", "logs=info"), ("AWS_LAMBDA_LOG_FORMAT", "JSON")];
    let (output, _) = on_lambda(&vars, &["/forged"]).await;
    let lines: Vec<Value> = output.split_terminator('\n').map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(lines.len(), 2, "{output}");
    let forged = "two\nINFO request{request_id=\"of another\"}: logs: forged\r\u{1b}[2K";
    assert_eq!(lines[0]["message"], format!("message: {forged}"));
    for name in ["text", "debug", "display", "error"] {
        assert_eq!(lines[0]["fields"][name], forged, "{name}");
    }
    for name in ["in_span", "late"] {
        assert_eq!(lines[0]["spans"][1]["fields"][name], forged, "{name}");
    }
    assert!(lines[0]["fields"]["backtrace"].as_str().unwrap().contains('\n'));
    assert_eq!(lines[1]["message"], format!("by the other crate: {forged}"));
}

#[tokio::test]
async fn on_a_server_writes_an_event_as_one_line_if_the_output_is_not_a_terminal() {
    let mut process =
        start(&[("LODGER_ADDR", "127.0.0.1:0"), ("LOGS", "axum"), ("RUST_LOG", "logs=info,lodger=debug")]);
    let begin = process.stdout_until("listening on http://");
    let addr = begin.rsplit("http://").next().unwrap().trim().parse().unwrap();
    send(addr, &ClientRequest::get("/forged")).await;
    process.signal("KILL");
    let output = process.wait().stdout;
    let lines: Vec<_> = output.split_terminator('\n').filter(|line| line.contains("logs:")).collect();
    assert_eq!(lines.len(), 2, "{output}");
    assert!(lines.iter().all(|line| line.contains("INFO request{request_id=1 ") && !line.contains('\r')), "{output:?}");
    assert!(
        lines[0].contains(r#"message: two\nINFO request{request_id="of another"}: logs: forged\r"#),
        "{}",
        lines[0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn on_vercel_sends_an_event_as_one_message_or_writes_it_as_one_line() {
    let (lines, _) = on_vercel(&[("LOGS", "axum"), ("RUST_LOG", "logs=info")], "/forged").await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    let forged = "two\nINFO request{request_id=\"of another\"}: logs: forged\r\u{1b}[2K";
    assert!(lines[0].starts_with(&format!("info: message: {forged} text=")), "{lines:?}");

    let errors = start(&[("VERCEL_IPC_PATH", "/nowhere"), ("EARLY", "1")]).wait().stderr;
    assert_eq!(errors.lines().collect::<Vec<_>>(), ["early", ESCAPED]);
}

#[tokio::test]
async fn on_lambda_writes_a_panic_as_one_event_of_its_request() {
    for framework in FRAMEWORKS {
        for backtrace in ["0", "1"] {
            let vars = [("LOGS", framework), ("RUST_LOG", "logs=info"), ("RUST_BACKTRACE", backtrace)];
            let (output, errors) = on_lambda(&vars, &["/panic/lines"]).await;
            assert_eq!(errors, "", "{framework}");
            let lines: Vec<_> = output.split_terminator('\n').collect();
            assert_eq!(lines.len(), 2, "{output}");
            for line in &lines {
                assert!(line.trim_start().starts_with("ERROR request{request_id=\"8476a536"), "{line:?}");
                assert!(line.contains("asked to panic: two\rINFO request{"), "{line:?}");
            }
            assert!(lines[0].contains("panicked at tests/src/bin/logs.rs:"), "{output}");
            assert_eq!(lines[0].contains("stack backtrace:\r"), backtrace == "1", "{output}");
            assert!(lines[1].contains("responding with 500: the app panicked: "), "{output}");
        }
    }
}

#[tokio::test]
async fn escapes_the_message_of_a_panic_without_a_logger() {
    let vars = [("LOGS", "axum"), ("LOGGER", "none")];
    let (_, errors) = on_lambda(&vars, &["/panic/lines"]).await;
    let lines = lodger_lines(&errors);
    assert!(
        lines.len() == 1 && lines[0].ends_with(&format!("the app panicked: asked to panic: {ESCAPED}")),
        "{errors}"
    );
}
