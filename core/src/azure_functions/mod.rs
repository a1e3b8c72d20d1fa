//! Azure Functions with a custom handler: the Functions host starts the process, and sends it requests over HTTP/1.1.
//!
//! The Functions host sends two kinds of requests, which `host.json` and the files `function.json` determine:
//!
//! - **Forwarded requests**: requests of clients to a function that has one HTTP trigger, one HTTP output and no other binding, if
//!   `host.json` has `enableProxyingHttpRequest` or `enableForwardingHttpRequest`. They arrive with their own path, such as
//!   `/api/users`.
//! - **Messages**: a `POST` to the name of the function, whose JSON has the data of the trigger. A message about an HTTP request becomes
//!   that request for the app. Any other message becomes a request to the route for events.
//!
//! A client must not be able to send a message. The rules of `Functions` therefore reject an app whose forwarded routes contain the
//! path of a message. `AzureFunctions` rejects requests with the path of a message unless their method and headers are those that the
//! Functions host sends.
//!
//! Sources: [Custom handlers](https://learn.microsoft.com/en-us/azure/azure-functions/functions-custom-handlers), and the Functions
//! host itself: `src/WebJobs.Script/Workers/Http` and `src/WebJobs.Script/Extensions` in `Azure/azure-functions-host`.

mod client_request;
mod context;
mod functions;
mod message;
mod platform;
mod reply;
mod route;

use std::{env, path::PathBuf, sync::Arc};

use self::{functions::Functions, platform::AzureFunctions};
use crate::{Error, Host, Settings, log, server::Server};

pub use context::Context;

/// Makes a server expect the requests of Azure Functions, if the host of `settings` is [`Host::AzureFunctions`].
///
/// Reads `host.json` and each `function.json` below `AzureWebJobsScriptRoot`, by default below the current folder. Without a
/// `host.json`, all requests count as forwarded. Variables such as `AzureFunctionsJobHost__extensions__http__routePrefix` override
/// `host.json`.
///
/// # Errors
/// A file is not valid, or a client could send a message.
///
/// # Example
///
/// ```no_run
/// use lodger_core::{Error, Settings, azure_functions, server::Server};
///
/// # async fn bind() -> Result<Server, Error> {
/// let mut settings = Settings::default();
/// settings.apply_env()?;
/// let server = Server::bind(&settings).await?;
/// azure_functions::trust_functions_host(server, &settings)
/// # }
/// ```
pub fn trust_functions_host(server: Server, settings: &Settings) -> Result<Server, Error> {
    if settings.host() != Host::AzureFunctions {
        return Ok(server);
    }
    let root = env::var_os("AzureWebJobsScriptRoot").filter(|root| !root.is_empty());
    let root = root.map_or_else(|| PathBuf::from("."), PathBuf::from);
    let functions = Functions::read(&root, env::vars_os())?;
    if functions.is_none() {
        log::warn!(
            "cannot find {}/host.json: every request counts as a request of a client; set AzureWebJobsScriptRoot to its folder",
            root.display()
        );
    }
    Ok(server.with_proxy(Arc::new(AzureFunctions::new(functions.unwrap_or_default(), settings))))
}

/// Decodes a message about an HTTP request, calls the app, and encodes its response. For [`crate::fuzzing`].
#[cfg(fuzzing)]
pub(crate) fn exchange_message(
    settings: &Settings,
    message: http::Request<bytes::Bytes>,
    app: impl FnOnce(crate::Request) -> http::Response<bytes::Bytes>,
) -> http::Response<bytes::Bytes> {
    let [trigger, output] = ["req", "res"].map(|name| Some(name.to_owned()));
    let function = functions::Function { name: "function".to_owned(), http_trigger: trigger, http_output: output };
    match message::Decoder::new(settings).decode(Some(&function), message) {
        Ok(decoded) => (decoded.encode)(app(decoded.request)),
        Err(response) => *response,
    }
}
