//! Requests as the app receives them: the platform's headers, the client's address, the path prefix, and limits.

use std::{net::SocketAddr, time::Duration};

use lodger_gateway::VercelMessage;
use lodger_tests::{
    client::{ClientRequest, send},
    wait::wait_until,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};

use super::{default_settings, end_counts, messages_without_log, start_apps};

#[tokio::test]
async fn turns_the_internal_headers_into_extensions() {
    for (framework, mut function) in start_apps(default_settings).await {
        let request = ClientRequest::get("//a%20b/../c?x=%20&y")
            .header("x-own", "1")
            .header("x-vercel-internal-other", "secret")
            .header("x-vercel-sc-host", "cache.example");
        function.platform = function.platform.client([198, 51, 100, 4].into());
        let (id, response) = function.fetch(&request).await;
        let report: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(
            report,
            json!({
                "uri": "//a%20b/../c?x=%20&y",
                "headers": [
                    ["host", "example.com"],
                    ["x-forwarded-for", "198.51.100.4"],
                    ["x-forwarded-host", "example.com"],
                    ["x-forwarded-proto", "https"],
                    ["x-own", "1"],
                    ["x-real-ip", "198.51.100.4"],
                    ["x-vercel-forwarded-for", "198.51.100.4"],
                    ["x-vercel-id", "iad1::iad1::abcde-1700000000000-0123456789ab"],
                    ["x-vercel-oidc-token", "token"],
                    ["x-vercel-sc-host", "cache.example"],
                ],
                "client": "198.51.100.4:0",
                "context": format!(
                    "Context {{ invocation_id: \"invocation-{id}\", request_id: {id}, span_id: Some(\"53995c3f42cd8ad8\"), \
                     trace_id: Some(\"0123456789abcdef0123456789abcdef\") }}"
                ),
                "prefix": null,
            }),
            "{framework}"
        );
        assert_eq!(end_counts(&function, &[id]).await, [1], "{framework}");
        assert_eq!(function.platform.protocol_errors(), [""; 0], "{framework}");
    }
}

/// Returns the app's report of a request without headers of the platform, except for these.
async fn report_with_headers(addr: SocketAddr, headers: &[(&str, &[u8])]) -> Value {
    let request = headers.iter().fold(ClientRequest::get("/x"), |request, (name, value)| request.header(*name, *value));
    serde_json::from_slice(send(addr, &request).await.body()).unwrap()
}

