//! The adapter on a server and on Lambda.

#[path = "../../hosts.rs"]
mod hosts;

use lodger::adapter::BoxError;
use lodger_salvo as _;
use salvo::{Request, Router, handler};

#[handler]
async fn echo(request: &mut Request) -> String {
    let name = request.param::<String>("name").unwrap();
    let client = request.remote_addr().clone().into_std().unwrap().ip();
    let body = String::from_utf8(request.payload().await.unwrap().to_vec()).unwrap();
    format!("{name} from {client}: {body}")
}

fn app() -> Router {
    Router::with_path("echo/{name}").post(echo)
}

#[tokio::test]
async fn runs_as_a_server() -> Result<(), BoxError> {
    hosts::run_as_a_server(app()).await
}

#[tokio::test]
async fn runs_on_lambda_behind_every_front() -> Result<(), BoxError> {
    hosts::run_on_lambda_behind_every_front(app()).await
}
