//! Headers whose values are secrets.

use serde_json::Value;

/// Parts of the names of headers whose values are secrets.
const SECRETS: [&str; 7] = ["authorization", "cookie", "token", "secret", "api-key", "apikey", "password"];

/// The text in place of a secret.
const REMOVED: &str = "(removed)";

/// Returns whether a header has a secret value, by its name.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|secret| name.contains(secret))
}

/// Replaces the values of members with the name of a secret header, at any depth. Their types stay.
pub fn remove_secrets(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if is_secret(name) { remove_strings(value) } else { remove_secrets(value) }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(remove_secrets),
        _ => {}
    }
}

fn remove_strings(value: &mut Value) {
    match value {
        Value::String(text) => REMOVED.clone_into(text),
        Value::Array(values) => values.iter_mut().for_each(remove_strings),
        Value::Object(members) => members.values_mut().for_each(remove_strings),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_headers_with_secrets() {
        for name in ["authorization", "Cookie", "set-cookie", "x-api-key", "X-Amz-Security-Token", "x-client-secret"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["accept", "content-type", "x-request-id"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn removes_the_secrets_of_an_event() {
        let mut event = json!({
            "headers": {"Authorization": "Bearer a", "accept": "*/*"},
            "multiValueHeaders": {"cookie": ["a=1", "b=2"]},
            "cookies": ["a=1"],
            "requestContext": {"authorizer": {"claims": {"sub": "1"}}},
            "body": "a=1",
        });
        remove_secrets(&mut event);
        assert_eq!(
            event,
            json!({
                "headers": {"Authorization": "(removed)", "accept": "*/*"},
                "multiValueHeaders": {"cookie": ["(removed)", "(removed)"]},
                "cookies": ["(removed)"],
                "requestContext": {"authorizer": {"claims": {"sub": "1"}}},
                "body": "a=1",
            })
        );
    }
}
