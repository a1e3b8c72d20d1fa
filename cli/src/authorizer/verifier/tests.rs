use http::{HeaderValue, header::AUTHORIZATION};
use serde_json::json;

use super::*;
use crate::authorizer::testing::{Issuer, encode};

const NOW: f64 = 1_800_000_000.0;

fn verifier(issuer: &Issuer, name: Option<&str>, audiences: &[&str]) -> JwtVerifier {
    let keys = parse_keys(issuer.jwks().to_string().as_bytes()).unwrap();
    let audiences = audiences.iter().map(ToString::to_string).collect();
    JwtVerifier { keys, issuer: name.map(str::to_owned), audiences }
}

fn headers(authorization: &str) -> HeaderMap {
    HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(authorization).unwrap())])
}

fn verify(verifier: &JwtVerifier, authorization: &str) -> std::result::Result<Authorizer, Rejection> {
    verifier.verify_at(&headers(authorization), NOW)
}

#[test]
fn accepts_each_algorithm_of_a_key_with_and_without_bearer() {
    let issuer = Issuer::new();
    let verifier = verifier(&issuer, None, &[]);
    let claims = json!({"sub": "ada", "exp": NOW + 1.0, "nbf": NOW, "iat": NOW - 1.0});
    let expected = Authorizer::jwt(claims.as_object().unwrap().clone(), [""; 0]);
    for (algorithm, key) in [
        ("RS256", "rsa"),
        ("RS384", "rsa"),
        ("RS512", "rsa"),
        ("PS256", "rsa"),
        ("PS384", "rsa"),
        ("PS512", "rsa"),
        ("RS256", "rs256"),
        ("ES256", "p256"),
        ("ES384", "p384"),
    ] {
        let token = issuer.token(algorithm, key, &claims);
        for authorization in [token.clone(), format!("Bearer {token}"), format!("bearer  {token} ")] {
            assert_eq!(verify(&verifier, &authorization), Ok(expected.clone()), "{algorithm} {key}");
        }
    }
}

#[test]
fn rejects_an_algorithm_that_is_not_of_the_key() {
    let issuer = Issuer::new();
    let verifier = verifier(&issuer, None, &[]);
    let claims = json!({"exp": NOW + 1.0});
    for (algorithm, key) in [
        ("none", "rsa"),
        ("None", "p256"),
        ("HS256", "rsa"),
        ("ES256", "rsa"),
        ("RS256", "p256"),
        ("ES256", "p384"),
        ("RS384", "rs256"),
        ("PS256", "rs256"),
    ] {
        let token = issuer.token(algorithm, key, &claims);
        assert_eq!(verify(&verifier, &token), Err(Rejection::Algorithm(algorithm.to_owned())), "{algorithm} {key}");
    }
    let token = issuer.token("RS256", "other", &claims);
    assert_eq!(verify(&verifier, &token), Err(Rejection::UnknownKey("other".to_owned())));
    let header = json!({"alg": "ES256", "kid": "p256", "crit": ["exp"]});
    let token = issuer.token_with_header("ES256", &header, &claims);
    assert_eq!(verify(&verifier, &token), Err(Rejection::InvalidToken("its header has `crit`")));
    // A token without a signature, and one of another issuer.
    let unsigned = issuer.token_with_header("none", &json!({"alg": "RS256", "kid": "rsa"}), &claims);
    assert_eq!(verify(&verifier, &unsigned), Err(Rejection::Signature));
    let token = Issuer::new().token("ES256", "p256", &claims);
    assert_eq!(verify(&verifier, &token), Err(Rejection::Signature));
}

#[test]
fn finds_the_key_among_several_with_the_same_id() {
    let (issuer, other) = (Issuer::new(), Issuer::new());
    let mut keys = verifier(&issuer, None, &[]).keys;
    keys.extend(verifier(&other, None, &[]).keys);
    keys.iter_mut().for_each(|key| key.id = "same".to_owned());
    let verifier = JwtVerifier { keys, issuer: None, audiences: Vec::new() };
    let claims = json!({"exp": NOW + 1.0});
    for issuer in [&issuer, &other] {
        assert!(verify(&verifier, &issuer.token("ES256", "same", &claims)).is_ok());
    }
    assert_eq!(verify(&verifier, &Issuer::new().token("ES256", "same", &claims)), Err(Rejection::Signature));
}

