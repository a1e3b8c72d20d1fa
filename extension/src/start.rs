//! The start of an extension: registration, listener, subscription.

use std::{env, path::Path};

use lodger_runtime_api::{ExtensionClient, LifecycleEvent, Registration};

use crate::{
    Error, Extension, Function, RegisteredExtension,
    handler::BoxHandler,
    lifecycle::Lifecycle,
    log,
    telemetry::{Api, Record},
    telemetry_task::TelemetryTask,
};

impl Extension {
    /// Registers the extension, starts the listener, and subscribes to telemetry.
    ///
    /// # Errors
    /// A setting is invalid, the address of the listener is in use, or Lambda cannot be reached or rejects a request. An error
    /// after the registration is reported to Lambda.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub async fn register(mut self) -> Result<RegisteredExtension, Error> {
        let records = self.take_records_handler()?;
        let registration = self.registration()?;
        let registered = match &self.address {
            Some(address) => ExtensionClient::register_at(address, &registration).await,
            None => ExtensionClient::register(&registration).await,
        };
        let mut client = registered.map_err(|error| Error::api("start the extension", error))?;
        let telemetry = match records {
            Some((api, handler)) => {
                match TelemetryTask::start(api, handler, &self.subscription, &mut client, &self.failures).await {
                    Ok(telemetry) => Some(telemetry),
                    Err(error) => return Err(report_start(&mut client, error).await),
                }
            }
            None => None,
        };
        let function = Function::parse(client.function());
        let lifecycle = Lifecycle {
            on_invoke: self.on_invoke,
            on_shutdown: self.on_shutdown,
            drain_timeout: self.drain_timeout,
            failures: self.failures,
        };
        Ok(RegisteredExtension { client, function, telemetry, lifecycle })
    }

    fn take_records_handler(&mut self) -> Result<Option<RecordsHandler>, Error> {
        let records = match (self.on_telemetry.take(), self.on_logs.take()) {
            (None, None) => return Ok(None),
            (Some(handler), None) => (Api::Telemetry, handler),
            (None, Some(handler)) => (Api::Logs, handler),
            (Some(_), Some(_)) => {
                let message =
                    "cannot subscribe to both the Telemetry API and the Logs API; remove `on_logs` or `on_telemetry`";
                return Err(Error::setting(message));
            }
        };
        self.subscription.check()?;
        Ok(Some(records))
    }

    fn registration(&self) -> Result<Registration, Error> {
        if self.is_internal && self.on_shutdown.is_some() {
            let message = "an internal extension receives no SHUTDOWN event; remove `on_shutdown`, and handle SIGTERM";
            return Err(Error::setting(message));
        }
        let name = match &self.name {
            Some(name) => name.clone(),
            None => executable_name()?,
        };
        let invoke = self.on_invoke.is_some().then_some(LifecycleEvent::Invoke);
        let shutdown = (!self.is_internal).then_some(LifecycleEvent::Shutdown);
        Ok(Registration::new(name).events(invoke.into_iter().chain(shutdown)).accept_account_id())
    }
}

/// The handler of records, and the API that sends them.
type RecordsHandler = (Api, BoxHandler<Vec<Record>>);

/// The file name by which Lambda started this process.
fn executable_name() -> Result<String, Error> {
    let path = env::args_os().next().unwrap_or_default();
    let name = Path::new(&path).file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| {
        Error::setting("the executable has no name in UTF-8; set `Extension::name` to its file name in /opt/extensions")
    })
}

/// Reports that the extension cannot start because of `error`, and returns the error.
async fn report_start(client: &mut ExtensionClient, error: Error) -> Error {
    if let Err(lost) = client.fail_initialization("Extension.StartFailed", &error.report()).await {
        log::warn(format_args!("{lost}"));
    }
    error
}
