//! The verification of JWTs as by a JWT authorizer.

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use http::HeaderMap;
use lodger_gateway::Authorizer;
use serde_json::{Map, Value};

use super::{
    jwk::{Key, SignatureError, parse_keys},
    rejection::Rejection,
    token::{bearer_token, parse_token},
};
use crate::Result;

/// A JWT authorizer with the keys of a JWKS file.
///
/// It checks tokens like an HTTP API: the `kid`, the signature, `iss`, `aud` (or `client_id` without `aud`), `exp`, `nbf` and `iat`.
/// An HTTP API accepts RSA only, and a REST API has a list of algorithms; here each algorithm of a key is valid.
///
/// AWS does not document the following, so this type chooses: a token without `exp` is invalid, and clocks have no tolerance.
///
/// Source: [JWT authorizers](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html).
#[derive(Debug)]
pub struct JwtVerifier {
    keys: Vec<Key>,
    issuer: Option<String>,
    audiences: Vec<String>,
}

impl JwtVerifier {
    /// Reads the keys of a JWKS file. Without an issuer or audiences, tokens can have any.
    ///
    /// # Errors
    /// The file is not readable, or has no key that can verify a token.
    pub fn read(path: &Path, issuer: Option<String>, audiences: Vec<String>) -> Result<Self> {
        let parsed = std::fs::read(path).map_err(|error| error.to_string()).and_then(|text| parse_keys(&text));
        let keys = parsed.map_err(|error| format!("cannot read the keys of JWTs in {}: {error}", path.display()))?;
        Ok(Self { keys, issuer, audiences })
    }

    /// Verifies the token of `Authorization`, and returns its claims as the result of a JWT authorizer without scopes.
    ///
    /// # Errors
    /// The reason for which the front responds with 401.
    pub fn verify(&self, headers: &HeaderMap) -> std::result::Result<Authorizer, Rejection> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        self.verify_at(headers, now)
    }

    fn verify_at(&self, headers: &HeaderMap, now: f64) -> std::result::Result<Authorizer, Rejection> {
        let token = parse_token(bearer_token(headers)?)?;
        let mut keys = self.keys.iter().filter(|key| key.id == token.key_id).peekable();
        if keys.peek().is_none() {
            return Err(Rejection::UnknownKey(token.key_id));
        }
        let verified = keys.map(|key| key.verify(&token.algorithm, token.message.as_bytes(), &token.signature));
        match verified.reduce(|all, key| if all.is_ok() || key == Err(SignatureError::Algorithm) { all } else { key }) {
            Some(Ok(())) => {}
            Some(Err(SignatureError::Algorithm)) => return Err(Rejection::Algorithm(token.algorithm)),
            Some(Err(SignatureError::Signature)) | None => return Err(Rejection::Signature),
        }
        self.check_identity(&token.claims)?;
        check_times(&token.claims, now)?;
        Ok(Authorizer::jwt(token.claims, [""; 0]))
    }

    /// Checks the issuer and the audience.
    fn check_identity(&self, claims: &Map<String, Value>) -> std::result::Result<(), Rejection> {
        let issuer = claims.get("iss").and_then(Value::as_str);
        if let Some(expected) = self.issuer.as_deref().filter(|expected| issuer != Some(expected)) {
            return Err(mismatch("iss", claims.get("iss"), &format!("{expected:?}")));
        }
        if self.audiences.is_empty() {
            return Ok(());
        }
        let (name, claim) = match claims.get("aud") {
            Some(audience) => ("aud", Some(audience)),
            None => ("client_id", claims.get("client_id")),
        };
        let is_expected = |value: &Value| value.as_str().is_some_and(|value| self.audiences.iter().any(|a| a == value));
        let is_valid = match claim {
            Some(Value::Array(values)) if name == "aud" => values.iter().any(is_expected),
            claim => claim.is_some_and(is_expected),
        };
        if is_valid { Ok(()) } else { Err(mismatch(name, claim, &format!("one of {:?}", self.audiences))) }
    }
}

fn mismatch(name: &'static str, claim: Option<&Value>, expected: &str) -> Rejection {
    let found = claim.map_or_else(|| "is missing".to_owned(), |value| format!("is {value}"));
    Rejection::Claim(name, format!("{found}: expected {expected}"))
}

/// Checks the end of a token, and its begin if it has one.
fn check_times(claims: &Map<String, Value>, now: f64) -> std::result::Result<(), Rejection> {
    let time = |name: &'static str| match claims.get(name) {
        None => Ok(None),
        Some(value) => {
            let time = value.as_f64().ok_or_else(|| Rejection::Claim(name, "is not a number".to_owned()))?;
            Ok(Some(time))
        }
    };
    match time("exp")? {
        None => return Err(Rejection::Claim("exp", "is missing".to_owned())),
        Some(end) if end <= now => return Err(Rejection::Claim("exp", format!("is {:.0}s ago", now - end))),
        Some(_) => {}
    }
    for name in ["nbf", "iat"] {
        if let Some(begin) = time(name)?.filter(|begin| *begin > now) {
            return Err(Rejection::Claim(name, format!("is in {:.0}s", begin - now)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
