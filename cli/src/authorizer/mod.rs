//! Authorizers of APIs: results from a file, and the verification of JWTs.

mod jwk;
mod rejection;
mod result;
#[cfg(test)]
mod testing;
mod token;
mod verifier;

pub use self::{rejection::Rejection, result::read_result, verifier::JwtVerifier};
