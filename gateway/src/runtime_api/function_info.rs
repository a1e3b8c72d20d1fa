//! The configuration of a function.

use serde_json::{Value, json};

/// The configuration of a function, which its extensions can see.
#[derive(Debug)]
pub(crate) struct FunctionInfo {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) handler: String,
}

impl Default for FunctionInfo {
    fn default() -> Self {
        Self { name: "test".to_owned(), version: "$LATEST".to_owned(), handler: "bootstrap".to_owned() }
    }
}

impl FunctionInfo {
    /// The response to the registration of an extension.
    pub(super) fn to_json(&self) -> Value {
        json!({"functionName": self.name, "functionVersion": self.version, "handler": self.handler})
    }
}
