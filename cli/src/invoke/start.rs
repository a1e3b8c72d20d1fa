//! A process that is started for one invocation.

use std::{sync::Arc, time::Instant};

use lodger_gateway::Invocation;
use tokio::time::timeout;

use super::Outcome;
use crate::{
    Result,
    args::InvokeArgs,
    function::{Environment, LambdaSettings, Program},
    history::{History, NewRecord},
    project::{Build, Project},
    terminal::Terminal,
};

/// Builds and starts the function, invokes it once, and waits for its work after the reply.
pub(super) async fn invoke(
    args: &InvokeArgs,
    project: Option<&Project>,
    event: Vec<u8>,
    terminal: &Terminal,
) -> Result<Outcome> {
    let name = project.and_then(|project| project.binaries.first()).map_or("function", |binary| &binary.name);
    let mut program = Program::new(name, &args.target, &args.variables, project)?;
    if let Some(project) = project {
        let built = Build::of_target(project, &args.target, terminal).run(terminal).await?;
        let executables = built.executables.map_err(|_| "cannot build the function")?;
        program.command = executables.into_values().map(Into::into).collect();
    }
    let settings = LambdaSettings::for_one_invocation(args.timeout);
    let history = Arc::new(History::new());
    let environment = Environment::start(&program, &settings, &history, terminal).await?;
    let record = history.begin(NewRecord::event(&program.name, "event".to_owned(), 1));
    environment.begin(&record);
    let begun = Instant::now();
    let reply = tokio::select! {
        // In this order: a reply counts even if the process has ended since.
        biased;
        reply = environment.api.invoke(Invocation::new(event)) => match reply {
            Ok(Ok(reply)) => Ok(reply.to_vec()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(error.to_string()),
        },
        exit = environment.exited() => Err(format!("the function did not reply: {exit}")),
    };
    let duration = begun.elapsed();
    // The timeout of a function includes the work after its reply.
    if reply.is_ok() && timeout(args.timeout, environment.wait_for_work(1)).await.is_err() {
        let seconds = args.timeout.as_secs_f64();
        terminal.warning(&format!("the work after the reply has not ended within {seconds} s (--timeout)"));
    }
    environment.api.protocol_errors().iter().for_each(|error| terminal.warning(&format!("protocol error: {error}")));
    environment.stop().await;
    Ok(Outcome { reply, duration })
}
