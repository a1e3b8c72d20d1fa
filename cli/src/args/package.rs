use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::BinaryArgs;
use crate::binary::Machine;

/// The arguments of `cargo lodger package`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("host").required(true))]
#[command(after_help = "\
The build uses cargo-zigbuild or cargo-lambda if one is installed: both link with an old glibc, and for both architectures.
Otherwise cargo builds for this machine. The command refuses a binary that the host cannot start.

    cargo lodger package --lambda --arch arm64
    aws lambda update-function-code --function-name app --zip-file fileb://target/lambda/app/bootstrap.zip

    cargo lodger package --vercel && vercel deploy --prebuilt

The zip file has the binary as `bootstrap`. The same binary gives the same bytes. --vercel writes one function for every path
without a file in `public/`, and the cron jobs of `vercel.json`.

[package.metadata.lodger] of Cargo.toml can have bin and features.")]
pub struct PackageArgs {
    /// Writes a zip file for the runtime `provided.al2023` of AWS Lambda.
    #[arg(long, group = "host")]
    pub lambda: bool,
    /// Writes the folder `.vercel/output` for `vercel deploy --prebuilt`.
    #[arg(long, group = "host")]
    pub vercel: bool,
    /// The architecture of the function. By default that of this machine, or that of the file of --binary.
    #[arg(long, value_enum, value_name = "NAME")]
    pub arch: Option<Machine>,
    /// The zip file or the folder to write. By default `target/lambda/NAME/bootstrap.zip`, or `.vercel/output` of the package.
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// Packages this file, and builds nothing. The other paths then are in the current folder.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["BinaryArgs", "profile"])]
    pub binary: Option<PathBuf>,
    /// The profile of the build.
    #[arg(long, value_name = "NAME", default_value = "release", help_heading = "Package")]
    pub profile: String,
    #[command(flatten)]
    pub build: BinaryArgs,
}
