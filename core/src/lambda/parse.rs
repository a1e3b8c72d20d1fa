//! Deserializes JSON of an event into a type of the user.

use std::any::type_name;

use serde_core::Deserialize;

use crate::Error;

/// The beginnings of serde messages that contain a value.
const WITH_VALUE: [&str; 4] = ["invalid type", "invalid value", "unknown variant", "unknown field"];
/// The beginnings of serde messages that contain only names from the type.
const WITHOUT_VALUE: [&str; 3] = ["missing field", "duplicate field", "invalid length"];
/// The names of JSON types in serde messages.
const KINDS: [&str; 7] = ["null", "boolean", "integer", "floating point", "string", "sequence", "map"];

/// Deserializes `json`, which errors call `name`. Available with the feature `serde`.
///
/// For adapters that read a part of an event.
///
/// # Errors
/// The JSON does not fit the type. The error names the field. It contains neither the value, which may be a token, nor the
/// error of serde, which contains the value.
pub fn parse<'a, T: Deserialize<'a>>(json: &'a [u8], name: &str) -> Result<T, Error> {
    // Only the second deserializer records the path of each field, which takes time.
    serde_json::from_slice(json).or_else(|_| parse_with_path(json, name))
}

fn parse_with_path<'a, T: Deserialize<'a>>(json: &'a [u8], name: &str) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path();
        let field = if path.iter().next().is_none() { String::new() } else { format!("{path}: ") };
        unreadable::<T>(name, &format!("{field}{}", cause(error.inner())))
    })?;
    json.end().map_err(|error| unreadable::<T>(name, &cause(&error)))?;
    Ok(value)
}

fn unreadable<T>(name: &str, cause: &str) -> Error {
    Error::new(format!("cannot read {name} as {}: {cause}", type_name::<T>()))
}

/// Returns the message of an error without the value.
fn cause(error: &serde_json::Error) -> String {
    let message = error.to_string();
    if !error.is_data() {
        return message;
    }
    let message = message.rsplit_once(" at line ").map_or(&*message, |(message, _)| message);
    let begins = |start: &&str| message.starts_with(*start);
    if WITHOUT_VALUE.iter().any(begins) {
        return message.to_owned();
    }
    // Any other message comes from the `Deserialize` of the type.
    let Some(start) = WITH_VALUE.iter().find(|start| begins(start)) else { return "not a valid value".to_owned() };
    let expected = message.rsplit_once(", expected ").map(|(_, expected)| expected);
    let kind =
        message.strip_prefix("invalid type: ").and_then(|found| KINDS.iter().find(|kind| found.starts_with(**kind)));
    let kind = kind.map(|kind| format!(": {kind}"));
    let expected = expected.map(|expected| format!(", expected {expected}"));
    format!("{start}{}{}", kind.unwrap_or_default(), expected.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, net::IpAddr};

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Context<'a> {
        #[serde(borrow)]
        authorizer: Authorizer<'a>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "most fields only cause errors")]
    struct Authorizer<'a> {
        sub: &'a str,
        #[serde(default)]
        level: u8,
        source: Option<IpAddr>,
        role: Option<Role>,
        pair: Option<(u8, u8)>,
        any: Option<Any>,
        own: Option<Own>,
        #[serde(default)]
        claims: BTreeMap<String, Vec<u32>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Role {
        Admin,
        User(#[expect(dead_code, reason = "only causes an error")] u8),
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    enum Any {
        One(#[expect(dead_code, reason = "only causes an error")] u8),
    }

    #[derive(Debug)]
    struct Own;

    impl<'de> Deserialize<'de> for Own {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            Err(serde::de::Error::custom(format!("{text} is not mine")))
        }
    }

    fn read(json: &str) -> Result<Context<'_>, Error> {
        parse(json.as_bytes(), "the request context")
    }

    #[test]
    fn error_names_the_field_without_its_value() {
        for (authorizer, expected) in [
            (r#"{"sub":20011}"#, "authorizer.sub: invalid type: integer, expected a borrowed string"),
            (r#"{"sub":"","level":"hunter2"}"#, "authorizer.level: invalid type: string, expected u8"),
            (r#"{"sub":"","level":"a, expected hunter2"}"#, "authorizer.level: invalid type: string, expected u8"),
            (r#"{"sub":"","level":20011}"#, "authorizer.level: invalid value, expected u8"),
            (r#"{"sub":"","level":null}"#, "authorizer.level: invalid type: null, expected u8"),
            (r#"{"sub":"","level":{"hunter2":1}}"#, "authorizer.level: invalid type: map, expected u8"),
            (r#"{"sub":"","source":"hunter2"}"#, "authorizer.source: not a valid value"),
            (r#"{"sub":"","role":"hunter2"}"#, "authorizer.role: unknown variant, expected `admin` or `user`"),
            (r#"{"sub":"","role":{"user":"hunter2"}}"#, "authorizer.role.user: invalid type: string, expected u8"),
            (r#"{"sub":"","pair":[1]}"#, "authorizer.pair: invalid length 1, expected a tuple of size 2"),
            (r#"{"sub":"","any":"hunter2"}"#, "authorizer.any: not a valid value"),
            (r#"{"sub":"","own":"hunter2"}"#, "authorizer.own: not a valid value"),
            (
                r#"{"sub":"","claims":{"a":[1,"hunter2"]}}"#,
                "authorizer.claims.a[1]: invalid type: string, expected u32",
            ),
            (r#"{"sub":"","sub":""}"#, "authorizer: duplicate field `sub`"),
            ("{}", "authorizer: missing field `sub`"),
        ] {
            let error = read(&format!(r#"{{"authorizer":{authorizer}}}"#)).unwrap_err();
            let expected = format!("cannot read the request context as {}: {expected}", type_name::<Context<'_>>());
            assert_eq!(error.to_string(), expected);
            // `Debug` prints the source as well.
            let all = format!("{error:?}");
            assert!(!all.contains("hunter2") && !all.contains("20011"), "{all}");
        }
        let error = read(r#"{"authorizer":{"sub":"","tenant":"hunter2"}}"#).unwrap_err().to_string();
        assert!(error.contains("authorizer.tenant: unknown field, expected one of `sub`, `level`"), "{error}");
    }

    #[test]
    fn error_of_the_whole_value_names_no_field() {
        let start = format!("cannot read the request context as {}: ", type_name::<Context<'_>>());
        let cause = |json| read(json).unwrap_err().to_string().strip_prefix(&start).unwrap().to_owned();
        assert_eq!(cause("{}"), "missing field `authorizer`");
        assert_eq!(cause("7"), "invalid type: integer, expected struct Context");
        assert_eq!(cause(r#"{"x":tru}"#), "x: expected ident at line 1 column 9");
        assert_eq!(cause(r#"{"authorizer":{"sub":""}} {"#), "trailing characters at line 1 column 27");
    }

    #[test]
    fn borrows_values_from_the_json() {
        let context = read(r#"{"authorizer":{"sub":"me","role":"admin"}}"#).unwrap();
        assert_eq!((context.authorizer.sub, context.authorizer.level), ("me", 0));
        assert!(matches!(context.authorizer.role, Some(Role::Admin)));
    }
}
