use std::{ffi::OsString, path::PathBuf};

use clap::Args;

use super::variable;

/// The program: a binary of a package, or any command.
#[derive(Debug, Args, Clone, Default)]
pub struct TargetArgs {
    /// The package with the function. By default the package of this folder.
    #[arg(short, long, value_name = "NAME", help_heading = "Package")]
    pub package: Option<String>,
    /// The binary with the function. By default `default-run`, or the only binary of the package.
    #[arg(long, value_name = "NAME", help_heading = "Package")]
    pub bin: Option<String>,
    /// Builds in release mode.
    #[arg(short, long, help_heading = "Package")]
    pub release: bool,
    /// Builds with these features, separated by commas.
    #[arg(short = 'F', long, value_name = "FEATURES", value_delimiter = ',', help_heading = "Package")]
    pub features: Vec<String>,
    /// Builds with all features.
    #[arg(long, help_heading = "Package")]
    pub all_features: bool,
    /// Builds without the default features.
    #[arg(long, help_heading = "Package")]
    pub no_default_features: bool,
    /// The `Cargo.toml` of the package or the workspace.
    #[arg(long, value_name = "FILE", help_heading = "Package")]
    pub manifest_path: Option<PathBuf>,
    /// Starts this program instead of a binary of the package: a function in any language.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// The variables of the environment of the function.
#[derive(Debug, Args, Clone, Default)]
pub struct VariableArgs {
    /// A variable of the environment of the function.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable, help_heading = "Environment")]
    pub env: Vec<(String, String)>,
    /// A file with variables of the environment. By default `.env`, if there is one.
    #[arg(long, value_name = "FILE", help_heading = "Environment")]
    pub env_file: Vec<PathBuf>,
}

/// The authorizer of HTTP APIs and REST APIs.
#[derive(Debug, Args, Clone, Default)]
pub struct AuthorizerArgs {
    /// A file with the result of an authorizer for each request: `claims` and `scopes` of a JWT, or `principalId` and `context`.
    #[arg(long, value_name = "FILE", help_heading = "Authorizer", conflicts_with = "jwks")]
    pub authorizer: Option<PathBuf>,
    /// A JWKS file. Requests need a JWT in `Authorization` that one of its keys has signed.
    #[arg(long, value_name = "FILE", help_heading = "Authorizer")]
    pub jwks: Option<PathBuf>,
    /// The issuer of JWTs. By default any.
    #[arg(long, value_name = "URL", help_heading = "Authorizer", requires = "jwks")]
    pub jwt_issuer: Option<String>,
    /// An audience of JWTs. By default any.
    #[arg(long, value_name = "NAME", help_heading = "Authorizer", requires = "jwks")]
    pub jwt_audience: Vec<String>,
}
