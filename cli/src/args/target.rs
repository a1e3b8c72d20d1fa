use std::{ffi::OsString, path::PathBuf};

use clap::Args;

use super::{BinaryArgs, variable};

/// The program: a binary of a package, or any command.
#[derive(Debug, Args, Clone, Default)]
pub struct TargetArgs {
    #[command(flatten)]
    pub binary: BinaryArgs,
    /// Builds in release mode.
    #[arg(short, long, help_heading = "Package")]
    pub release: bool,
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
