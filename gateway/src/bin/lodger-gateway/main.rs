//! The command `lodger-gateway`: an unmodified function behind a front on a port.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command prints its results")]

mod arguments;
mod frontend;
mod function;
mod line;
mod signals;
mod usage;

use std::{
    ffi::OsString,
    io::{self, Read as _, Write},
    net::SocketAddr,
    process::{ExitCode, Stdio},
    sync::Arc,
};

#[cfg(unix)]
use lodger_gateway::Vercel;
use lodger_gateway::{LogEntry, RuntimeApi, Server, WebFunction};

use self::{
    arguments::{Arguments, CommandLine, FunctionOptions, Task},
    frontend::Frontend,
    function::RunningFunction,
    signals::Signals,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = std::env::args_os().skip(1).map(OsString::into_string).collect::<Result<Vec<_>, _>>();
    let arguments = arguments.map_err(|argument| format!("invalid argument {argument:?}: expected UTF-8"));
    let arguments = match arguments.and_then(|arguments| CommandLine::parse(arguments.into_iter())) {
        Ok(CommandLine::Run(arguments)) => *arguments,
        Ok(CommandLine::Print(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("lodger-gateway: {error}\nrun lodger-gateway --help for all options");
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
    let Arguments { task, runtime_api, timeout, hosts, is_quiet, function } = arguments;
    let api = RuntimeApi::start_on(&runtime_api).await;
    let mut api = api.map_err(|error| cannot_listen(&runtime_api, "--runtime-api", error))?;
    if let Some(timeout) = timeout {
        api = api.timeout(timeout);
    }
    if std::env::var("AWS_LAMBDA_INITIALIZATION_TYPE").is_ok_and(|value| value == "snap-start") {
        // Without a real snapshot: the function is restored as soon as it is ready for one.
        api = api.snap_start();
        api.restore();
    }
    let has_colours = line::has_colours();
    let log = move |entry: &LogEntry| {
        if !is_quiet {
            line::write(entry, has_colours);
        }
    };
    let api = api.on_invocation(log);
    let api = Arc::new(hosts.iter().fold(api, |api, name| api.allow_host(name)));
    tokio::spawn(print_warnings(Arc::clone(&api)));
    let result = match task {
        Task::Serve { frontend, listen } => serve(&frontend, &listen, &hosts, &function, &api).await,
        Task::Invoke { file } => invoke(&file, &function, &api).await,
        Task::ServeVercel { listen } => serve_vercel(&listen, &hosts, &function.command, log).await,
        Task::ServeWebFunction { listen } => {
            let web_function = WebFunction::new()?.on_invocation(log);
            let web_function = timeout.into_iter().fold(web_function, WebFunction::timeout);
            serve_web_function(&listen, &hosts, &function.command, web_function).await
        }
    };
    print_protocol_errors(&api.protocol_errors());
    result
}

fn print_protocol_errors(errors: &[String]) {
    for error in errors {
        eprintln!("lodger-gateway: protocol error of the function: {error}");
    }
}

/// Prints each warning as it occurs.
async fn print_warnings(api: Arc<RuntimeApi>) {
    for index in 0.. {
        eprintln!("lodger-gateway: {}", api.warning(index).await);
    }
}

/// Serves a front until the function ends or a signal arrives.
async fn serve(
    frontend: &Frontend,
    listen: &str,
    hosts: &[String],
    function: &FunctionOptions,
    api: &Arc<RuntimeApi>,
) -> io::Result<ExitCode> {
    let server = match frontend {
        Frontend::Http(front) => Server::start(listen, front.clone(), Arc::clone(api)).await,
        #[cfg(feature = "websocket")]
        Frontend::WebSocket(websocket) => Server::start_websocket(listen, websocket.clone(), Arc::clone(api)).await,
    };
    let server = server.map_err(|error| cannot_listen(listen, "--listen", error))?;
    let server = hosts.iter().fold(server, |server, name| server.allow_host(name));
    let has_function = !function.command.is_empty();
    let function =
        if has_function { Some(RunningFunction::start(function, Stdio::inherit(), api).await?) } else { None };
    print_address(frontend, server.address());
    if let Some(function) = function {
        return function.wait().await;
    }
    println!("AWS_LAMBDA_RUNTIME_API={}", api.address());
    Signals::new()?.next().await;
    Ok(ExitCode::SUCCESS)
}

/// Serves a Vercel function until it ends or a signal arrives.
#[cfg(unix)]
async fn serve_vercel(
    listen: &str,
    hosts: &[String],
    command: &[String],
    log: impl Fn(&LogEntry) + Send + Sync + 'static,
) -> io::Result<ExitCode> {
    let vercel = Arc::new(Vercel::start()?.on_invocation(log));
    let server = Server::start_vercel(listen, Arc::clone(&vercel)).await;
    let server = server.map_err(|error| cannot_listen(listen, "--listen", error))?;
    let server = hosts.iter().fold(server, |server, name| server.allow_host(name));
    let function = RunningFunction::start_on_vercel(command, &vercel)?;
    println!("vercel on http://{}", server.address());
    let result = function.wait().await;
    print_protocol_errors(&vercel.protocol_errors());
    result
}

#[cfg(not(unix))]
async fn serve_vercel(_: &str, _: &[String], _: &[String], _: impl Fn(&LogEntry)) -> io::Result<ExitCode> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "cannot use --vercel: this operating system has no Unix sockets"))
}