#[tokio::test]
async fn accepts_a_request_without_a_valid_request_id() {
    for (framework, function) in start_apps(default_settings).await {
        let addr = function.platform.address().await.unwrap();
        let report = report_with_headers(addr, &[]).await;
        assert_eq!((&report["client"], &report["context"]), (&json!("0.0.0.0:0"), &Value::Null), "{framework}");

        let (invocation, number) = ("X-Vercel-Internal-Invocation-Id", "X-Vercel-Internal-Request-Id");
        for invalid in [&b"x"[..], b"", b"-1", b"99999999999999999999999", b"\xff\xfe"] {
            let headers = [(invocation, &b"a\"b\\"[..]), (invocation, b"c"), (number, invalid)];
            let report = report_with_headers(addr, &headers).await;
            let context = report["context"].as_str().unwrap();
            assert!(context.contains(r#"invocation_id: "a\"b\\", request_id: 0"#), "{framework}: {context}");
            assert!(!report["headers"].to_string().contains("internal"), "{framework}: {report}");
        }
        // The end is reported for the requests with an invocation id, and not for the first one.
        let end = VercelMessage::End { invocation_id: "a\"b\\".into(), request_id: 0 };
        wait_until(&format!("{framework} has reported 5 ends"), || messages_without_log(&function).len() > 5).await;
        sleep(Duration::from_millis(100)).await;
        assert_eq!(messages_without_log(&function)[1..], vec![end; 5], "{framework}");
    }
}

#[tokio::test]
async fn takes_the_client_address_from_headers_of_the_platform_only() {
    for (framework, function) in start_apps(default_settings).await {
        let addr = function.platform.address().await.unwrap();
        let invalid = [("x-vercel-forwarded-for", &b"nobody"[..]), ("x-real-ip", b"1.2.3.4")];
        assert_eq!(report_with_headers(addr, &invalid).await["client"], "0.0.0.0:0", "{framework}");
        let forged = [("x-forwarded-for", &b"6.6.6.6"[..]), ("x-real-ip", b"2001:db8::1")];
        assert_eq!(report_with_headers(addr, &forged).await["client"], "[2001:db8::1]:0", "{framework}");
    }
}

#[tokio::test]
async fn renames_the_internal_token_unless_there_is_a_public_one() {
    for (framework, function) in start_apps(default_settings).await {
        let addr = function.platform.address().await.unwrap();
        let tokens = async |headers: &[(&str, &[u8])]| {
            let report = report_with_headers(addr, headers).await;
            let headers = report["headers"].as_array().unwrap().iter();
            let tokens = headers.filter(|header| header[0] == "x-vercel-oidc-token").map(|header| header[1].clone());
            tokens.collect::<Vec<_>>()
        };
        let internal = ("x-vercel-internal-oidc-token", &b"internal"[..]);
        assert_eq!(tokens(&[internal]).await, ["internal"], "{framework}");
        assert_eq!(tokens(&[internal, ("x-vercel-oidc-token", b"public")]).await, ["public"], "{framework}");
    }
}

#[tokio::test]
async fn removes_the_headers_marked_by_no_header_leak() {
    for (framework, function) in start_apps(default_settings).await {
        let addr = function.platform.address().await.unwrap();
        let sent: [(&str, &[u8]); 4] = [
            ("x-vercel-sc-no-header-leak", b"1"),
            ("x-vercel-sc-headers", b"{}"),
            ("x-vercel-sc-protocol", b"https"),
            ("x-vercel-sc-other", b"stays"),
        ];
        let headers = report_with_headers(addr, &sent).await["headers"].to_string();
        assert!(!headers.contains("x-vercel-sc-h") && !headers.contains("x-vercel-sc-p"), "{framework}: {headers}");
        assert!(!headers.contains("no-header-leak") && headers.contains("x-vercel-sc-other"), "{framework}: {headers}");
    }
}

/// The platform accepts 32 KB of headers and a path of 14 KB.
#[tokio::test]
async fn responds_to_the_largest_heads_that_the_platform_accepts() {
    let target = format!("/{}", "p".repeat(14 << 10));
    let long = ClientRequest::get(target).header("x-long", "v".repeat(30 << 10));
    let many = (0..400)
        .fold(ClientRequest::get("/"), |request, number| request.header(format!("x-{number:03}"), "v".repeat(60)));
    for (framework, function) in start_apps(default_settings).await {
        for (name, request) in [("long", &long), ("many", &many)] {
            // actix-web accepts 96 headers, which is documented and not configurable.
            if (framework, name) != ("actix-web", "many") {
                let (id, response) = function.fetch(request).await;
                let ends = end_counts(&function, &[id]).await;
                assert_eq!((response.status().as_u16(), ends), (200, vec![1]), "{framework}: {name}");
            }
        }
    }
}

#[tokio::test]
async fn ignores_the_header_timeout() {
    for (framework, function) in start_apps(|lodger| lodger.header_timeout(Duration::from_millis(50))).await {
        let addr = function.platform.address().await.unwrap();
        let mut socket = TcpStream::connect(addr).await.unwrap();
        // The platform may freeze the process at any time, even within a head.
        for part in ["", "GET / HTTP/1.1\r\nhost: h\r\n", "connection: close\r\n\r\n"] {
            sleep(Duration::from_millis(400)).await;
            socket.write_all(part.as_bytes()).await.unwrap();
        }
        let mut response = String::new();
        socket.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 200 OK"), "{framework}: {response:?}");
    }
}

#[tokio::test]
async fn removes_the_base_path_and_rejects_the_events_path() {
    for (framework, function) in start_apps(|lodger| lodger.base_path("/api").events_path("/events")).await {
        let (_, response) = function.fetch(&ClientRequest::get("/api//x?y")).await;
        let report: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!((&report["uri"], &report["prefix"]), (&json!("//x?y"), &json!("/api")), "{framework}");
        // The app does not receive this request. Its end is reported all the same.
        let (id, response) = function.fetch(&ClientRequest::get("/api/%65vents")).await;
        let ends = end_counts(&function, &[id]).await;
        assert_eq!((response.status().as_u16(), ends), (404, vec![1]), "{framework}");
    }
}

#[tokio::test]
async fn responds_to_the_platforms_health_check_without_the_app() {
    for (framework, function) in start_apps(|lodger| lodger.base_path("/api")).await {
        let addr = function.platform.address().await.unwrap();
        assert!(addr.ip().is_loopback());
        let (_, with_id) = function.fetch(&ClientRequest::get("/_vercel/ping")).await;
        for response in [with_id, send(addr, &ClientRequest::get("/_vercel/ping?x")).await] {
            assert_eq!((response.status().as_u16(), &response.body()[..]), (200, &b"OK"[..]), "{framework}");
        }
        // No end is reported.
        sleep(Duration::from_millis(50)).await;
        let messages = messages_without_log(&function);
        assert!(matches!(messages[..], [VercelMessage::ServerStarted { .. }]), "{framework}: {messages:?}");
        assert_eq!(send(addr, &ClientRequest::get("/_vercel/pings")).await.status(), 200, "{framework}");
    }
}
