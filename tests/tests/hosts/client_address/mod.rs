//! The address of the client behind proxies, in every framework.
//!
//! `core/src/request/proxies/tests.rs` has a test for each platform.

// Elsewhere 127.0.0.3 is not an address of the machine.
#[cfg(target_os = "linux")]
mod nginx;

use std::{convert::Infallible, net::SocketAddr};

use lodger::{ClientAddr, Error, Lodger};
use lodger_tests::{
    client::{ClientRequest, send},
    program::Program,
    test_host::TestHost,
};

/// The app in axum, which shows the address in each place of the framework.
fn axum_app() -> axum::Router {
    use axum::extract::ConnectInfo;
    let show =
        async |ConnectInfo(peer): ConnectInfo<SocketAddr>, ClientAddr(client): ClientAddr| format!("{peer} {client}");
    axum::Router::new().fallback(show)
}

/// The app in axum 0.7.
fn axum_07_app() -> axum_07::Router {
    use axum_07::extract::ConnectInfo;
    let show = |ConnectInfo(peer): ConnectInfo<SocketAddr>, ClientAddr(client): ClientAddr| async move {
        format!("{peer} {client}")
    };
    axum_07::Router::new().fallback(show)
}

/// The app in actix-web.
async fn actix_web_handler(request: actix_web::HttpRequest, ClientAddr(client): ClientAddr) -> String {
    let peer = request.peer_addr().unwrap();
    assert_eq!(request.connection_info().peer_addr(), Some(peer.ip().to_string().as_str()));
    format!("{peer} {client}")
}

/// The app in hyper. Its only place is the extension, like in tower.
async fn hyper_app(request: lodger::Request) -> Result<http::Response<lodger::Body>, Infallible> {
    let ClientAddr(client) = request.extensions().get().unwrap();
    Ok(http::Response::new(format!("{client} {client}").into()))
}

/// The app in warp. `None` of `warp::addr::remote()` counts as the address of the client.
fn warp_app() -> impl warp::Filter<Extract = (String,), Error = Infallible> + Clone {
    use warp::Filter;
    lodger::warp::client_addr().and(warp::addr::remote()).map(|client: Option<ClientAddr>, peer: Option<SocketAddr>| {
        let ClientAddr(client) = client.unwrap();
        format!("{} {client}", peer.unwrap_or(client))
    })
}

/// The headers of a request, and the address of the client that the app has to see.
struct Case {
    proxies: &'static str,
    headers: &'static [(&'static str, &'static str)],
    /// `None` means the peer.
    client: Option<&'static str>,
}

/// A list that a client began, and a proxy continued.
const LIST: (&str, &str) = ("X-Forwarded-For", "6.6.6.6, 203.0.113.9");

/// The address of a client whose address is not in the headers.
const UNKNOWN: &str = "0.0.0.0:0";

const CASES: &[Case] = &[
    // Without the setting, the client cannot choose its address.
    Case { proxies: "0", headers: &[LIST, ("Fly-Client-IP", "6.6.6.6"), ("X-Real-IP", "6.6.6.6")], client: None },
    Case { proxies: "1", headers: &[LIST], client: Some("203.0.113.9:0") },
    Case { proxies: "2", headers: &[LIST, ("X-Forwarded-For", "[2001:db8::1]:80")], client: Some("203.0.113.9:0") },
    Case { proxies: "1", headers: &[LIST, ("X-Forwarded-For", "[2001:db8::1]:80")], client: Some("[2001:db8::1]:80") },
    Case { proxies: "127.0.0.0/8", headers: &[LIST], client: Some("203.0.113.9:0") },
    Case { proxies: "10.0.0.0/8", headers: &[LIST], client: None },
    Case { proxies: "alb", headers: &[("X-Forwarded-For", "6.6.6.6, unknown")], client: Some(UNKNOWN) },
    Case { proxies: "heroku", headers: &[LIST, ("X-Forwarded-For", "6.6.6.6")], client: Some(UNKNOWN) },
    Case { proxies: "fly", headers: &[LIST, ("Fly-Client-IP", "203.0.113.9")], client: Some("203.0.113.9:0") },
    Case {
        proxies: "fly",
        headers: &[("Fly-Client-IP", "6.6.6.6"), ("Fly-Client-IP", "203.0.113.9")],
        client: Some(UNKNOWN),
    },
];

