//! Telemetry in the public API.

use crate::RuntimeApi;

impl RuntimeApi {
    /// Sends a line as the log of the function to the extensions that have subscribed to `function`.
    ///
    /// The output of a process that `Function` starts is sent without this call. A function in the process of the test has no
    /// output of its own, so the test sends its lines.
    ///
    /// ```
    /// # async fn test() -> std::io::Result<()> {
    /// let api = lodger_gateway::RuntimeApi::start().await?;
    /// api.function_log("a line\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn function_log(&self, line: &str) {
        self.state.send_function_log(line);
    }

    /// Sends a line as the log of an extension to the extensions that have subscribed to `extension`.
    pub fn extension_log(&self, line: &str) {
        self.state.send_extension_log(line);
    }
}
