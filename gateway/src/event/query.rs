//! Query parameters.

use crate::event::{multi_map::MultiMap, path::percent_decode};

/// Returns the parameters as sent. Parameters without a name are dropped, empty ones between two `&` included.
pub(crate) fn encoded_parameters(query: &str) -> MultiMap {
    parameters(query, str::to_owned)
}

/// Returns the decoded parameters, with plus signs as spaces. AWS does not document how fronts decode an invalid escape; here
/// a name or value with one stays encoded.
pub(crate) fn decoded_parameters(query: &str) -> MultiMap {
    parameters(query, |text| {
        let text = text.replace('+', " ");
        percent_decode(text.as_bytes()).map_or(text, |bytes| String::from_utf8_lossy(&bytes).into_owned())
    })
}

fn parameters(query: &str, decode: impl Fn(&str) -> String) -> MultiMap {
    let mut parameters = MultiMap::default();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !name.is_empty() {
            parameters.append(&decode(name), decode(value));
        }
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn splits_and_decodes_parameters() {
        let query = "b=2&&a+%2B=x+y%2F&a+%2B=%CE%BB=&flag&=lost&bad=%zz+";
        assert_eq!(
            encoded_parameters(query).arrays(),
            json!({"b": ["2"], "a+%2B": ["x+y%2F", "%CE%BB="], "flag": [""], "bad": ["%zz+"]})
        );
        assert_eq!(decoded_parameters(query).last_values(), json!({"b": "2", "a +": "λ=", "flag": "", "bad": "%zz "}));
        let names: Vec<String> = decoded_parameters(query).last_values().as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, ["b", "a +", "flag", "bad"]);
        assert!(encoded_parameters("").is_empty());
    }
}
