//! Lambda Web Functions: the program of an app behind the platform of lodger-gateway.

use std::process::{Command, Stdio};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use lodger_gateway::{Function, WebFunction, WebFunctionBody};
use lodger_tests::test_host::run_on_own_thread;
use serde_json::Value;

use super::FRAMEWORKS;

/// Starts the probe with a framework.
fn start(framework: &str) -> (Function, WebFunction) {
    let web_function = WebFunction::new().unwrap().client([192, 0, 2, 1].into()).endpoint_name("prod");
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
    // A port that the program must not listen on.
    command.env("PROBE_FRAMEWORK", framework).env("PORT", "1").stderr(Stdio::piped());
    (Function::spawn_web_function(command, &web_function).unwrap(), web_function)
}

fn get(path: &str) -> Request<Full<Bytes>> {
    Request::get(path).body(Full::default()).unwrap()
}

async fn read(response: Response<WebFunctionBody>) -> Bytes {
    response.into_body().collect().await.unwrap().to_bytes()
}

#[tokio::test]
async fn serves_requests_at_the_address_of_the_platform() {
    for framework in FRAMEWORKS {
        let (function, platform) = start(framework);
        let mut request = get("/a%20b?c=d");
        request.headers_mut().insert("x-forwarded-for", "6.6.6.6".parse().unwrap());
        request.headers_mut().insert("lambda-web-request-id", "forged".parse().unwrap());
        let response = platform.send(request).await.unwrap();
        assert!(response.headers().contains_key("lambda-web-request-id"), "{framework}");
        let seen: Value = serde_json::from_slice(&read(response).await).unwrap();
        assert_eq!(seen["uri"], "/a%20b?c=d", "{framework}");
        let headers = seen["headers"].to_string();
        assert!(!headers.contains("lambda-web-"), "{framework}: {headers}");
        assert!(headers.contains("6.6.6.6, 192.0.2.1"), "{framework}: {headers}");
        // warp's own place for the address has none when Lodger calls the filter in process.
        let expected = if framework == "warp" { Value::Null } else { "192.0.2.1".into() };
        assert_eq!(seen["client"], expected, "{framework}");
        let line = function.wait_for_line("listening on http://").await.unwrap();
        assert!(line.contains(&format!("{} on Lambda Web Functions", platform.address())), "{framework}: {line}");
    }
}

#[tokio::test]
async fn responds_to_a_request_whose_body_the_app_does_not_read() {
    use lodger::{Host::WebFunctions, Lodger};
    use warp::Filter as _;

    async fn rejected() -> (StatusCode, &'static str) {
        (StatusCode::PAYLOAD_TOO_LARGE, "too large")
    }
    async fn rejected_by_actix() -> actix_web::HttpResponse {
        actix_web::HttpResponse::PayloadTooLarge().body("too large")
    }
    let platforms = [(); 3].map(|()| WebFunction::new().unwrap());
    let [axum, warp, actix] = platforms.each_ref().map(WebFunction::address);
    let lodger = |address| Lodger::new().host(WebFunctions).addr(address);
    tokio::spawn(lodger(axum).run(axum::Router::new().fallback(rejected)));
    let filter = warp::any().map(|| warp::reply::with_status("too large", StatusCode::PAYLOAD_TOO_LARGE));
    tokio::spawn(lodger(warp).run(filter));
    let app = || actix_web::App::new().default_service(actix_web::web::to(rejected_by_actix));
    run_on_own_thread(move || lodger(actix).run(app));
    for (framework, platform) in ["axum", "warp", "actix-web"].iter().zip(&platforms) {
        // More than all buffers between the two sides hold.
        let request = Request::post("/").body(Full::from(vec![b'x'; 64 << 20])).unwrap();
        match platform.send(request).await {
            Ok(response) => assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE, "{framework}"),
            Err(error) => panic!("{framework}: {error}"),
        }
    }
}

#[tokio::test]
async fn responds_with_500_if_the_app_panics() {
    for framework in FRAMEWORKS {
        let (_function, platform) = start(framework);
        assert_eq!(platform.send(get("/panic")).await.unwrap().status(), 500, "{framework}");
        assert_eq!(platform.send(get("/status/204")).await.unwrap().status(), 204, "{framework}");
    }
}

#[tokio::test]
async fn returns_from_run_after_sigterm() {
    for framework in FRAMEWORKS {
        let (mut function, platform) = start(framework);
        platform.wait_until_ready().await.unwrap();
        function.wait_for_line("listening on").await.unwrap();
        function.terminate().await.unwrap();
        assert!(function.wait().await.unwrap().success(), "{framework}");
        let output = function.output();
        assert!(output.contains("waiting up to 900ms") && output.contains("probe: ended"), "{framework}: {output}");
    }
}

#[tokio::test]
async fn cuts_off_a_request_before_lambda_kills_the_process() {
    let (mut function, platform) = start("axum");
    let response = platform.send(get("/held/a")).await.unwrap();
    function.terminate().await.unwrap();
    assert!(function.wait().await.unwrap().success());
    assert!(read_error(response).await);
    let output = function.output();
    assert!(output.contains("cut off requests in flight 900ms after the shutdown began"), "{output}");
}

/// Whether the body of the response is incomplete.
async fn read_error(response: Response<WebFunctionBody>) -> bool {
    response.into_body().collect().await.is_err()
}

#[tokio::test]
async fn runs_in_the_process_of_a_test() {
    let platform = WebFunction::new().unwrap();
    let address = platform.address();
    tokio::spawn(lodger::Lodger::new().host(lodger::Host::WebFunctions).addr(address).run(ids()));
    let response = platform.send(get("/")).await.unwrap();
    let id = response.headers()["lambda-web-request-id"].to_str().unwrap().to_owned();
    assert_eq!(read(response).await, format!("{id} default"));
}

/// An app that responds with the ids of its request.
fn ids() -> axum::Router {
    use lodger::web_functions::Context;
    async fn respond(context: Context) -> String {
        format!("{} {}", context.request_id(), context.endpoint_name())
    }
    axum::Router::new().fallback(respond)
}

#[tokio::test]
async fn gives_the_ids_to_handlers_of_actix_and_filters_of_warp() {
    use lodger::{Host::WebFunctions, Lodger, web_functions::Context};
    use warp::Filter as _;

    fn text(context: Option<Context>) -> String {
        context.map(|context| context.request_id().to_owned()).unwrap_or_default()
    }
    async fn respond(context: Option<Context>) -> String {
        text(context)
    }
    let platform = WebFunction::new().unwrap();
    let address = platform.address();
    let filter = lodger::warp::web_functions_context().map(text);
    tokio::spawn(Lodger::new().host(WebFunctions).addr(address).run(filter));
    let actix = WebFunction::new().unwrap();
    let address = actix.address();
    let app = || actix_web::App::new().default_service(actix_web::web::to(respond));
    run_on_own_thread(move || Lodger::new().host(WebFunctions).addr(address).run(app));
    for platform in [platform, actix] {
        let response = platform.send(get("/")).await.unwrap();
        let id = response.headers()["lambda-web-request-id"].to_str().unwrap().to_owned();
        assert_eq!(read(response).await, id);
    }
}
