//! The reasons for which a JWT authorizer rejects a request.

use std::fmt;

/// The reason for which a request is not authorized, for the developer. It never contains the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    MissingHeader,
    /// The token is malformed.
    InvalidToken(&'static str),
    UnknownKey(String),
    /// The algorithm is none of the key.
    Algorithm(String),
    Signature,
    /// A claim is not valid: its name, and the reason.
    Claim(&'static str, String),
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader => f.write_str("the request has no `Authorization`"),
            Self::InvalidToken(reason) => write!(f, "cannot read the JWT of `Authorization`: {reason}"),
            Self::UnknownKey(id) => {
                write!(f, "cannot verify the JWT: no key of the JWKS file has the `kid` {}", short(id))
            }
            Self::Algorithm(name) => {
                write!(f, "cannot verify the JWT: its key does not support the `alg` {}", short(name))
            }
            Self::Signature => f.write_str("the JWT is not valid: its signature does not match"),
            Self::Claim(name, reason) => write!(f, "the JWT is not valid: `{name}` {reason}"),
        }
    }
}

impl std::error::Error for Rejection {}

/// Quotes a text of the client, up to 100 characters.
fn short(text: &str) -> String {
    format!("{:?}", text.chars().take(100).collect::<String>())
}
