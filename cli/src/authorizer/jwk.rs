//! The public keys of a JWKS file.
//!
//! Source: [RFC 7517](https://www.rfc-editor.org/rfc/rfc7517).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;

/// A public key with an ID.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) id: String,
    /// The only algorithm of the key, if the file names one.
    algorithm: Option<String>,
    material: Material,
}

#[derive(Debug, Clone)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// Uncompressed points.
    P256(Vec<u8>),
    P384(Vec<u8>),
}

/// The members of a key that this module reads.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Members {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    n: String,
    e: String,
    crv: String,
    x: String,
    y: String,
}

/// The reason why a signature is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignatureError {
    /// The algorithm is none of the key.
    Algorithm,
    Signature,
}

/// Reads the keys of a JWKS document that can verify tokens. Skips keys without an ID, for encryption, or of other types.
///
/// # Errors
/// The document is not a JWKS, or has no such key.
pub(super) fn parse_keys(document: &[u8]) -> Result<Vec<Key>, String> {
    let document: Value = serde_json::from_slice(document).map_err(|error| error.to_string())?;
    let keys = document.get("keys").and_then(Value::as_array).ok_or("expected an object with an array `keys`")?;
    let keys: Vec<Key> = keys.iter().filter_map(parse_key).collect();
    if keys.is_empty() {
        return Err("no key for signatures has a `kid` and the type RSA, P-256 or P-384".to_owned());
    }
    Ok(keys)
}

fn parse_key(key: &Value) -> Option<Key> {
    let key = Members::deserialize(key).ok()?;
    if key.usage.is_some_and(|usage| usage != "sig") {
        return None;
    }
    let material = match (key.kty.as_str(), key.crv.as_str()) {
        ("RSA", _) => Material::Rsa { modulus: integer(&key.n)?, exponent: integer(&key.e)? },
        ("EC", "P-256") => Material::P256(point(&key.x, &key.y, 32)?),
        ("EC", "P-384") => Material::P384(point(&key.x, &key.y, 48)?),
        _ => return None,
    };
    Some(Key { id: key.kid?, algorithm: key.alg, material })
}

/// Decodes an integer, without zeros before it.
fn integer(text: &str) -> Option<Vec<u8>> {
    let bytes = decode(text)?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    bytes.get(first..).map(<[u8]>::to_vec)
}

/// Decodes an uncompressed point.
fn point(x: &str, y: &str, size: usize) -> Option<Vec<u8>> {
    let (x, y) = (decode(x)?, decode(y)?);
    (x.len() == size && y.len() == size).then(|| [&[4], x.as_slice(), &y].concat())
}

/// Decodes base64url without padding.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

impl Key {
    /// Checks the signature of a message.
    ///
    /// The algorithm must be one of the key: RS or PS with SHA-2 for RSA, ES256 for P-256, ES384 for P-384. Neither `none` nor
    /// an HMAC is an algorithm of a public key.
    pub(super) fn verify(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        if self.algorithm.as_ref().is_some_and(|only| only != algorithm) {
            return Err(SignatureError::Algorithm);
        }
        let verified = match (&self.material, algorithm) {
            (Material::Rsa { modulus, exponent }, algorithm) => {
                let parameters = rsa_parameters(algorithm).ok_or(SignatureError::Algorithm)?;
                RsaPublicKeyComponents { n: modulus, e: exponent }.verify(parameters, message, signature)
            }
            (Material::P256(point), "ES256") => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            (Material::P384(point), "ES384") => {
                UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).verify(message, signature)
            }
            _ => return Err(SignatureError::Algorithm),
        };
        verified.map_err(|_| SignatureError::Signature)
    }
}

