//! The app on each framework, under the server of the framework or under Lodger: `servers axum own 127.0.0.1:3001`.
//!
//! `benches/local.sh` starts both side by side, and measures requests per second with `wrk`.

use std::{error::Error, net::SocketAddr};

use bench_apps::{actix_web_app::configure, axum_app, warp_app};
use lodger::{Host, Lodger};
use tokio::net::TcpListener;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [framework, server, addr] = arguments.as_slice() else {
        return Err("usage: servers axum|actix-web|warp own|lodger ADDRESS".into());
    };
    let addr: SocketAddr = addr.parse()?;
    let lodger = Lodger::new().host(Host::Server).addr(addr);
    let tokio = || tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match (framework.as_str(), server.as_str()) {
        ("axum", "own") => tokio()?.block_on(async {
            let app = axum_app::app().into_make_service_with_connect_info::<SocketAddr>();
            Ok(axum::serve(TcpListener::bind(addr).await?, app).await?)
        }),
        ("axum", "lodger") => Ok(tokio()?.block_on(lodger.run(axum_app::app()))?),
        ("actix-web", "own") => {
            let app = || actix_web::App::new().configure(configure);
            let run = async { actix_web::HttpServer::new(app).bind(addr)?.run().await };
            Ok(actix_web::rt::System::new().block_on(run)?)
        }
        ("actix-web", "lodger") => {
            let app = || actix_web::App::new().configure(configure);
            Ok(actix_web::rt::System::new().block_on(lodger.run(app))?)
        }
        ("warp", "own") => tokio()?.block_on(async {
            warp::serve(warp_app::app()).run(addr).await;
            Ok(())
        }),
        ("warp", "lodger") => Ok(tokio()?.block_on(lodger.run(warp_app::app()))?),
        _ => {
            Err(format!("unknown benchmark {framework} {server}; expected axum, actix-web or warp, and own or lodger")
                .into())
        }
    }
}
