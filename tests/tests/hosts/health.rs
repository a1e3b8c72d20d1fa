//! The path of health checks, which the server answers without the app.

use lodger_tests::client::ClientRequest;

use super::{FRAMEWORKS, body_of, send_tcp, start};

#[tokio::test]
async fn answers_health_checks_without_the_app() {
    for framework in FRAMEWORKS {
        let vars = [("LODGER_ADDR", "127.0.0.1:0"), ("LODGER_HEALTH_PATH", "/health"), ("PROBE_FRAMEWORK", framework)];
        let mut process = start(&vars);
        let addr = process.listening_addr();
        for request in [ClientRequest::get("/health"), ClientRequest::get("/health?x").method("HEAD")] {
            assert_eq!(body_of(&send_tcp(addr, &request).await), "", "{framework} {}", request.method);
        }
        // The probe responds with the request that it received.
        for request in [ClientRequest::get("/healthy"), ClientRequest::post("/health", "x"), ClientRequest::get("/")] {
            let response = send_tcp(addr, &request).await;
            let seen = format!("\"method\":\"{}\"", request.method);
            assert!(body_of(&response).contains(&seen), "{framework}: {response}");
        }
    }
}

#[tokio::test]
async fn leaves_the_path_to_the_app_by_default() {
    let mut process = start(&[("LODGER_ADDR", "127.0.0.1:0")]);
    let addr = process.listening_addr();
    let response = send_tcp(addr, &ClientRequest::get("/health")).await;
    assert!(body_of(&response).contains("/health"), "{response}");
}