/// Runs an app for each case, and checks the address in its response.
async fn assert_clients<F>(run: impl Fn(Lodger) -> F + Clone + Send + 'static)
where
    F: Future<Output = Result<(), Error>>,
{
    for Case { proxies, headers, client } in CASES {
        let run = run.clone();
        let server = TestHost::server()
            .on_own_thread()
            .start(move |lodger| {
                // Without the method at all, as most users have it.
                run(if *proxies == "0" { lodger } else { lodger.proxies(proxies.parse().unwrap()) })
            })
            .await;
        let request =
            headers.iter().fold(ClientRequest::get("/"), |request, (name, value)| request.header(*name, *value));
        let response = send(server.addr(), &request).await;
        let text = String::from_utf8(response.body().to_vec()).unwrap();
        let (place, extension) = text.split_once(' ').expect(&text);
        assert_eq!(place, extension, "{proxies} {headers:?}");
        match client {
            Some(client) => assert_eq!(place, *client, "{proxies} {headers:?}"),
            None => {
                assert!(place.starts_with("127.0.0.1:") && place != "127.0.0.1:0", "{place}, {proxies} {headers:?}")
            }
        }
    }
}

#[tokio::test]
async fn axum_has_the_client_in_connect_info() {
    assert_clients(|lodger| lodger.run(axum_app())).await;
}

#[tokio::test]
async fn axum_07_has_the_client_in_connect_info() {
    assert_clients(|lodger| lodger.run(axum_07_app())).await;
}

#[tokio::test]
async fn actix_web_has_the_client_in_peer_addr() {
    let app = || actix_web::App::new().default_service(actix_web::web::to(actix_web_handler));
    assert_clients(move |lodger| lodger.run(app)).await;
}

#[tokio::test]
async fn warp_has_the_client_in_client_addr() {
    assert_clients(|lodger| lodger.run(warp_app())).await;
}

#[tokio::test]
async fn tower_has_the_client_in_the_extension() {
    assert_clients(|lodger| lodger.run(tower::service_fn(hyper_app))).await;
}

#[tokio::test]
async fn hyper_has_the_client_in_the_extension() {
    assert_clients(|lodger| lodger.run(hyper::service::service_fn(hyper_app))).await;
}

/// Starts the example for axum on a platform. Returns the first line of its log.
fn first_line(vars: &[(&str, &str)]) -> String {
    let vars = [&[("LODGER_ADDR", "127.0.0.1:0")], vars].concat();
    Program::start(env!("CARGO_BIN_EXE_example_axum"), &vars).read_line()
}

#[test]
fn the_first_line_suggests_the_setting_of_the_platform() {
    let (fly, hint) = (("FLY_APP_NAME", "app"), "; set LODGER_PROXIES=fly to receive the addresses of clients\n");
    assert!(first_line(&[fly]).ends_with(hint));
    for proxies in ["fly", "2", "0", "10.0.0.0/8"] {
        assert!(first_line(&[fly, ("LODGER_PROXIES", proxies)]).ends_with(" on Fly.io\n"));
    }
    assert!(!first_line(&[]).contains("LODGER_PROXIES"));
}

#[test]
fn a_process_does_not_start_with_an_invalid_value() {
    let line = first_line(&[("LODGER_PROXIES", "nginx")]);
    assert!(
        line.contains("invalid LODGER_PROXIES \"nginx\": expected a number of proxies from 0 to 32, networks"),
        "{line}"
    );
}
