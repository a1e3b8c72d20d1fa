//! `cargo lodger dev`: a function behind every front, on one port.

mod host;
mod lines;
mod server;
mod watch;

use std::{process::ExitCode, sync::Arc};

use lodger_gateway::Hosts;
use tokio::net::TcpListener;

use self::{server::Port, watch::Changes};
use crate::{
    Result,
    args::DevArgs,
    authorizer::RequestAuthorizer,
    function::{LambdaSettings, LocalHost, Program},
    history::History,
    platform::{Fronts, Functions, Platform, Versions},
    project::{Build, Project},
    signals::signal,
    terminal::Terminal,
};

/// Runs the command until a signal ends it.
///
/// # Errors
/// There is no package, a file cannot be read, or the address is in use.
pub async fn run(args: DevArgs, terminal: &Terminal) -> Result<ExitCode> {
    let project = project(&args)?;
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}; choose another address with --listen", args.listen))?;
    let address = listener.local_addr()?;
    let history = Arc::new(History::new());
    let fronts = Fronts::new(&args, project.as_ref())?;
    let functions = functions(&args, project.as_ref(), fronts.default_host(), &history, terminal)?;
    let hosts = Hosts::for_address(address.ip());
    args.allow_host.iter().for_each(|name| hosts.allow(name));
    let authorizer = RequestAuthorizer::new(&args.authorizer)?;
    let platform =
        Platform::new(fronts, address, Arc::clone(&history), Arc::clone(&functions), authorizer, project.as_ref())?;
    let port = Arc::new(Port::new(Arc::new(platform), hosts));
    for address in [Some(address), args.runtime_api].into_iter().flatten() {
        if !address.ip().to_canonical().is_loopback() {
            terminal
                .warning(&format!("{address} is reachable from other machines; use 127.0.0.1 for this machine only"));
        }
    }
    tokio::spawn(server::serve(listener, Arc::clone(&port)));
    tokio::spawn(lines::print_invocations(Arc::clone(&history), terminal.clone()));
    let running = async {
        match project.as_ref().filter(|_| args.runtime_api.is_none()) {
            Some(project) => {
                let build = Build::of_target(project, &args.target, terminal);
                // Before the build, so that no change is lost.
                let changes = if args.no_watch { None } else { Some(Changes::watch(project)?) };
                let sources = functions.build(&build).await?;
                port.print_addresses(terminal);
                match changes {
                    Some(mut changes) => {
                        changes.build_after_each(&build, &functions, sources).await.map(|()| ExitCode::SUCCESS)
                    }
                    None => std::future::pending().await,
                }
            }
            None => {
                functions.start().await;
                if let Some(address) = args.runtime_api {
                    if functions.current(None).await.is_none() {
                        // The address is in use.
                        return Ok(ExitCode::FAILURE);
                    }
                    terminal.status("Waiting", format!("for a function with AWS_LAMBDA_RUNTIME_API={address}"));
                }
                port.print_addresses(terminal);
                std::future::pending().await
            }
        }
    };
    tokio::select! {
        ended = running => ended,
        () = signal() => Ok(ExitCode::SUCCESS),
    }
}

/// The package whose binaries the command builds. With `--runtime-api`, its settings and its name count, if there is one.
fn project(args: &DevArgs) -> Result<Option<Project>> {
    if !args.target.command.is_empty() {
        return Ok(None);
    }
    if args.runtime_api.is_some() {
        return Ok(Project::find(&args.target.binary).ok());
    }
    Project::find_with_routes(&args.target.binary, Some(&args.route)).map(Some)
}

/// The functions of the package, or the program of the command line. They start on a host, or on Lambda.
fn functions(
    args: &DevArgs,
    project: Option<&Project>,
    host: Option<LocalHost>,
    history: &Arc<History>,
    terminal: &Terminal,
) -> Result<Arc<Functions>> {
    let names = match project {
        Some(project) => project.binaries.iter().map(|binary| binary.name.as_str()).collect(),
        None => vec!["function"],
    };
    let versions = |name: &str| -> Result<Versions> {
        let program = Program::new(name, &args.target, &args.variables, project)?;
        Ok(Versions::new(program, host, lambda_settings(args), Arc::clone(history), terminal.clone()))
    };
    let all = names.into_iter().map(versions).collect::<Result<_>>()?;
    Ok(Functions::new(all, terminal.clone()))
}

fn lambda_settings(args: &DevArgs) -> LambdaSettings {
    LambdaSettings {
        timeout: args.timeout,
        memory: args.memory,
        concurrency: args.concurrency,
        max_processes: args.max_processes,
        is_freezing: args.freeze,
        has_snap_start: args.snap_start,
        extensions: args.extensions.clone(),
        runtime_api: args.runtime_api,
        allowed_hosts: args.allow_host.clone(),
    }
}
