//! `cargo lodger dev`: a function behind every front, on one port.

mod host;
mod server;
mod watch;

use std::{
    collections::{BTreeMap, BTreeSet},
    process::ExitCode,
    sync::Arc,
};

use lodger_gateway::Hosts;
use tokio::net::TcpListener;

use self::{server::Port, watch::Changes};
use crate::{
    Result,
    args::{DevArgs, is_loopback},
    function::{LambdaSettings, Program},
    history::{History, Update},
    platform::{Fronts, Platform, Versions},
    project::{Build, Project},
    terminal::Terminal,
};

/// Runs the command until a signal ends it.
///
/// # Errors
/// There is no package, a file cannot be read, or the address is in use.
pub async fn run(args: DevArgs, terminal: &Terminal) -> Result<ExitCode> {
    let project = if args.target.command.is_empty() { Some(Project::find(&args.target)?) } else { None };
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}; choose another address with --listen", args.listen))?;
    let address = listener.local_addr()?;
    let history = Arc::new(History::new());
    let fronts = Fronts::new(&args, project.as_ref());
    let program = program(&args, project.as_ref())?;
    let versions = Versions::new(program, lambda_settings(&args), Arc::clone(&history), terminal.clone());
    let hosts = Hosts::for_address(address.ip());
    args.allow_host.iter().for_each(|name| hosts.allow(name));
    let versions_of_platform = Arc::clone(&versions);
    let platform = Platform::new(fronts, address, Arc::clone(&history), versions_of_platform, project.as_ref());
    let port = Arc::new(Port::new(Arc::new(platform), hosts));
    if !is_loopback(address.ip()) {
        terminal.warning(&format!("{address} is reachable from other machines, and so is the inspector"));
    }
    tokio::spawn(server::serve(listener, Arc::clone(&port)));
    tokio::spawn(print_invocations(Arc::clone(&history), terminal.clone()));
    let running = async {
        match &project {
            Some(project) => {
                let build = Build::new(project, &args.target, terminal);
                // Before the build, so that no change is lost.
                let changes = if args.no_watch { None } else { Some(Changes::watch(project)?) };
                versions.build(&build).await?;
                port.print_addresses(terminal);
                match changes {
                    Some(mut changes) => changes.build_after_each(&build, &versions).await,
                    None => std::future::pending().await,
                }
            }
            None => {
                versions.start().await;
                port.print_addresses(terminal);
                std::future::pending().await
            }
        }
    };
    tokio::select! {
        ended = running => ended.map(|()| ExitCode::SUCCESS),
        () = signal() => Ok(ExitCode::SUCCESS),
    }
}

/// The program of the command line, or the binary of the package, whose executable the build sets.
fn program(args: &DevArgs, project: Option<&Project>) -> Result<Program> {
    let settings = project.map(|project| project.settings.env.clone()).unwrap_or_default();
    let mut variables: BTreeMap<String, String> = settings;
    variables.extend(variables_of_files(args, project)?);
    variables.extend(args.env.iter().cloned());
    Ok(Program {
        name: project.map_or_else(|| "function".to_owned(), |project| project.binary.clone()),
        command: args.target.command.clone(),
        variables: variables.into_iter().collect(),
        folder: project.map(|project| project.folder.clone()),
    })
}

/// Reads the files with variables: those of the command line, or `.env` of the package if it exists.
fn variables_of_files(args: &DevArgs, project: Option<&Project>) -> Result<Vec<(String, String)>> {
    let folder = project.map(|project| project.folder.clone()).unwrap_or_default();
    let default = folder.join(".env");
    let files = match &*args.env_file {
        [] if default.is_file() => vec![default],
        files => files.to_vec(),
    };
    let mut variables = Vec::new();
    for file in files {
        let error =
            |error: dotenvy::Error| format!("cannot read the variables in {} (--env-file): {error}", file.display());
        for variable in dotenvy::from_path_iter(&file).map_err(error)? {
            variables.push(variable.map_err(error)?);
        }
    }
    Ok(variables)
}

fn lambda_settings(args: &DevArgs) -> LambdaSettings {
    LambdaSettings {
        timeout: args.timeout,
        memory: args.memory,
        concurrency: args.concurrency,
        max_processes: args.max_processes,
        is_freezing: args.freeze,
        extensions: args.extensions.clone(),
    }
}

/// Writes a line for each invocation that has ended.
async fn print_invocations(history: Arc<History>, terminal: Terminal) {
    let mut updates = history.subscribe();
    let mut printed = BTreeSet::new();
    loop {
        match updates.recv().await {
            Ok(Update::Changed(summary)) if summary.state == crate::history::State::Done => {
                if printed.insert(summary.id) {
                    terminal.invocation(&summary);
                }
                // Later updates of an invocation come soon after its end.
                while printed.len() > 1_000 {
                    printed.pop_first();
                }
            }
            Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// Waits for Ctrl-C, or for SIGTERM.
async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
