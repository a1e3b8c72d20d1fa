//! A front and a Runtime API on the command line: an unmodified function behind a port that a browser can talk to.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to its user")]

mod arguments;
mod function;

use std::{io, net::SocketAddr, process::ExitCode, sync::Arc};

use lodger_gateway::{RuntimeApi, Server};

use self::{
    arguments::{Arguments, Asked, Played},
    function::{hint, interrupted, spawn, wait},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match Arguments::read(std::env::args().skip(1)) {
        Ok(Asked::ToRun(arguments)) => arguments,
        Ok(Asked::ToTell(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("lodger-gateway: {error}\nlodger-gateway --help says what there is");
            return ExitCode::from(2);
        }
    };
    match run(arguments).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("lodger-gateway: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> io::Result<ExitCode> {
    let Arguments { played, listen, runtime_api, command } = arguments;
    let api = RuntimeApi::start_on(&runtime_api).await.map_err(|error| of("--runtime-api", &runtime_api, error))?;
    let api = Arc::new(api);
    let server = serve(&played, &listen, &api).await.map_err(|error| of("--listen", &listen, error))?;
    let function = command.split_first().map(|(program, args)| spawn(program, args, &api)).transpose()?;
    announce(&played, server.address());
    let ended = if let Some(function) = function {
        tokio::spawn(hint(Arc::clone(&api)));
        wait(function).await?
    } else {
        println!("AWS_LAMBDA_RUNTIME_API={}", api.address());
        interrupted().await?;
        ExitCode::SUCCESS
    };
    drop(server);
    for complaint in api.complaints() {
        eprintln!("lodger-gateway: {complaint}");
    }
    Ok(ended)
}

/// An error of what the user wrote.
fn of(option: &str, value: &str, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{option} {value}: {error}"))
}

async fn serve(played: &Played, listen: &str, api: &Arc<RuntimeApi>) -> io::Result<Server> {
    match played {
        Played::Front(front) => Server::start(listen, front.clone(), Arc::clone(api)).await,
        #[cfg(feature = "websocket")]
        Played::WebSocket(websocket) => Server::start_websocket(listen, websocket.clone(), Arc::clone(api)).await,
    }
}

fn announce(played: &Played, addr: SocketAddr) {
    match played {
        Played::Front(front) => println!("{front} on http://{addr}"),
        #[cfg(feature = "websocket")]
        Played::WebSocket(_) => {
            println!("websocket-api on ws://{addr}");
            println!("POST to a client at http://{addr}/@connections/{{id}}");
        }
    }
}
