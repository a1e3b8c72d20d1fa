//! AWS Lambda Web Functions: Lambda starts the process, and sends it requests over HTTP/1.1 at the address that it assigns.
//!
//! The app runs on a [server](crate::server) at that address, with these additions:
//!
//! - The headers that Lambda adds become the extension [`Context`].
//! - The client's address is the last one in `X-Forwarded-For`, which Lambda appends. [`Settings::proxies`] counts further proxies.
//! - A request body that the app does not read is read and discarded. Lambda sends a whole request before it reads the response, so
//!   that an unread body would stop the request until it times out.
//! - The grace period is 0.9 seconds: Lambda kills the process one second after SIGTERM.
//!
//! The process keeps running between requests, so that no freeze hooks run.
//!
//! Sources: [HTTP requests and responses](https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html), [Execution
//! environment lifecycle](https://docs.aws.amazon.com/lambda/latest/dg/web-functions-env-lifecycle.html), and for the freeze and for
//! half duplex AWS's guide `aws-lambda-web-functions` in `aws/agent-toolkit-for-aws`.

mod context;
mod platform;

use std::sync::Arc;

use self::platform::WebFunctions;
use crate::{Host, Proxies, Settings, server::Server};

pub use context::Context;

/// Makes a server expect the requests of Lambda Web Functions, if the host of `settings` is [`Host::WebFunctions`].
///
/// # Example
///
/// ```no_run
/// use lodger_core::{Error, Settings, server::Server, web_functions};
///
/// # async fn bind() -> Result<Server, Error> {
/// let mut settings = Settings::default();
/// settings.apply_env()?;
/// let server = Server::bind(&settings).await?;
/// # Ok(
/// web_functions::trust_lambda(server, &settings)
/// # )
/// # }
/// ```
pub fn trust_lambda(server: Server, settings: &Settings) -> Server {
    match settings.host() {
        Host::WebFunctions => {
            let proxies = settings.proxies.clone().unwrap_or(Proxies::count(1));
            server.with_proxy(Arc::new(WebFunctions { proxies }))
        }
        _ => server,
    }
}
