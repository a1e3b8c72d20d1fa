//! Query parameters.

use super::{fields::Fields, path::percent_decoded};

/// The parameters as they were sent. Those without a name are left out, as are the nothings between two `&`.
pub(super) fn encoded(query: &str) -> Fields {
    parameters(query, str::to_owned)
}

/// The parameters decoded, plus signs to spaces. What AWS makes of an escape that is none is not known; a name or value
/// with one stays encoded.
pub(super) fn decoded(query: &str) -> Fields {
    parameters(query, |text| {
        let text = text.replace('+', " ");
        percent_decoded(text.as_bytes()).map_or(text, |bytes| String::from_utf8_lossy(&bytes).into_owned())
    })
}

fn parameters(query: &str, read: impl Fn(&str) -> String) -> Fields {
    let mut fields = Fields::default();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !name.is_empty() {
            fields.push(&read(name), read(value));
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_are_told_apart_and_decoded_if_asked() {
        let query = "b=2&&a+%2B=x+y%2F&a+%2B=%CE%BB=&flag&=lost&bad=%zz+";
        assert_eq!(
            encoded(query).arrays(),
            json!({"b": ["2"], "a+%2B": ["x+y%2F", "%CE%BB="], "flag": [""], "bad": ["%zz+"]})
        );
        assert_eq!(decoded(query).last(), json!({"b": "2", "a +": "λ=", "flag": "", "bad": "%zz "}));
        let names: Vec<String> = decoded(query).last().as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, ["b", "a +", "flag", "bad"]);
        assert!(encoded("").is_empty());
    }
}
