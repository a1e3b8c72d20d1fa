//! Extensions in the public API.

use std::io;

use tokio::time::timeout;

use super::{ExtensionError, ShutdownReason, event::SHUTDOWN_TIMEOUT};
use crate::RuntimeApi;

impl RuntimeApi {
    /// Announces an external extension, as an executable of this name in `/opt/extensions` does on Lambda.
    ///
    /// No invocation begins before the extension has registered and polled. Only an external extension may register for SHUTDOWN.
    /// `Function` announces the extensions that it starts, so this method is for extensions that the test itself starts.
    ///
    /// ```
    /// use lodger_gateway::{RuntimeApi, ShutdownReason};
    ///
    /// # async fn function(addr: String) {}
    /// # async fn extension(addr: String) {}
    /// # async fn test() -> std::io::Result<()> {
    /// let api = RuntimeApi::start().await?.external_extension("my-extension");
    /// // It registers as `my-extension`, for INVOKE and SHUTDOWN.
    /// let extension = tokio::spawn(extension(api.address()));
    /// tokio::spawn(function(api.address()));
    ///
    /// // The extension receives INVOKE,
    /// api.invoke("{}").await?.unwrap();
    /// // and SHUTDOWN.
    /// api.shut_down(ShutdownReason::Spindown).await?;
    /// extension.await.unwrap();
    /// assert_eq!(api.protocol_errors(), [""; 0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Source: [Extensions API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
    #[must_use]
    pub fn external_extension(self, name: &str) -> Self {
        self.state.lock().extensions.announce(name);
        self
    }

    /// The names of the extensions that have registered.
    ///
    /// An extension is internal unless it was [announced](Self::external_extension). The API rejects an internal extension after
    /// the first poll of the function. The request of an extension for its first event ends its initialization, and no
    /// invocation begins before that. An extension with INVOKE ends each invocation with its next request. Lambda sends SIGTERM
    /// only to functions with an extension.
    ///
    /// Source: [Extensions API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
    pub fn extensions(&self) -> Vec<String> {
        self.state.lock().extensions.iter_registered().map(|extension| extension.name.clone()).collect()
    }

    /// Waits until an extension reports an init or exit error, or its process ends without a SHUTDOWN event.
    pub async fn extension_error(&self) -> ExtensionError {
        self.state.wait_for(|state| state.extensions.error.clone()).await
    }

    /// Ends the execution environment: sends SHUTDOWN to the extensions, and fails later invocations.
    ///
    /// Waits until the extensions have received the event. `Function::shut_down` calls this and then waits for their processes.
    ///
    /// # Errors
    /// An extension that has registered for SHUTDOWN did not request the event within two seconds, which is Lambda's limit for the
    /// whole shutdown.
    pub async fn shut_down(&self, reason: ShutdownReason) -> io::Result<()> {
        self.state.shut_down(reason, SHUTDOWN_TIMEOUT);
        let delivered = |state: &crate::runtime_api::state::State| {
            let is_delivered = state.extensions.with_event().next().is_none();
            is_delivered.then_some(())
        };
        timeout(SHUTDOWN_TIMEOUT, self.state.wait_for(delivered)).await.map_err(|_| {
            let names: Vec<_> = self.state.lock().extensions.with_event().map(str::to_owned).collect();
            let message = format!(
                "cannot shut down the extension {}: it has not requested its next event within {} s",
                names.join(", "),
                SHUTDOWN_TIMEOUT.as_secs()
            );
            io::Error::new(io::ErrorKind::TimedOut, message)
        })
    }
}
