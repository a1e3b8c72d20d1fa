use std::path::PathBuf;

use clap::Args;

use super::BinaryArgs;
use crate::doctor::CheckedHost;

/// The arguments of `cargo lodger doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without FILE and --template, the command checks the package of this folder: its profile `release`, its zip file for Lambda, its
`.vercel/output` and the templates in its folder. It builds nothing.

    cargo lodger doctor
    cargo lodger doctor target/lambda/app/bootstrap.zip --template template.yaml
    cargo lodger doctor target/release/app --host vercel

Templates are `template.yaml`, `template.yml` and `template.json` of SAM and CloudFormation, `cdk.out/*.template.json` of the AWS CDK,
and `*.tf` of Terraform. Values that only the deployment knows, such as parameters, are not checked.

The exit status is 1 if a problem would make a deployment or its requests fail, and 0 if there are warnings only.")]
pub struct DoctorArgs {
    /// A binary, a zip file for Lambda, or the folder `.vercel/output`.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A template of SAM, CloudFormation, the CDK or Terraform.
    #[arg(short, long, value_name = "FILE")]
    pub template: Vec<PathBuf>,
    /// The host to check a binary for. By default all hosts.
    #[arg(long, value_enum, value_name = "NAME")]
    pub host: Vec<CheckedHost>,
    #[command(flatten)]
    pub package: BinaryArgs,
}
