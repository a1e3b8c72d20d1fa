//! Templates of SAM, CloudFormation, the AWS CDK and Terraform: their functions on Lambda.

mod cloudformation;
mod function;
mod hcl;
mod intrinsic;
mod json;
mod node;
mod read;
mod stack;
mod terraform;
mod yaml;

#[cfg(test)]
pub use self::function::{FunctionUrl, RestMethod, Variables};
pub use self::{
    function::TemplateFunction,
    read::{find, read},
};