/// Serves a Web Function until it ends or a signal arrives.
async fn serve_web_function(
    listen: &str,
    hosts: &[String],
    command: &[String],
    function: WebFunction,
) -> io::Result<ExitCode> {
    let function = Arc::new(function);
    let server = Server::start_web_function(listen, Arc::clone(&function)).await;
    let server = server.map_err(|error| cannot_listen(listen, "--listen", error))?;
    let server = hosts.iter().fold(server, |server, name| server.allow_host(name));
    let running = RunningFunction::start_web_function(command, &function)?;
    println!("web-function on http://{}", server.address());
    running.wait().await
}

/// Invokes the function once.
async fn invoke(file: &str, function: &FunctionOptions, api: &Arc<RuntimeApi>) -> io::Result<ExitCode> {
    let event = read_event(file)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot read the event {file} (--event): {error}")))?;
    // Standard output has only the reply, so that other programs can read it.
    let function = RunningFunction::start(function, io::stderr().into(), api).await?;
    match function.invoke(event, api).await? {
        Ok(reply) => {
            write_line(io::stdout(), &reply)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            write_line(io::stderr(), &error.body)?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Reads an event, and checks that it is JSON.
fn read_event(file: &str) -> io::Result<Vec<u8>> {
    let mut event = Vec::new();
    match file {
        "-" => io::stdin().read_to_end(&mut event).map(drop)?,
        file => event = std::fs::read(file)?,
    }
    serde_json::from_slice::<serde_json::Value>(&event)?;
    Ok(event)
}

/// Writes a line, with a line break if it has none.
fn write_line(mut to: impl Write, line: &[u8]) -> io::Result<()> {
    to.write_all(line)?;
    if !line.ends_with(b"\n") {
        to.write_all(b"\n")?;
    }
    to.flush()
}

fn cannot_listen(address: &str, option: &str, error: io::Error) -> io::Error {
    let message = format!("cannot listen on {address}: {error}; choose another address with {option}");
    io::Error::new(error.kind(), message)
}

fn print_address(frontend: &Frontend, addr: SocketAddr) {
    match frontend {
        Frontend::Http(front) => println!("{front} on http://{addr}"),
        #[cfg(feature = "websocket")]
        Frontend::WebSocket(_) => {
            println!("websocket-api on ws://{addr}");
            println!("POST to a client at http://{addr}/@connections/{{id}}");
        }
    }
}
