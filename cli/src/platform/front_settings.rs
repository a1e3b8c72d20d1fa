use std::fmt::Write as _;

use lodger_gateway::Front;

use crate::{
    Result,
    args::DevArgs,
    project::{CorsSettings, Settings},
};

/// The settings of the fronts, from the command line or from `Cargo.toml`.
#[derive(Debug, Default)]
pub struct FrontSettings {
    pub stage: Option<String>,
    media_types: Vec<String>,
    cors: Option<CorsSettings>,
}

impl FrontSettings {
    /// Combines the settings. Those of the command line come first.
    ///
    /// # Errors
    /// The file with the CORS configuration cannot be read.
    pub fn new(args: &DevArgs, project: Option<&Settings>) -> Result<Self> {
        let media_types = match project {
            Some(project) if args.binary_media_types.is_empty() => &project.binary_media_types,
            _ => &args.binary_media_types,
        };
        let cors = match &args.cors {
            Some(file) => Some(CorsSettings::read(file)?),
            None => project.and_then(|project| project.cors.clone()),
        };
        let stage = args.stage.as_ref().or(project.and_then(|project| project.stage.as_ref()));
        Ok(Self { stage: stage.cloned(), media_types: media_types.clone(), cors })
    }

    /// Applies the settings to a front.
    pub fn apply(&self, front: Front) -> Front {
        let front = front.binary_media_types(self.media_types.clone());
        let front = self.cors.iter().fold(front, |front, cors| front.cors(cors.to_cors()));
        match &self.stage {
            Some(stage) => front.stage(stage),
            None if front.has_stages() => {
                let domain = domain(&front);
                front.custom_domain(domain)
            }
            None => front,
        }
    }

    /// The Rust source of a front with the settings that have an effect on it.
    pub fn source(&self, front: &Front) -> String {
        let mut source = format!("Front::{}()", front.name().replace('-', "_"));
        let _ = match &self.stage {
            Some(stage) if front.has_stages() => write!(source, ".stage({stage:?})"),
            None if front.has_stages() => write!(source, ".custom_domain({:?})", domain(front)),
            _ => Ok(()),
        };
        if front.has_binary_media_types() && !self.media_types.is_empty() {
            let _ = write!(source, ".binary_media_types({:?})", self.media_types);
        }
        if let Some(cors) = self.cors.as_ref().filter(|_| front.has_cors()) {
            let _ = write!(source, ".cors({})", cors.source());
        }
        source
    }
}

/// The domain of an API without a stage in its URLs, as behind a domain of the user's.
fn domain(front: &Front) -> String {
    format!("{front}.localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_settings_that_have_an_effect() {
        let plain = FrontSettings::default();
        assert_eq!(plain.source(&Front::alb()), "Front::alb()");
        assert_eq!(plain.source(&Front::rest_api()), r#"Front::rest_api().custom_domain("rest-api.localhost")"#);
        let cors = serde_json::from_str(r#"{"AllowOrigins": ["*"], "MaxAge": 60, "AllowCredentials": true}"#).unwrap();
        let media_types = vec!["image/png".to_owned(), "*/*".to_owned()];
        let all = FrontSettings { stage: Some("prod".to_owned()), media_types, cors: Some(cors) };
        assert_eq!(
            all.source(&Front::rest_api()),
            r#"Front::rest_api().stage("prod").binary_media_types(["image/png", "*/*"])"#
        );
        assert_eq!(
            all.source(&Front::function_url()),
            "Front::function_url().cors(lodger_gateway::Cors::new().allow_origins([\"*\"])\
             .max_age(std::time::Duration::from_secs(60)).allow_credentials())"
        );
        assert_eq!(all.source(&Front::alb()), "Front::alb()");
    }
}
