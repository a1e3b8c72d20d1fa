//! The parts of a JWT in compact form.
//!
//! Source: [RFC 7515](https://www.rfc-editor.org/rfc/rfc7515#section-3.1).

use http::{HeaderMap, header::AUTHORIZATION};
use serde_json::{Map, Value};

use super::{jwk::decode, rejection::Rejection};

/// A token whose signature is not checked yet.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub(super) algorithm: String,
    pub(super) key_id: String,
    /// The bytes under the signature.
    pub(super) message: &'a str,
    pub(super) signature: Vec<u8>,
    pub(super) claims: Map<String, Value>,
}

/// Returns the token of `Authorization`, with or without `Bearer` before it.
pub(super) fn bearer_token(headers: &HeaderMap) -> Result<&str, Rejection> {
    let value = headers.get(AUTHORIZATION).ok_or(Rejection::MissingHeader)?;
    let text = value.to_str().map_err(|_| Rejection::InvalidToken("it has a character that is not ASCII"))?.trim();
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim_start()),
        Some(_) => Err(Rejection::InvalidToken("`Authorization` has another scheme than `Bearer`")),
        None => Ok(text),
    }
}

/// Splits and decodes a token.
pub(super) fn parse_token(token: &str) -> Result<Token<'_>, Rejection> {
    let invalid = Rejection::InvalidToken;
    let parts =
        token.rsplit_once('.').and_then(|(message, signature)| Some((message, message.split_once('.')?, signature)));
    let (message, (header, claims), signature) = parts.ok_or(invalid("expected three parts with dots between them"))?;
    if claims.contains('.') {
        return Err(invalid("expected three parts with dots between them"));
    }
    let mut header = object(header).ok_or(invalid("its header is not a JSON object in base64url"))?;
    if header.contains_key("crit") {
        return Err(invalid("its header has `crit`"));
    }
    let mut text = |name, error| match header.remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(invalid(error)),
    };
    Ok(Token {
        algorithm: text("alg", "its header has no `alg`")?,
        key_id: text("kid", "its header has no `kid`")?,
        message,
        signature: decode(signature).ok_or(invalid("its signature is not base64url"))?,
        claims: object(claims).ok_or(invalid("its claims are not a JSON object in base64url"))?,
    })
}

fn object(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&decode(text)?).ok()
}
