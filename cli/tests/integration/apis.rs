//! The settings of APIs: CORS, authorizers and routes.

use serde_json::{Value, json};

use crate::{
    support::{Dev, Folder, exchange},
    watch::{MAIN, MANIFEST, command},
};

/// Sends a request with headers to a front, and returns the head of the response in lower case.
fn head(dev: &Dev, front: &str, lines: &str) -> String {
    let request = format!("{lines}host: {front}.localhost:4000\r\nconnection: close\r\n\r\n");
    exchange(dev.address, &request).split("\r\n\r\n").next().unwrap().to_ascii_lowercase()
}

#[test]
fn answers_preflights_with_the_cors_configuration() {
    let folder = Folder::new("cors");
    folder.write("cors.json", r#"{"AllowOrigins": ["https://app.test"], "AllowMethods": ["PUT"], "MaxAge": 60}"#);
    let dev = Dev::function(&["--cors", folder.path().join("cors.json").to_str().unwrap()]);
    let preflight = "OPTIONS / HTTP/1.1\r\norigin: https://app.test\r\naccess-control-request-method: PUT\r\n";
    for (front, status) in [("http-api", 204), ("function-url", 200)] {
        let response = head(&dev, front, preflight);
        assert!(response.starts_with(&format!("http/1.1 {status} ")), "{front}: {response}");
        assert!(response.contains("\r\naccess-control-allow-methods: put"), "{front}: {response}");
        let newest = dev.api("/api/invocations?limit=1")["invocations"][0]["id"].clone();
        assert_eq!(dev.api(&format!("/api/invocations/{newest}"))["event"], Value::Null, "{front}");
        let response = head(&dev, front, "GET / HTTP/1.1\r\norigin: https://app.test\r\n");
        assert!(response.contains("\r\naccess-control-allow-origin: https://app.test"), "{front}: {response}");
    }
    // Behind a load balancer the function answers.
    assert!(head(&dev, "alb", preflight).starts_with("http/1.1 405 "));
}

/// The event of the newest invocation.
fn event(dev: &Dev) -> Value {
    serde_json::from_str(dev.last()["event"]["data"].as_str().unwrap()).unwrap()
}

#[test]
fn adds_the_result_of_an_authorizer_to_events() {
    let folder = Folder::new("authorizer");
    folder.write("user.json", r#"{"claims": {"sub": "ada", "admin": true}, "scopes": ["read"]}"#);
    let dev = Dev::function(&["--authorizer", folder.path().join("user.json").to_str().unwrap()]);
    assert_eq!(dev.get("http-api", "/").0, 200);
    let authorizer = &event(&dev)["requestContext"]["authorizer"];
    assert_eq!(authorizer["jwt"]["claims"], json!({"sub": "ada", "admin": "true"}));
    assert_eq!(dev.get("function-url", "/").0, 200);
    assert_eq!(event(&dev)["requestContext"].get("authorizer"), None);
}

#[test]
fn rejects_requests_without_a_valid_jwt() {
    let folder = Folder::new("jwks");
    folder.write("jwks.json", include_str!("../../src/authorizer/rfc_7515.json"));
    // `{"alg":"ES256","kid":"ec"}`, `{}` and a signature of zeros.
    let token = format!("eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjIn0.e30.{}", "A".repeat(86));
    let dev = Dev::function(&["--jwks", folder.path().join("jwks.json").to_str().unwrap()]);
    for (header, error) in [
        (String::new(), "the request has no `Authorization`"),
        (format!("authorization: Bearer {token}\r\n"), "the JWT is not valid: its signature does not match"),
    ] {
        let response = head(&dev, "http-api", &format!("GET / HTTP/1.1\r\n{header}"));
        assert!(
            response.starts_with("http/1.1 401 ") && response.contains("\r\nwww-authenticate: bearer"),
            "{response}"
        );
        let newest = &dev.api("/api/invocations?limit=1")["invocations"][0];
        assert!(newest["error"].as_str().unwrap().starts_with(error), "{newest}");
    }
    // A load balancer has no authorizer of this kind.
    assert_eq!(dev.get("alb", "/").0, 200);
}

#[test]
fn routes_requests_to_several_functions() {
    let folder = Folder::new("routes");
    let routes =
        "\n[package.metadata.lodger.routes]\n\"/orders/{proxy+}\" = \"orders\"\n\"GET /pets/{id}\" = \"pets\"\n";
    folder.write("Cargo.toml", &MANIFEST.replace("\n[workspace]", &format!("{routes}\n[workspace]")));
    for name in ["orders", "pets", "toys"] {
        folder.write(format!("src/bin/{name}.rs"), &MAIN.replace("TEXT", &format!("{name:?}")));
    }
    let mut command = command(&folder);
    command.args(["--no-watch", "--route", "GET /pets/{id}/toys=toys"]);
    folder.write("cors.json", r#"{"AllowOrigins": ["*"]}"#);
    command.args(["--cors", "cors.json"]);
    let dev = Dev::start(command);
    // The API answers preflights, for which no route has the method.
    let preflight = "OPTIONS /pets/7 HTTP/1.1\r\norigin: https://app.test\r\naccess-control-request-method: GET\r\n";
    assert_eq!(dev.send("http-api", preflight, "").0, 204);
    for front in ["http-api", "rest-api", "alb"] {
        assert_eq!(dev.get(front, "/orders/1/items"), (200, "hello orders".to_owned()), "{front}");
        assert_eq!(dev.get(front, "/pets/7"), (200, "hello pets".to_owned()), "{front}");
        assert_eq!(dev.get(front, "/pets/7/toys"), (200, "hello toys".to_owned()), "{front}");
    }
    assert_eq!(dev.get("rest-api", "/pets/7").0, 200);
    let detail = dev.last();
    let event: Value = serde_json::from_str(detail["event"]["data"].as_str().unwrap()).unwrap();
    assert_eq!((&detail["function"], &event["pathParameters"]), (&json!("pets"), &json!({"id": "7"})));
    assert_eq!((dev.get("http-api", "/cats").0, dev.get("rest-api", "/cats").0), (404, 403));
    // An event goes to the function that the page selects.
    let (_, begun) = dev.post("/api/replay", &json!({"event": {"data": "{}"}, "function": "toys"}));
    assert_eq!(dev.ended(&begun["id"])["function"], "toys");
    assert_eq!(dev.api("/api/state")["functions"].as_array().unwrap().len(), 3);
}
