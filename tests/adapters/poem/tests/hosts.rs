//! The adapter on a server and on Lambda.

#[path = "../../hosts.rs"]
mod hosts;

use lodger::adapter::BoxError;
use lodger_poem as _;
use poem::{
    Route, handler, post,
    web::{Path, RemoteAddr},
};

#[handler]
async fn echo(Path(name): Path<String>, client: &RemoteAddr, body: String) -> String {
    let client = client.as_socket_addr().map(|addr| addr.ip().to_string()).unwrap_or_default();
    format!("{name} from {client}: {body}")
}

fn app() -> Route {
    Route::new().at("/echo/:name", post(echo))
}

#[tokio::test]
async fn runs_as_a_server() -> Result<(), BoxError> {
    hosts::run_as_a_server(app()).await
}

#[tokio::test]
async fn runs_on_lambda_behind_every_front() -> Result<(), BoxError> {
    hosts::run_on_lambda_behind_every_front(app()).await
}
