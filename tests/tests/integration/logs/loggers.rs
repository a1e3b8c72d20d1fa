//! Lodger's lines with each logger of the app: filters, levels, `env_logger`, a panic hook.

use super::{FRAMEWORKS, lodger_lines, on_lambda, on_server, on_vercel};

#[tokio::test]
async fn writes_lines_that_a_filter_drops_to_standard_error() {
    for logger in ["filter", "filters", "filtered layer"] {
        for framework in FRAMEWORKS {
            let vars = [("LOGGER", logger), ("LOGS", framework), ("LODGER_ADR", "misspelled")];
            let (output, errors) = on_lambda(&vars, &["/work", "/panic"]).await;
            let lines = lodger_lines(&errors);
            assert_eq!(lines.len(), 2, "{logger}: {errors}");
            assert!(lines[0].starts_with("lodger: warning: unknown variable LODGER_ADR; "), "{errors}");
            assert!(lines[1].starts_with("lodger: error: request "), "{errors}");
            assert!(lines[1].ends_with("the app panicked: asked to panic"), "{errors}");
            assert!(output.contains("at work") && !output.contains("panicked"), "{output}");

            let (_, errors) = on_server(&vars, &["/work"]).await;
            let lines = lodger_lines(&errors);
            assert!(lines.len() == 2 && lines[1].starts_with("lodger: listening on http://127.0.0.1:"), "{errors}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_vercel_sends_lines_that_a_filter_drops_with_their_request() {
    let (lines, _) = on_vercel(&[("LOGGER", "filter"), ("LOGS", "axum")], "/panic").await;
    assert!(lines.len() == 1 && lines[0].starts_with("error: request "), "{lines:?}");
    assert!(lines[0].ends_with("the app panicked: asked to panic"), "{lines:?}");
}

#[tokio::test]
async fn drops_lines_below_the_level_of_lodgers_logger() {
    let vars = [("LOGS", "axum"), ("LODGER_ADR", "misspelled")];
    for level in [("RUST_LOG", "lodger=off"), ("RUST_LOG", "off"), ("AWS_LAMBDA_LOG_LEVEL", "ERROR")] {
        let (output, errors) = on_lambda(&[&vars[..], &[level]].concat(), &["/panic"]).await;
        let is_logged = level.1 == "ERROR";
        assert_eq!(lodger_lines(&errors), [""; 0], "{level:?}");
        assert_eq!(output.contains("responding with 500: the app panicked"), is_logged, "{level:?}: {output}");
        assert!(!output.contains("LODGER_ADR"), "{output}");
        // The standard library reports a panic that is not logged.
        assert_eq!(errors.contains("asked to panic"), !is_logged, "{level:?}: {errors}");
    }
}

#[tokio::test]
async fn keeps_the_panic_hook_of_the_app() {
    let (output, errors) = on_lambda(&[("LOGS", "axum"), ("LOGGER", "own hook")], &["/panic"]).await;
    assert_eq!(errors, "the app's own hook\n");
    assert_eq!(output.matches("asked to panic").count(), 1, "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_no_span_without_a_subscriber() {
    // actix-web, warp and tower enable the feature `log` of `tracing`, which logs spans through the crate `log`.
    let levels = "info,lodger=trace,tracing::span=trace";
    for framework in ["axum", "actix-web", "warp"] {
        let vars = [("LOGS", framework), ("LOGGER", "env_logger"), ("RUST_LOG", levels)];
        for (host, errors) in [
            ("lambda", on_lambda(&vars, &["/work", "/work"]).await.1),
            ("server", on_server(&vars, &["/work", "/work"]).await.1),
            ("vercel", on_vercel(&vars, "/work").await.1),
        ] {
            assert!(errors.contains("by the other crate"), "{framework} on {host}: {errors}");
            assert!(!errors.contains("request"), "{framework} on {host}: {errors}");
        }
    }
}
