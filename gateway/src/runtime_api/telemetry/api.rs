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

    /// Restricts the Telemetry API to these versions of the schema, such as `2022-07-01`.
    ///
    /// This is for extensions that try the newest version first. Lambda accepts all versions, except on
    /// [Managed Instances](Self::max_concurrency), which accept only 2025-01-29. A rejected version is not a
    /// [protocol error](Self::protocol_errors) then.
    #[must_use]
    pub fn telemetry_versions<T: Into<String>>(self, versions: impl IntoIterator<Item = T>) -> Self {
        self.state.lock().telemetry_versions = Some(versions.into_iter().map(Into::into).collect());
        self
    }

    /// Sends a line as the log of an extension to the extensions that have subscribed to `extension`.
    pub fn extension_log(&self, line: &str) {
        self.state.send_extension_log(line);
    }
}
