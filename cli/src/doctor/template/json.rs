//! Templates in JSON: of CloudFormation, and those that the AWS CDK writes.

use serde_json::Value;

use super::{intrinsic, node::Node};
use crate::Result;

/// Reads a file.
///
/// # Errors
/// The file is not JSON.
pub(super) fn parse(text: &str) -> Result<Node> {
    Ok(node(serde_json::from_str(text)?))
}

/// Converts a value. serde_json limits the depth.
fn node(value: Value) -> Node {
    match value {
        Value::Null => Node::Null,
        Value::Bool(value) => Node::Literal(value.to_string()),
        Value::Number(value) => Node::Literal(value.to_string()),
        Value::String(value) => Node::Literal(value),
        Value::Array(items) => Node::List(items.into_iter().map(node).collect()),
        Value::Object(entries) => {
            intrinsic::long_form(entries.into_iter().map(|(key, value)| (key, node(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_functions_in_long_form() {
        let node = parse(r#"{"A": {"Fn::GetAtt": ["App", "Arn"]}, "B": {"Ref": "App"}, "C": 1, "D": null}"#).unwrap();
        assert_eq!(node.references(), ["App", "App"]);
        assert_eq!((node.get("C").and_then(Node::literal), node.get("D")), (Some("1"), None));
        assert!(parse("{").is_err() && parse(&"[".repeat(100_000)).is_err());
    }
}
