//! Azure Functions: the program of an app, and the requests that the Functions host writes.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use lodger_gateway::Function;
use lodger_tests::client::{ClientRequest, send};
use serde_json::{Value, json};

use super::FRAMEWORKS;

/// A function app in a temporary folder, which the drop removes: HTTP, HTTP with a queue as a second output, and a queue.
pub(crate) struct FunctionApp(PathBuf);

impl FunctionApp {
    pub(crate) fn new(forwards: bool, route_prefix: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("lodger-azure-{}-{}", std::process::id(), MADE.fetch_add(1, Relaxed));
        let root = std::env::temp_dir().join(name);
        let host = json!({
            "version": "2.0",
            "extensions": {"http": {"routePrefix": route_prefix}},
            "customHandler": {"description": {"defaultExecutablePath": "app"}, "enableProxyingHttpRequest": forwards},
        });
        let request = json!({"type": "httpTrigger", "direction": "in", "name": "req", "route": "{*path}"});
        let response = json!({"type": "http", "direction": "out", "name": "res"});
        let queue = json!({"type": "queue", "direction": "out", "name": "message", "queueName": "q"});
        let trigger = json!({"type": "queueTrigger", "direction": "in", "name": "item", "queueName": "q"});
        for (folder, bindings) in [
            ("web", json!([request, response])),
            ("both", json!([request, response, queue])),
            ("orders", json!([trigger])),
        ] {
            fs::create_dir_all(root.join(folder)).unwrap();
            fs::write(root.join(folder).join("function.json"), json!({"bindings": bindings}).to_string()).unwrap();
        }
        fs::write(root.join("host.json"), host.to_string()).unwrap();
        Self(root)
    }

