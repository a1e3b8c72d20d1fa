//! Templates in YAML. JSON is a part of YAML, but has a reader of its own, for its escapes.

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::{intrinsic, node::Node};
use crate::Result;

/// The maximum depth of a template. Deeper ones could exhaust the stack.
const MAX_DEPTH: usize = 64;

/// A list or a table that has not ended.
struct Open {
    /// The function of the tag.
    function: Option<String>,
    /// The items of a list, or the keys and values of a table in turns.
    items: Vec<Node>,
    is_table: bool,
}

/// Reads the first document of a file. An alias is a value that is not known.
///
/// # Errors
/// The file is not YAML, or is nested too deeply.
pub(super) fn parse(text: &str) -> Result<Node> {
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, _) = event?;
        if open.len() >= MAX_DEPTH && matches!(event, Event::SequenceStart(..) | Event::MappingStart(..)) {
            return Err(format!("nested more than {MAX_DEPTH} levels deep").into());
        }
        let node = match event {
            Event::Scalar(text, style, _, tag) => {
                let node = scalar(&text, style);
                match function(tag.as_deref()) {
                    Some(name) => intrinsic::call(&name, node),
                    None => node,
                }
            }
            Event::Alias(_) => Node::Expression(Vec::new()),
            Event::SequenceStart(_, tag) => {
                open.push(Open { function: function(tag.as_deref()), items: Vec::new(), is_table: false });
                continue;
            }
            Event::MappingStart(_, tag) => {
                open.push(Open { function: function(tag.as_deref()), items: Vec::new(), is_table: true });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(ended) => closed(ended),
                None => continue,
            },
            _ => continue,
        };
        match open.last_mut() {
            Some(parent) => parent.items.push(node),
            None => return Ok(node),
        }
    }
    Ok(Node::Null)
}

fn scalar(text: &str, style: ScalarStyle) -> Node {
    match text {
        "" | "~" | "null" | "Null" | "NULL" if style == ScalarStyle::Plain => Node::Null,
        _ => Node::Literal(text.to_owned()),
    }
}

/// The name of a function such as `!Ref`. Tags of YAML itself, such as `!!str`, are none.
fn function(tag: Option<&Tag>) -> Option<String> {
    tag.filter(|tag| tag.handle == "!").map(|tag| tag.suffix.clone())
}

fn closed(ended: Open) -> Node {
    let node = if ended.is_table {
        let mut entries = Vec::new();
        let mut items = ended.items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            if let Node::Literal(key) = key {
                entries.push((key, value));
            }
        }
        intrinsic::long_form(entries)
    } else {
        Node::List(ended.items)
    };
    match ended.function {
        Some(name) => intrinsic::call(&name, node),
        None => node,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_tags_of_cloudformation() {
        let node = parse(
            r#"
Resources:
  Url:
    Target: !GetAtt App.Arn
    Long: { "Fn::GetAtt": [App, Arn] }
    Sub: !Sub "https://${Api}.example"
    Join: !Join ["", [a, !Ref B]]
    If: !If [Condition, 1, !Ref C]
    Table: !Transform { Name: x, Parameter: !Ref D }
    Text: !!str text
    Null: ~
    Quoted: "~"
    Number: 29
    Shared: &shared {Key: value}
    Alias: *shared
"#,
        )
        .unwrap();
        let url = node.path(&["Resources", "Url"]).unwrap();
        let references = |name: &str| url.get(name).unwrap().references();
        assert_eq!((references("Target"), references("Long")), (vec!["App"], vec!["App"]));
        assert_eq!((references("Sub"), references("Join")), (vec!["Api"], vec!["B"]));
        assert_eq!((references("If"), references("Table")), (vec!["C"], vec!["D"]));
        let literal = |name: &str| url.get(name).and_then(Node::literal);
        assert_eq!((literal("Text"), literal("Quoted"), literal("Number")), (Some("text"), Some("~"), Some("29")));
        assert_eq!((literal("If"), literal("Alias"), url.get("Null")), (None, None, None));
        assert_eq!(url.path(&["Shared", "Key"]).and_then(Node::literal), Some("value"));
    }

    #[test]
    fn rejects_what_is_not_yaml_and_deep_nesting() {
        for text in ["a: [", "a: 'x", "{", "a: b: c"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let error = parse(&"[".repeat(100)).unwrap_err().to_string();
        assert!(error.contains("nested more than 64 levels deep"), "{error}");
        assert!(parse(&"[".repeat(100_000)).is_err() && parse(&"- ".repeat(100_000)).is_err());
        assert_eq!(parse("").unwrap(), Node::Null);
    }
}
