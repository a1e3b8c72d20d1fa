use std::{fmt, future::pending};

use lodger_runtime_api::ExtensionClient;
use serde::Deserialize;

use crate::{Error, lifecycle::Lifecycle, log, telemetry_task::TelemetryTask};

/// The function to which an extension belongs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Function {
    /// The name.
    #[serde(rename = "functionName")]
    pub name: String,
    /// The version, such as `$LATEST`.
    #[serde(rename = "functionVersion")]
    pub version: String,
    /// The handler of the function's configuration.
    pub handler: String,
    /// The id of the account. `None` if the platform does not send it.
    pub account_id: Option<String>,
}

impl Function {
    /// Parses the response to the registration. Members that are missing are empty.
    pub(crate) fn parse(json: &[u8]) -> Self {
        serde_json::from_slice(json).unwrap_or_else(|error| {
            log::warn(format_args!("cannot read the description of the function: {error}"));
            Self::default()
        })
    }
}

/// An extension that is registered and subscribed, and has not polled for an event yet.
///
/// Lambda does not start the function before the extension [runs](Self::run).
#[must_use = "Lambda waits until the extension runs"]
pub struct RegisteredExtension {
    pub(crate) client: ExtensionClient,
    pub(crate) function: Function,
    pub(crate) telemetry: Option<TelemetryTask>,
    pub(crate) lifecycle: Lifecycle,
}

impl RegisteredExtension {
    /// The function to which the extension belongs.
    #[must_use]
    pub fn function(&self) -> &Function {
        &self.function
    }

    /// The version of the schema of records that Lambda has accepted. `None` without a subscription.
    #[must_use]
    pub fn schema_version(&self) -> Option<&'static str> {
        self.telemetry.as_ref().map(|telemetry| telemetry.schema_version)
    }

    /// Reports that the extension cannot start, for example because it cannot reach its collector. Exit afterwards.
    ///
    /// `error_type` has the form `Category.Reason`, such as `Extension.NoCollector`.
    ///
    /// # Errors
    /// Lambda did not accept the report.
    pub async fn fail_initialization(mut self, error_type: &str, message: &str) -> Result<(), Error> {
        let reported = self.client.fail_initialization(error_type, message).await;
        reported.map_err(|error| Error::api("report the error", error))
    }

    /// Handles events until Lambda ends the environment.
    ///
    /// An external extension returns after SHUTDOWN, and after the records that have arrived are handled. The process should
    /// exit then. An internal extension does not return, except with an error.
    ///
    /// # Errors
    /// Lambda rejects a request, or has been unreachable for a minute, or a handler returned a
    /// [`FatalError`](crate::FatalError). The error is reported to Lambda.
    pub async fn run(self) -> Result<(), Error> {
        let Self { mut client, mut telemetry, mut lifecycle, .. } = self;
        let queue = telemetry.as_ref().map(|telemetry| telemetry.queue.clone());
        let records = async {
            match &mut telemetry {
                Some(telemetry) => telemetry.run().await,
                None => pending().await,
            }
        };
        let ended = tokio::select! {
            ended = lifecycle.run(&mut client, queue.as_ref()) => ended,
            error = records => Err(error.into()),
        };
        if let Err(error) = &ended {
            let (error_type, message) = error.exit_report();
            if let Err(lost) = client.fail_exit(error_type, &message).await {
                log::warn(format_args!("{lost}"));
            }
        }
        let dropped = lifecycle.failures.stats.drop_rest();
        if dropped > 0 {
            log::error(format_args!("{dropped} records were not handled before the end of the extension"));
        }
        ended
    }
}

impl fmt::Debug for RegisteredExtension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredExtension").field("function", &self.function).finish_non_exhaustive()
    }
}
