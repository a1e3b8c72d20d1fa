//! A hello app in each framework, under the server of the framework or under Lodger: `lodger-benches axum own 127.0.0.1:3001`.
//!
//! `benches/local.sh` starts both side by side, and measures requests per second with `wrk`.

use std::{error::Error, net::SocketAddr};

use actix_web::web;
use axum::{Router, routing::get};
use lodger::{Host, Lodger};
use tokio::net::TcpListener;
use warp::{Filter, Rejection};

fn axum_app() -> Router {
    Router::new().route("/hello", get(async || "Hello, world!"))
}

fn warp_app() -> impl Filter<Extract = (&'static str,), Error = Rejection> + Clone {
    warp::path!("hello").and(warp::get()).map(|| "Hello, world!")
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [framework, server, addr] = arguments.as_slice() else {
        return Err("usage: lodger-benches axum|actix-web|warp own|lodger ADDRESS".into());
    };
    let addr: SocketAddr = addr.parse()?;
    let lodger = Lodger::new().host(Host::Server).addr(addr);
    let tokio = || tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match (framework.as_str(), server.as_str()) {
        ("axum", "own") => tokio()?.block_on(async {
            let app = axum_app().into_make_service_with_connect_info::<SocketAddr>();
            Ok(axum::serve(TcpListener::bind(addr).await?, app).await?)
        }),
        ("axum", "lodger") => Ok(tokio()?.block_on(lodger.run(axum_app()))?),
        ("actix-web", "own") => {
            let app = || actix_web::App::new().route("/hello", web::get().to(async || "Hello, world!"));
            let run = async { actix_web::HttpServer::new(app).bind(addr)?.run().await };
            Ok(actix_web::rt::System::new().block_on(run)?)
        }
        ("actix-web", "lodger") => {
            let app = || actix_web::App::new().route("/hello", web::get().to(async || "Hello, world!"));
            Ok(actix_web::rt::System::new().block_on(lodger.run(app))?)
        }
        ("warp", "own") => tokio()?.block_on(async {
            warp::serve(warp_app()).run(addr).await;
            Ok(())
        }),
        ("warp", "lodger") => Ok(tokio()?.block_on(lodger.run(warp_app()))?),
        _ => {
            Err(format!("unknown benchmark {framework} {server}; expected axum, actix-web or warp, and own or lodger")
                .into())
        }
    }
}
