//! The configuration of a function.

use serde_json::{Value, json};

/// The configuration and the process of a function.
#[derive(Debug)]
pub(crate) struct FunctionInfo {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) handler: String,
    pub(crate) memory_mb: u64,
    /// The process. `None` if the function runs in this process.
    pub(crate) process_id: Option<u32>,
}

impl Default for FunctionInfo {
    fn default() -> Self {
        Self {
            name: "test".to_owned(),
            version: "$LATEST".to_owned(),
            handler: "bootstrap".to_owned(),
            memory_mb: 128,
            process_id: None,
        }
    }
}

impl FunctionInfo {
    /// The response to the registration of an extension.
    pub(super) fn to_json(&self) -> Value {
        json!({"functionName": self.name, "functionVersion": self.version, "handler": self.handler})
    }

    /// The most memory that the process has used, in MB. 0 if the system does not have `/proc`.
    pub(super) fn max_memory_used_mb(&self) -> u64 {
        let id = self.process_id.map_or_else(|| "self".to_owned(), |id| id.to_string());
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak.and_then(|kilobytes| kilobytes.trim().parse::<u64>().ok()).unwrap_or_default().div_ceil(1024)
    }
}
