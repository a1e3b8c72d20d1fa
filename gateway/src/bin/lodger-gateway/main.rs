//! A front and a Runtime API on the command line: an unmodified function behind a port that a browser can talk to.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to its user")]

mod arguments;
mod function;
mod line;

use std::{
    ffi::OsString,
    io::{self, Read as _, Write},
    net::SocketAddr,
    process::{ExitCode, Stdio},
    sync::Arc,
};

#[cfg(unix)]
use lodger_gateway::Vercel;
use lodger_gateway::{LogEntry, RuntimeApi, Server};

use self::{
    arguments::{Arguments, Asked, Played, Task},
    function::{Function, Interrupts},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = std::env::args_os().skip(1).map(OsString::into_string).collect::<Result<Vec<_>, _>>();
    let arguments = arguments.map_err(|argument| format!("{argument:?} is not UTF-8"));
    let arguments = match arguments.and_then(|arguments| Arguments::read(arguments.into_iter())) {
        Ok(Asked::ToRun(arguments)) => *arguments,
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
    let Arguments { task, runtime_api, timeout, hosts, is_quiet, command } = arguments;
    let api = RuntimeApi::start_on(&runtime_api).await.map_err(|error| of("--runtime-api", &runtime_api, error))?;
    let api = match timeout {
        Some(timeout) => api.timeout(timeout),
        None => api,
    };
    let api = match std::env::var("AWS_LAMBDA_INITIALIZATION_TYPE").as_deref() {
        // There is no snapshot, as far as the function can tell: it is restored as soon as it is taken.
        Ok("snap-start") => {
            let api = api.snap_start();
            api.restore();
            api
        }
        _ => api,
    };
    let has_colours = line::has_colours();
    let log = move |entry: &LogEntry| {
        if !is_quiet {
            line::write(entry, has_colours);
        }
    };
    let api = api.on_invocation(log);
    let api = Arc::new(hosts.iter().fold(api, |api, name| api.allow_host(name)));
    tokio::spawn(print_warnings(Arc::clone(&api)));
    let ended = match task {
        Task::Serve { played, listen } => serve(&played, &listen, &hosts, &command, &api).await,
        Task::Invoke(file) => invoke(&file, &command, &api).await,
        Task::Vercel { listen } => vercel(&listen, &hosts, &command, log).await,
    };
    for complaint in api.protocol_errors() {
        eprintln!("lodger-gateway: {complaint}");
    }
    ended
}

/// Prints the settings that do not match, each kind once, while clients wonder.
async fn print_warnings(api: Arc<RuntimeApi>) {
    for index in 0.. {
        eprintln!("lodger-gateway: {}", api.warning(index).await);
    }
}

/// Serves a front until the function ends, or the user ends it.
async fn serve(
    played: &Played,
    listen: &str,
    hosts: &[String],
    command: &[String],
    api: &Arc<RuntimeApi>,
) -> io::Result<ExitCode> {
    let server = match played {
        Played::Front(front) => Server::start(listen, front.clone(), Arc::clone(api)).await,
        #[cfg(feature = "websocket")]
        Played::WebSocket(websocket) => Server::start_websocket(listen, websocket.clone(), Arc::clone(api)).await,
    };
    let server = server.map_err(|error| of("--listen", listen, error))?;
    let server = hosts.iter().fold(server, |server, name| server.allow_host(name));
    let function = if command.is_empty() { None } else { Some(Function::start(command, Stdio::inherit(), api)?) };
    announce(played, server.address());
    if let Some(function) = function {
        return function.wait().await;
    }
    println!("AWS_LAMBDA_RUNTIME_API={}", api.address());
    Interrupts::new()?.next().await;
    Ok(ExitCode::SUCCESS)
}

/// Is Vercel until the function ends, or the user ends it.
#[cfg(unix)]
async fn vercel(
    listen: &str,
    hosts: &[String],
    command: &[String],
    log: impl Fn(&LogEntry) + Send + Sync + 'static,
) -> io::Result<ExitCode> {
    let vercel = Arc::new(Vercel::start()?.on_invocation(log));
    let server =
        Server::start_vercel(listen, Arc::clone(&vercel)).await.map_err(|error| of("--listen", listen, error))?;
    let server = hosts.iter().fold(server, |server, name| server.allow_host(name));
    let function = Function::start_on_vercel(command, &vercel)?;
    println!("vercel on http://{}", server.address());
    let ended = function.wait().await;
    for complaint in vercel.protocol_errors() {
        eprintln!("lodger-gateway: {complaint}");
    }
    ended
}

#[cfg(not(unix))]
async fn vercel(_: &str, _: &[String], _: &[String], _: impl Fn(&LogEntry)) -> io::Result<ExitCode> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "--vercel: there are no such sockets on this operating system"))
}

/// Invokes the function once.
async fn invoke(file: &str, command: &[String], api: &Arc<RuntimeApi>) -> io::Result<ExitCode> {
    let event = event(file).map_err(|error| of("--event", file, error))?;
    // The reply is to be the only thing on standard output, for other programs to read.
    let function = Function::start(command, io::stderr().into(), api)?;
    match function.invoke(event, api).await? {
        Ok(reply) => {
            print(io::stdout(), &reply)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            print(io::stderr(), &error.body)?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn event(file: &str) -> io::Result<Vec<u8>> {
    let mut event = Vec::new();
    match file {
        "-" => io::stdin().read_to_end(&mut event).map(drop)?,
        file => event = std::fs::read(file)?,
    }
    serde_json::from_slice::<serde_json::Value>(&event)?;
    Ok(event)
}

fn print(mut to: impl Write, line: &[u8]) -> io::Result<()> {
    to.write_all(line)?;
    if !line.ends_with(b"\n") {
        to.write_all(b"\n")?;
    }
    to.flush()
}

/// An error of what the user wrote.
fn of(option: &str, value: &str, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{option} {value}: {error}"))
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
