use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::CorsSettings;
use crate::Result;

/// The settings in `[package.metadata.lodger]` of `Cargo.toml`. Options of the command line replace them.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The binary with the function.
    pub bin: Option<String>,
    pub features: Vec<String>,
    pub front: Option<String>,
    pub stage: Option<String>,
    pub binary_media_types: Vec<String>,
    /// The CORS configuration of HTTP APIs and Function URLs.
    pub cors: Option<CorsSettings>,
    /// The routes of several functions, and their binaries.
    pub routes: BTreeMap<String, String>,
    /// Variables of the environment of the function.
    pub env: BTreeMap<String, String>,
}

impl Settings {
    /// Reads the table `lodger` in the metadata of a package.
    ///
    /// # Errors
    /// The table has an unknown member, or a value of another type.
    pub fn parse(metadata: &Value) -> Result<Self> {
        let Some(table) = metadata.get("lodger") else { return Ok(Self::default()) };
        Self::deserialize(table)
            .map_err(|error| format!("cannot read [package.metadata.lodger] of Cargo.toml: {error}").into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_table() {
        assert_eq!(Settings::parse(&Value::Null).unwrap(), Settings::default());
        let table = json!({"lodger": {"front": "alb", "binary-media-types": ["*/*"], "env": {"A": "1"}}, "other": 1});
        let settings = Settings::parse(&table).unwrap();
        assert_eq!((settings.front.as_deref(), &*settings.binary_media_types[0]), (Some("alb"), "*/*"));
        assert_eq!(settings.env["A"], "1");
    }

    #[test]
    fn rejects_unknown_members() {
        let error = Settings::parse(&json!({"lodger": {"frontend": "alb"}})).unwrap_err().to_string();
        assert!(error.contains("[package.metadata.lodger]") && error.contains("frontend"), "{error}");
    }
}