    /// The value of `AzureWebJobsScriptRoot`.
    pub(crate) fn root(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// Starts the probe with a framework.
    fn start(&self, framework: &str) -> Function {
        self.start_with_events(framework, "/events")
    }

    fn start_with_events(&self, framework: &str, path: &str) -> Function {
        let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
        command.env("PROBE_FRAMEWORK", framework).env("PORT", "1").env("FUNCTIONS_CUSTOMHANDLER_PORT", "0");
        command.env("AzureWebJobsScriptRoot", self.root()).env("LODGER_BASE_PATH", "/api");
        command.env("LODGER_EVENTS_PATH", path).stderr(Stdio::piped());
        Function::spawn_server(command).unwrap()
    }
}

impl Drop for FunctionApp {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A request as the Functions host sends it.
fn of_host(request: ClientRequest) -> ClientRequest {
    request
        .header("X-Azure-Functions-HostVersion", "4.1040.300.3")
        .header("X-Azure-Functions-InvocationId", "6e4a2b1c-0000-4000-8000-000000000000")
        .header("User-Agent", "Azure-Functions-Host/4.1040.300.3")
}

fn message(function: &str, data: &Value) -> ClientRequest {
    let message =
        json!({"Data": data, "Metadata": {"sys": {"MethodName": function, "UtcNow": "2026-11-29T18:00:00Z"}}});
    let request = ClientRequest::post(format!("/{function}"), message.to_string());
    of_host(request.header("Content-Type", "application/json; charset=utf-8"))
}

#[tokio::test]
async fn serves_forwarded_requests_with_the_base_path_removed() {
    let app = FunctionApp::new(true, "api");
    for framework in FRAMEWORKS {
        let function = app.start(framework);
        let addr = function.address().await.unwrap();
        assert!(addr.ip().is_loopback(), "{framework}: {addr}");
        let request = ClientRequest::get("/api/a%20b?c=d").header("X-Forwarded-For", "6.6.6.6:1, 192.0.2.1:2");
        let seen: Value = serde_json::from_slice(send(addr, &of_host(request)).await.body()).unwrap();
        assert_eq!(seen["uri"], "/a%20b?c=d", "{framework}");
        assert!(!seen["headers"].to_string().to_lowercase().contains("x-azure-functions"), "{framework}: {seen}");
        // The route for events is not for clients.
        let events = of_host(ClientRequest::post("/api/events", "{}"));
        assert_eq!(send(addr, &events).await.status(), 404, "{framework}");
    }
}

#[tokio::test]
async fn serves_messages_about_http() {
    for (forwards, name) in [(true, "both"), (false, "web")] {
        let app = FunctionApp::new(forwards, "api");
        for framework in FRAMEWORKS {
            let function = app.start(framework);
            let addr = function.address().await.unwrap();
            let request = json!({
                "Url": "https://my.azurewebsites.net/api/a%20b?c=d", "Method": "POST", "Query": "{\"c\":\"d\"}",
                "Headers": {"Host": ["my.azurewebsites.net"], "X-Twice": ["1", "2"]}, "Params": {}, "Body": "\u{e9}",
            });
            let response = send(addr, &message(name, &json!({"req": request}))).await;
            assert_eq!(response.status(), 200, "{framework}");
            let reply: Value = serde_json::from_slice(response.body()).unwrap();
            let output = &reply["Outputs"]["res"];
            assert_eq!((&output["statusCode"], &reply["ReturnValue"]), (&json!(200), &Value::Null), "{framework}");
            let seen: Value = serde_json::from_str(output["body"].as_str().unwrap()).unwrap();
            let expected = (&json!("POST"), &json!("/a%20b?c=d"), &json!("\u{c3}\u{a9}"));
            assert_eq!((&seen["method"], &seen["uri"], &seen["body"]), expected, "{framework}");
            let garbage = of_host(ClientRequest::post(format!("/{name}"), "{\"Data\":"));
            let garbage = garbage.header("Content-Type", "application/json; charset=utf-8");
            assert_eq!(send(addr, &garbage).await.status(), 400, "{framework}");
        }
    }
}

#[tokio::test]
async fn sends_messages_about_events_to_the_route_for_events() {
    let app = FunctionApp::new(true, "api");
    let data = json!({"item": "{\"order\":1}"});
    for framework in FRAMEWORKS {
        let function = app.start(framework);
        let response = send(function.address().await.unwrap(), &message("orders", &data)).await;
        assert_eq!(response.status(), 200, "{framework}");
        let reply: Value = serde_json::from_slice(response.body()).unwrap();
        let seen = &reply["ReturnValue"];
        assert_eq!((&seen["method"], &seen["uri"]), (&json!("POST"), &json!("/events")), "{framework}: {reply}");
        let received: Value = serde_json::from_str(seen["body"].as_str().unwrap()).unwrap();
        assert_eq!((&received["Data"], &received["Metadata"]["sys"]["MethodName"]), (&data, &json!("orders")));

        // The request of a client, whose path `/api/..%5Corders` .NET has shortened.
        let forged = message("orders", &data).header("X-Forwarded-For", "192.0.2.1:4000");
        assert_eq!(send(function.address().await.unwrap(), &forged).await.status(), 404, "{framework}");

        // The Functions host retries after a failure.
        let function = app.start_with_events(framework, "/status/503");
        let response = send(function.address().await.unwrap(), &message("orders", &data)).await;
        assert_eq!(response.status(), 500, "{framework}");
    }
}

#[tokio::test]
async fn refuses_to_start_if_a_client_could_send_a_message() {
    let app = FunctionApp::new(true, "");
    let mut function = app.start("axum");
    assert!(!function.wait().await.unwrap().success());
    let output = function.output();
    assert!(output.contains("cannot distinguish the events of the function"), "{output}");
}

#[tokio::test]
async fn returns_from_run_after_sigterm() {
    let app = FunctionApp::new(true, "api");
    for framework in FRAMEWORKS {
        let mut function = app.start(framework);
        function.address().await.unwrap();
        function.terminate().await.unwrap();
        assert!(function.wait().await.unwrap().success(), "{framework}");
        assert!(function.output().contains("probe: ended"), "{framework}");
    }
}
