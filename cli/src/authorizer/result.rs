//! The result of an authorizer, from a file.

use std::path::Path;

use lodger_gateway::Authorizer;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Result;

/// The members of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct File {
    claims: Option<Map<String, Value>>,
    scopes: Option<Vec<String>>,
    principal_id: Option<String>,
    context: Option<Map<String, Value>>,
}

/// Reads the result of an authorizer: `claims` and `scopes` of a JWT authorizer, or `principalId` and `context` of a Lambda
/// authorizer.
///
/// # Errors
/// The file is not readable, or has other members.
pub fn read_result(path: &Path) -> Result<Authorizer> {
    let parsed = std::fs::read(path).map_err(|error| error.to_string()).and_then(|text| parse_result(&text));
    parsed.map_err(|error| format!("cannot read the result of an authorizer in {}: {error}", path.display()).into())
}

fn parse_result(text: &[u8]) -> std::result::Result<Authorizer, String> {
    match serde_json::from_slice(text).map_err(|error| error.to_string())? {
        File { claims: Some(claims), scopes, principal_id: None, context: None } => {
            Ok(Authorizer::jwt(claims, scopes.unwrap_or_default()))
        }
        File { claims: None, scopes: None, principal_id, context } if principal_id.is_some() || context.is_some() => {
            Ok(Authorizer::lambda(principal_id.unwrap_or_default(), context.unwrap_or_default()))
        }
        _ => Err("expected claims and scopes, or principalId and context".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_result_of_a_jwt_authorizer_and_of_a_lambda_authorizer() {
        let (claims, context) = ([("sub", json!("ada")), ("exp", json!(1))], [("tenant", json!(7))]);
        let none = [("", Value::Null); 0];
        for (text, expected) in [
            (
                r#"{"claims": {"sub": "ada", "exp": 1}, "scopes": ["a", "b"]}"#,
                Authorizer::jwt(claims.clone(), ["a", "b"]),
            ),
            (r#"{"claims": {"sub": "ada", "exp": 1}}"#, Authorizer::jwt(claims, [""; 0])),
            (r#"{"principalId": "ada", "context": {"tenant": 7}}"#, Authorizer::lambda("ada", context.clone())),
            (r#"{"principalId": "ada"}"#, Authorizer::lambda("ada", none)),
            (r#"{"context": {"tenant": 7}}"#, Authorizer::lambda("", context)),
        ] {
            assert_eq!(parse_result(text.as_bytes()).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn rejects_other_members_and_types() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"claims": []}"#,
            r#"{"scopes": ["a"]}"#,
            r#"{"claims": {}, "principalId": "ada"}"#,
            r#"{"claims": {}, "context": {}}"#,
            r#"{"principalId": "ada", "scopes": []}"#,
            r#"{"principalId": 7}"#,
            r#"{"claims": {}, "scope": "a"}"#,
        ] {
            assert!(parse_result(text.as_bytes()).is_err(), "{text}");
        }
        let error = read_result(Path::new("/does/not/exist.json")).unwrap_err().to_string();
        assert!(error.starts_with("cannot read the result of an authorizer in /does/not/exist.json: "), "{error}");
    }
}
