use std::path::PathBuf;

use clap::Args;

/// A binary of a package, and the features of its build.
#[derive(Debug, Args, Clone, Default)]
pub struct BinaryArgs {
    /// The package with the function. By default the package of this folder.
    #[arg(short, long, value_name = "NAME", help_heading = "Package")]
    pub package: Option<String>,
    /// The binary with the function. By default `default-run`, or the only binary of the package.
    #[arg(long, value_name = "NAME", help_heading = "Package")]
    pub bin: Option<String>,
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
}