#[test]
fn checks_the_issuer_and_the_audience() {
    let issuer = Issuer::new();
    for (expected, audiences, claims, rejected) in [
        (None, &[][..], json!({}), None),
        (None, &[], json!({"iss": 7, "aud": 7}), None),
        (Some("https://a"), &[], json!({"iss": "https://a"}), None),
        (Some("https://a"), &[], json!({"iss": "https://a/"}), Some("iss")),
        (Some("https://a"), &[], json!({"iss": ["https://a"]}), Some("iss")),
        (Some("https://a"), &[], json!({}), Some("iss")),
        (None, &["web", "app"], json!({"aud": "app"}), None),
        (None, &["web", "app"], json!({"aud": ["x", "web"]}), None),
        (None, &["web"], json!({"client_id": "web"}), None),
        (None, &["web"], json!({"aud": "x", "client_id": "web"}), Some("aud")),
        (None, &["web"], json!({"aud": null, "client_id": "web"}), Some("aud")),
        (None, &["web"], json!({"aud": []}), Some("aud")),
        (None, &["web"], json!({"aud": {"web": "web"}}), Some("aud")),
        (None, &["web"], json!({"client_id": ["web"]}), Some("client_id")),
        (None, &["web"], json!({}), Some("client_id")),
    ] {
        let mut token = claims.clone();
        token["exp"] = json!(NOW + 1.0);
        let verified = verify(&verifier(&issuer, expected, audiences), &issuer.token("ES256", "p256", &token));
        let name = verified.err().map(|rejection| match rejection {
            Rejection::Claim(name, _) => name,
            other => panic!("{other}"),
        });
        assert_eq!(name, rejected, "{expected:?} {audiences:?} {claims}");
    }
}

#[test]
fn checks_the_times() {
    let issuer = Issuer::new();
    let verifier = verifier(&issuer, None, &[]);
    for (claims, rejected) in [
        (json!({"exp": NOW + 0.5}), None),
        (json!({"exp": NOW}), Some("`exp` is 0s ago")),
        (json!({"exp": 1}), Some("`exp` is 1799999999s ago")),
        (json!({"exp": "1900000000"}), Some("`exp` is not a number")),
        (json!({"exp": null}), Some("`exp` is not a number")),
        (json!({}), Some("`exp` is missing")),
        (json!({"exp": NOW + 9.0, "nbf": NOW + 5.0}), Some("`nbf` is in 5s")),
        (json!({"exp": NOW + 9.0, "iat": NOW + 5.0}), Some("`iat` is in 5s")),
        (json!({"exp": NOW + 9.0, "iat": []}), Some("`iat` is not a number")),
        (json!({"exp": 1e300, "nbf": -1e300}), None),
    ] {
        let text =
            verify(&verifier, &issuer.token("ES256", "p256", &claims)).err().map(|rejection| rejection.to_string());
        assert_eq!(text, rejected.map(|text| format!("the JWT is not valid: {text}")), "{claims}");
    }
    // With the clock of the machine.
    let token = issuer.token("ES256", "p256", &json!({"exp": 4_000_000_000_u64, "iat": 1_700_000_000}));
    assert!(verifier.verify(&headers(&token)).is_ok());
}

#[test]
fn rejects_malformed_tokens_and_never_shows_them() {
    let issuer = Issuer::new();
    let verifier = verifier(&issuer, None, &[]);
    let valid = issuer.token("RS256", "rsa", &json!({"exp": NOW + 1.0}));
    let (header, rest) = valid.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let parts = |header: &str| format!("{}.{claims}.{signature}", encode(header.as_bytes()));
    let deep = "[".repeat(100_000);
    for authorization in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {valid}"),
        format!("Bearer {valid} {valid}"),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{valid}.{signature}"),
        format!(".{rest}"),
        format!("{header}..{signature}"),
        format!("{header}.{claims}.{signature}="),
        format!("{header}.{claims}.*"),
        format!("{header}.e30.{signature}"),
        parts("[]"),
        parts("{}"),
        parts("\u{0}\u{ff}"),
        parts(r#"{"alg":"RS256"}"#),
        parts(r#"{"kid":"rsa"}"#),
        parts(r#"{"alg":7,"kid":"rsa"}"#),
        parts(r#"{"alg":"RS256","kid":["rsa"]}"#),
        parts(r#"{"alg":"RS256","kid":"rsa","crit":["b64"],"b64":false}"#),
        parts(&format!(r#"{{"alg":"RS256","kid":{deep}"#)),
        parts(&json!({"alg": "RS256", "kid": "k\n\u{1b}[31m".repeat(1000)}).to_string()),
    ] {
        let rejection = verify(&verifier, &authorization).unwrap_err();
        let text = rejection.to_string();
        assert!(text.len() < 800 && !text.contains(['\n', '\u{1b}']), "{text}");
        assert!(!text.contains(signature) && !text.contains(claims), "{text}");
    }
    let obs_text = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_bytes(b"Bearer \xff").unwrap())]);
    assert!(matches!(verifier.verify(&obs_text), Err(Rejection::InvalidToken(_))));
    assert_eq!(verifier.verify(&HeaderMap::new()), Err(Rejection::MissingHeader));
}

#[test]
fn names_the_file_that_cannot_be_read() {
    let error = JwtVerifier::read(Path::new("/does/not/exist.json"), None, Vec::new()).unwrap_err().to_string();
    assert!(error.starts_with("cannot read the keys of JWTs in /does/not/exist.json: "), "{error}");
}
