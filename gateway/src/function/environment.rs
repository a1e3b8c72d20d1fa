//! The environment of a Lambda function.

use std::{
    env,
    ffi::{OsStr, OsString},
    process::Command,
};

use crate::{WebFunction, runtime_api::SharedState};

/// The variables that extensions do not get.
///
/// Source: [Permissions and configuration](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-extensions-registration-api-e).
const RUNTIME_ONLY: [&str; 10] = [
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_AWS_XRAY_DAEMON_ADDRESS",
    "_AWS_XRAY_DAEMON_PORT",
    "_HANDLER",
];

/// The address of the Runtime API in Web Functions. A process that polls it receives nothing.
const WEB_FUNCTION_API: &str = "169.254.100.1:9001";

/// Returns the variables that Lambda sets for a custom runtime.
///
/// A variable of the command is not among them. A variable of the current process keeps its value.
///
/// Source: [Environment variables](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime).
pub(super) fn lambda(command: &Command, address: &str, state: &SharedState) -> Vec<(&'static str, OsString)> {
    let (slots, initialization) = {
        let state = state.lock();
        (state.slots.map(|slots| slots.to_string()), state.initialization_type())
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

/// Sets the variables of a Web Function.
///
/// Sources: [Execution environment lifecycle](https://docs.aws.amazon.com/lambda/latest/dg/web-functions-env-lifecycle.html), and the
/// table "Runtime-Injected Environment Variables" of AWS's guide `aws-lambda-web-functions` in `aws/agent-toolkit-for-aws`.
pub(super) fn set_web_function(command: &mut Command, function: &WebFunction) {
    command
        .env("AWS_LAMBDA_HTTP_ENDPOINT", function.address().to_string())
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "native-http")
        .env("AWS_LAMBDA_METADATA_API", WEB_FUNCTION_API)
        .env("AWS_LAMBDA_METADATA_TOKEN", "token")
        .env("AWS_LAMBDA_RUNTIME_API", WEB_FUNCTION_API)
        .env_remove("PORT");
}

/// Gives the variables of a function to one of its extensions, except those of the runtime.
pub(super) fn for_extension(
    extension: &mut tokio::process::Command,
    function: &Command,
    variables: &[(&'static str, OsString)],
) {
    for (name, value) in function.get_envs() {
        match value {
            Some(value) => extension.env(name, value),
            None => extension.env_remove(name),
        };
    }
    extension.envs(variables.iter().map(|(name, value)| (name, value)));
    for name in RUNTIME_ONLY {
        extension.env_remove(name);
    }
}

/// Keeps the configuration that the variables describe, for extensions and telemetry.
pub(super) fn set_function_info(variables: &[(&'static str, OsString)], command: &Command, state: &SharedState) {
    let value = |name: &str| {
        let own = command.get_envs().find(|(set, _)| *set == name).and_then(|(_, value)| value);
        let value = own.or_else(|| variables.iter().find(|(set, _)| *set == name).map(|(_, value)| value.as_os_str()));
        value.map(|value| value.to_string_lossy().into_owned())
    };
    let function = &mut state.lock().function;
    for (name, field) in [
        ("AWS_LAMBDA_FUNCTION_NAME", &mut function.name),
        ("AWS_LAMBDA_FUNCTION_VERSION", &mut function.version),
        ("_HANDLER", &mut function.handler),
    ] {
        if let Some(value) = value(name) {
            *field = value;
        }
    }
    if let Some(size) = value("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|size| size.parse().ok()) {
        function.memory_mb = size;
    }
}