fn rsa_parameters(algorithm: &str) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        "RS256" => &RSA_PKCS1_2048_8192_SHA256,
        "RS384" => &RSA_PKCS1_2048_8192_SHA384,
        "RS512" => &RSA_PKCS1_2048_8192_SHA512,
        "PS256" => &RSA_PSS_2048_8192_SHA256,
        "PS384" => &RSA_PSS_2048_8192_SHA384,
        "PS512" => &RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The keys and the tokens of RFC 7515, A.2 and A.3, with key IDs.
    const EXAMPLES: &str = include_str!("rfc_7515.json");

    fn examples() -> Value {
        serde_json::from_str(EXAMPLES).unwrap()
    }

    fn keys(keys: Value) -> Result<Vec<Key>, String> {
        parse_keys(json!({"keys": keys}).to_string().as_bytes())
    }

    #[test]
    fn verifies_the_examples_of_rfc_7515() {
        let (keys, examples) = (parse_keys(EXAMPLES.as_bytes()).unwrap(), examples());
        for (index, algorithm) in ["RS256", "ES256"].into_iter().enumerate() {
            let (message, signature) = examples["tokens"][index].as_str().unwrap().rsplit_once('.').unwrap();
            let (key, signature) = (&keys[index], decode(signature).unwrap());
            let verify =
                |algorithm, message: &str, signature: &[u8]| key.verify(algorithm, message.as_bytes(), signature);
            assert_eq!(verify(algorithm, message, &signature), Ok(()));
            assert_eq!(verify(algorithm, &message.replacen('e', "f", 1), &signature), Err(SignatureError::Signature));
            assert_eq!(verify(algorithm, message, &signature[1..]), Err(SignatureError::Signature));
            assert_eq!(verify(algorithm, message, b""), Err(SignatureError::Signature));
            for other in ["none", "None", "", "HS256", "HS512", "ES384", "ES512", "EdDSA"] {
                assert_eq!(verify(other, message, &signature), Err(SignatureError::Algorithm), "{other}");
            }
        }
        // Integers with a zero before them.
        let token = examples["tokens"][0].as_str().unwrap().rsplit_once('.').unwrap();
        let padded =
            parse_key(&json!({"kty": "RSA", "kid": "a", "n": examples["keys"][0]["n"], "e": "AAEAAQ"})).unwrap();
        assert_eq!(padded.verify("RS256", token.0.as_bytes(), &decode(token.1).unwrap()), Ok(()));
        assert_eq!(keys[0].verify("PS256", b"", b""), Err(SignatureError::Signature));
        assert_eq!(keys[1].verify("RS256", b"", b""), Err(SignatureError::Algorithm));
    }

    #[test]
    fn skips_keys_that_cannot_verify_tokens() {
        let examples = examples();
        let (n, x, y) = (&examples["keys"][0]["n"], &examples["keys"][1]["x"], &examples["keys"][1]["y"]);
        let key = |members: Value| keys(json!([members])).map(|keys| keys[0].id.clone());
        assert_eq!(key(json!({"kty": "RSA", "kid": "a", "n": n, "e": "AAEAAQ"})), Ok("a".to_owned()));
        for members in [
            json!({"kty": "RSA", "n": n, "e": "AQAB"}),
            json!({"kty": "RSA", "kid": "a", "n": n, "e": "AQAB", "use": "enc"}),
            json!({"kty": "RSA", "kid": "a", "n": n}),
            json!({"kty": "RSA", "kid": "a", "n": "a b", "e": "AQAB"}),
            json!({"kty": "oct", "kid": "a", "k": "AAAA"}),
            json!({"kty": "EC", "kid": "a", "crv": "P-521", "x": x, "y": y}),
            json!({"kty": "EC", "kid": "a", "crv": "P-384", "x": x, "y": y}),
            json!({"kty": "EC", "kid": "a", "crv": "P-256", "x": x}),
            json!({"kid": "a"}),
            json!({"kty": 1, "kid": "a"}),
            json!(null),
        ] {
            assert!(key(members.clone()).unwrap_err().contains("no key for signatures"), "{members}");
        }
        for document in ["", "[]", "{}", r#"{"keys": {}}"#, "\u{0}"] {
            assert!(parse_keys(document.as_bytes()).is_err(), "{document}");
        }
    }
}
