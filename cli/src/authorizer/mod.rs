//! Authorizers of APIs: results from a file, and the verification of JWTs.

mod jwk;
mod rejection;
mod result;
#[cfg(test)]
mod testing;
mod token;
mod verifier;

use http::HeaderMap;
use lodger_gateway::Authorizer;

use self::{rejection::Rejection, result::read_result, verifier::JwtVerifier};
use crate::{Result, args::AuthorizerArgs};

/// The authorizer of APIs.
#[derive(Debug)]
pub enum RequestAuthorizer {
    /// The same result for each request.
    Fixed(Authorizer),
    Jwt(JwtVerifier),
}

impl RequestAuthorizer {
    /// Reads the files of the arguments. `None` if there is no authorizer.
    ///
    /// # Errors
    /// A file is not readable or not valid.
    pub fn new(args: &AuthorizerArgs) -> Result<Option<Self>> {
        match (&args.authorizer, &args.jwks) {
            (Some(file), _) => Ok(Some(Self::Fixed(read_result(file)?))),
            (None, Some(file)) => {
                let verifier = JwtVerifier::read(file, args.jwt_issuer.clone(), args.jwt_audience.clone())?;
                Ok(Some(Self::Jwt(verifier)))
            }
            (None, None) => Ok(None),
        }
    }

    /// Returns the result for a request with these headers.
    ///
    /// # Errors
    /// The reason for which the API responds with 401.
    pub fn authorize(&self, headers: &HeaderMap) -> std::result::Result<Authorizer, Rejection> {
        match self {
            Self::Fixed(result) => Ok(result.clone()),
            Self::Jwt(verifier) => verifier.verify(headers),
        }
    }
}
