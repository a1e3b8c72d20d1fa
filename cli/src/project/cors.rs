//! The CORS configuration of HTTP APIs and Function URLs.

use std::{path::Path, time::Duration};

use lodger_gateway::Cors;
use serde::Deserialize;

use crate::Result;

/// A CORS configuration: a table of `Cargo.toml`, or a file with the names of AWS, such as `AllowOrigins`.
///
/// Source: [Cors](https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html).
#[derive(Debug, Clone, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CorsSettings {
    #[serde(alias = "AllowOrigins")]
    allow_origins: Vec<String>,
    #[serde(alias = "AllowMethods")]
    allow_methods: Vec<String>,
    #[serde(alias = "AllowHeaders")]
    allow_headers: Vec<String>,
    #[serde(alias = "ExposeHeaders")]
    expose_headers: Vec<String>,
    /// In seconds.
    #[serde(alias = "MaxAge")]
    max_age: Option<u64>,
    #[serde(alias = "AllowCredentials")]
    allow_credentials: bool,
}

impl CorsSettings {
    /// Reads a file in JSON.
    ///
    /// # Errors
    /// The file is not readable, or has other members.
    pub fn read(file: &Path) -> Result<Self> {
        let parsed = std::fs::read(file).map_err(|error| error.to_string());
        let parsed = parsed.and_then(|text| serde_json::from_slice(&text).map_err(|error| error.to_string()));
        parsed.map_err(|error| format!("cannot read the CORS configuration in {}: {error}", file.display()).into())
    }

    /// The configuration of a front.
    pub fn to_cors(&self) -> Cors {
        let cors = Cors::new()
            .allow_origins(&self.allow_origins)
            .allow_methods(&self.allow_methods)
            .allow_headers(&self.allow_headers)
            .expose_headers(&self.expose_headers);
        let cors = if self.allow_credentials { cors.allow_credentials() } else { cors };
        self.max_age.into_iter().fold(cors, |cors, seconds| cors.max_age(Duration::from_secs(seconds)))
    }

    /// The configuration as Rust source.
    pub fn source(&self) -> String {
        let lists = [
            ("allow_origins", &self.allow_origins),
            ("allow_methods", &self.allow_methods),
            ("allow_headers", &self.allow_headers),
            ("expose_headers", &self.expose_headers),
        ];
        let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let mut source: String = lists.map(|(method, list)| format!(".{method}({list:?})")).collect();
        if let Some(seconds) = self.max_age {
            source += &format!(".max_age(std::time::Duration::from_secs({seconds}))");
        }
        if self.allow_credentials {
            source += ".allow_credentials()";
        }
        format!("lodger_gateway::Cors::new(){source}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_names_of_aws_and_of_cargo() {
        let expected = CorsSettings {
            allow_origins: vec!["https://a.test".to_owned()],
            max_age: Some(60),
            allow_credentials: true,
            ..CorsSettings::default()
        };
        for text in [
            r#"{"AllowOrigins": ["https://a.test"], "MaxAge": 60, "AllowCredentials": true}"#,
            r#"{"allow-origins": ["https://a.test"], "max-age": 60, "allow-credentials": true}"#,
        ] {
            assert_eq!(serde_json::from_str::<CorsSettings>(text).unwrap(), expected, "{text}");
        }
        assert!(serde_json::from_str::<CorsSettings>(r#"{"AllowOrigin": []}"#).is_err());
    }
}
