//! A front and a Runtime API on the command line: an unmodified function behind a port that a browser can talk to.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to its user")]

mod arguments;

use std::{io, net::SocketAddr, process::ExitCode, sync::Arc};

use lodger_gateway::{RuntimeApi, Server};
use tokio::process::{Child, Command};

use self::arguments::{Arguments, Asked, Played};

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

fn spawn(program: &str, args: &[String], api: &RuntimeApi) -> io::Result<Child> {
    let child = Command::new(program).args(args).envs(environment(api)).kill_on_drop(true).spawn();
    child.map_err(|error| io::Error::new(error.kind(), format!("{program}: {error}")))
}

/// Waits for the function, or ends it when the user wants to.
async fn wait(mut child: Child) -> io::Result<ExitCode> {
    let status = tokio::select! {
        status = child.wait() => status?,
        interrupted = interrupted() => {
            interrupted?;
            // If it has ended by itself, it got the signal as well.
            let _ = child.kill().await;
            return Ok(ExitCode::SUCCESS);
        }
    };
    eprintln!("lodger-gateway: the function ended: {status}");
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

async fn interrupted() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// What Lambda sets for a function of a custom runtime, without what is set already.
///
/// Source: [Environment variables](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime).
fn environment(api: &RuntimeApi) -> Vec<(&'static str, String)> {
    let here = std::env::current_dir().map(|dir| dir.display().to_string()).unwrap_or_default();
    let mut variables: Vec<_> = [
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_NAME", "test"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/test"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2025/03/12/[$LATEST]0123456789abcdef0123456789abcdef"),
        ("AWS_REGION", "us-east-1"),
        ("LAMBDA_TASK_ROOT", &here),
        ("TZ", ":UTC"),
        ("_HANDLER", "bootstrap"),
    ]
    .into_iter()
    .filter(|(name, _)| std::env::var_os(name).is_none())
    .map(|(name, value)| (name, value.to_owned()))
    .collect();
    variables.push(("AWS_LAMBDA_RUNTIME_API", api.address()));
    variables
}
