//! Secrets in variables of the environment. No message contains a value.

use super::finding::{Check, CheckedHost, Finding, Severity};

/// Whether a variable looks like a secret with a literal value: by its name, and by the value if it only names another place.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let has_word = |word: &str| name == word || name.ends_with(&format!("_{word}"));
    let is_named_so =
        ["SECRET", "TOKEN", "KEY", "PASSWORD", "PASSPHRASE"].into_iter().any(has_word) || name.contains("PASSWORD");
    // A public key is not secret, and AWS resolves `{{resolve:secretsmanager:..}}` and the user an ARN.
    let is_public = name.contains("PUBLIC");
    let is_reference = value.is_empty() || value.starts_with("{{resolve:") || value.starts_with("arn:");
    is_named_so && !is_public && !is_reference
}

/// The finding of a secret.
pub(super) fn finding(place: &str, name: &str, hosts: Vec<CheckedHost>) -> Finding {
    let store = match *hosts {
        [CheckedHost::Vercel] => "set the variable in the project with `vercel env add`",
        _ => "store it in AWS Secrets Manager or Parameter Store, and read it at the start",
    };
    Finding {
        severity: Severity::Warning,
        check: Check::Variables,
        hosts,
        place: place.to_owned(),
        problem: format!("the variable {name} looks like a secret, and its value is in the file"),
        fix: store.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_secrets_by_name() {
        for name in ["API_TOKEN", "STRIPE_KEY", "client_secret", "PASSWORD", "DB_PASSWORD", "PASSWORD_HASH", "TOKEN"] {
            assert!(is_secret(name, "x"), "{name}");
        }
        for name in ["TOKEN_URL", "MONKEY", "SECRETS_ARN", "KEYBOARD", "VAPID_PUBLIC_KEY", "AWS_KEY_ID", ""] {
            assert!(!is_secret(name, "x"), "{name}");
        }
    }

    #[test]
    fn ignores_values_that_name_another_place() {
        for value in
            ["", "{{resolve:secretsmanager:db:SecretString:password}}", "arn:aws:secretsmanager:eu-west-1:1:secret:a"]
        {
            assert!(!is_secret("DB_PASSWORD", value), "{value}");
        }
    }
}
