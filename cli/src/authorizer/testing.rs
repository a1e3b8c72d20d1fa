//! An issuer of JWTs for tests.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
        KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
        RSA_PSS_SHA512, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
    },
};
use serde_json::{Value, json};

/// A key for these tests only.
const RSA: &[u8] = include_bytes!("testing.der");
/// The private keys of the issuer.
pub(super) struct Issuer {
    random: SystemRandom,
    rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
}

impl Issuer {
    pub(super) fn new() -> Self {
        let random = SystemRandom::new();
        let ec = |algorithm: &'static EcdsaSigningAlgorithm| {
            let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
            EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).unwrap()
        };
        let (p256, p384) = (ec(&ECDSA_P256_SHA256_FIXED_SIGNING), ec(&ECDSA_P384_SHA384_FIXED_SIGNING));
        Self { rsa: RsaKeyPair::from_pkcs8(RSA).unwrap(), p256, p384, random }
    }

    /// The public keys, with an RSA key that names its algorithm.
    pub(super) fn jwks(&self) -> Value {
        let rsa = RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
        let (n, e) = (encode(&rsa.n), encode(&rsa.e));
        let ec = |id, curve, key: &EcdsaKeyPair| {
            let point = &key.public_key().as_ref()[1..];
            let (x, y) = point.split_at(point.len() / 2);
            json!({"kty": "EC", "kid": id, "crv": curve, "x": encode(x), "y": encode(y)})
        };
        json!({"keys": [
            {"kty": "oct", "kid": "rsa", "k": n},
            {"kty": "RSA", "kid": "rsa", "n": n, "e": e, "use": "sig"},
            {"kty": "RSA", "kid": "rs256", "n": n, "e": e, "alg": "RS256"},
            ec("p256", "P-256", &self.p256),
            ec("p384", "P-384", &self.p384),
        ]})
    }

    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let rsa = |encoding: &'static dyn RsaEncoding| {
            let mut signature = vec![0; self.rsa.public().modulus_len()];
            self.rsa.sign(encoding, &self.random, message, &mut signature).unwrap();
            signature
        };
        match algorithm {
            "RS256" => rsa(&RSA_PKCS1_SHA256),
            "RS384" => rsa(&RSA_PKCS1_SHA384),
            "RS512" => rsa(&RSA_PKCS1_SHA512),
            "PS256" => rsa(&RSA_PSS_SHA256),
            "PS384" => rsa(&RSA_PSS_SHA384),
            "PS512" => rsa(&RSA_PSS_SHA512),
            "ES256" => self.p256.sign(&self.random, message).unwrap().as_ref().to_vec(),
            "ES384" => self.p384.sign(&self.random, message).unwrap().as_ref().to_vec(),
            _ => Vec::new(),
        }
    }

    pub(super) fn token(&self, algorithm: &str, key: &str, claims: &Value) -> String {
        self.token_with_header(algorithm, &json!({"typ": "JWT", "alg": algorithm, "kid": key}), claims)
    }

    pub(super) fn token_with_header(&self, algorithm: &str, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = self.sign(algorithm, message.as_bytes());
        format!("{message}.{}", encode(&signature))
    }
}

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
