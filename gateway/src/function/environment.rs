//! The environment of a Lambda function.

use std::{
    env,
    ffi::{OsStr, OsString},
    process::Command,
};

use crate::runtime_api::SharedState;

/// Returns the variables that Lambda sets for a custom runtime.
///
/// A variable of the command is not among them. A variable of the current process keeps its value.
///
/// Source: [Environment variables](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime).
pub(super) fn lambda(command: &Command, address: &str, state: &SharedState) -> Vec<(&'static str, OsString)> {
    let (slots, has_snap_start) = {
        let state = state.lock();
        (state.slots.map(|slots| slots.to_string()), state.has_snap_start)
    };
    let initialization = match (&slots, has_snap_start) {
        (Some(_), _) => "lambda-managed-instances",
        (None, true) => "snap-start",
        (None, false) => "on-demand",
    };
    let folder = command.get_current_dir().map(OsString::from);
    let folder = folder.or_else(|| env::current_dir().ok().map(OsString::from)).unwrap_or_default();
    let defaults = [
        ("AWS_DEFAULT_REGION", "us-east-1".as_ref()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".as_ref()),
        ("AWS_LAMBDA_FUNCTION_NAME", "test".as_ref()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".as_ref()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", initialization.as_ref()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/test".as_ref()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2025/03/12/[$LATEST]0123456789abcdef0123456789abcdef".as_ref()),
        ("AWS_REGION", "us-east-1".as_ref()),
        ("LAMBDA_TASK_ROOT", folder.as_os_str()),
        ("TZ", ":UTC".as_ref()),
        ("_HANDLER", "bootstrap".as_ref()),
    ];
    let slots = slots.as_ref().map(|slots| ("AWS_LAMBDA_MAX_CONCURRENCY", OsStr::new(slots)));
    let is_set = |name: &str| command.get_envs().any(|(set, _)| set == name);
    let mut variables: Vec<_> = defaults
        .into_iter()
        .chain(slots)
        .filter(|(name, _)| !is_set(name))
        // Set explicitly, because the command may clear the inherited environment.
        .map(|(name, default)| (name, env::var_os(name).unwrap_or_else(|| default.to_owned())))
        .collect();
    variables.push(("AWS_LAMBDA_RUNTIME_API", address.into()));
    variables
}
