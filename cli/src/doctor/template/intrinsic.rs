//! The intrinsic functions of CloudFormation, in short form (`!Ref App`) and in long form (`Ref: App`).

use super::node::Node;

/// Returns the value of a function with a name such as `Ref` or `GetAtt`.
pub(super) fn call(name: &str, argument: Node) -> Node {
    match (name, &argument) {
        ("Ref" | "GetAtt", Node::Literal(text)) => Node::Expression(vec![resource(text)]),
        ("GetAtt", Node::List(items)) => {
            Node::Expression(items.first().and_then(Node::literal).map(resource).into_iter().collect())
        }
        ("Sub", Node::Literal(text)) => substituted(text),
        ("Sub", Node::List(items)) => {
            let text = items.first().and_then(Node::literal).unwrap_or_default();
            let names = substituted(text).references().into_iter().map(str::to_owned).collect::<Vec<_>>();
            Node::Expression([names, owned(argument.references())].concat())
        }
        _ => Node::Expression(owned(argument.references())),
    }
}

/// Replaces a table that is a function in long form.
pub(super) fn long_form(mut entries: Vec<(String, Node)>) -> Node {
    let is_call = |name: &str| name == "Ref" || name.starts_with("Fn::");
    match &*entries {
        [(name, _)] if is_call(name) => match entries.pop() {
            Some((name, argument)) => call(name.strip_prefix("Fn::").unwrap_or(&name), argument),
            None => Node::Null,
        },
        _ => Node::Table(entries),
    }
}

/// The text of `Sub`: a literal if it has no `${Name}`.
fn substituted(text: &str) -> Node {
    let names: Vec<String> = text
        .split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .filter(|(name, _)| !name.starts_with('!'))
        .map(|(name, _)| resource(name))
        .collect();
    if names.is_empty() { Node::Literal(text.replace("${!", "${")) } else { Node::Expression(names) }
}

/// The resource in `App.Arn`.
fn resource(name: &str) -> String {
    name.split_once('.').map_or(name, |(resource, _)| resource).trim().to_owned()
}

fn owned(names: Vec<&str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Node {
        Node::Literal(text.to_owned())
    }

    #[test]
    fn finds_the_resources_of_functions() {
        let list = Node::List(vec![literal("App"), literal("Arn")]);
        let arn = "arn:aws:lambda:path/2015-03-31/functions/${App.Arn}/invocations";
        for (name, argument, expected) in [
            ("Ref", literal("App"), vec!["App"]),
            ("GetAtt", literal("App.Arn"), vec!["App"]),
            ("GetAtt", list.clone(), vec!["App"]),
            ("Sub", literal(arn), vec!["App"]),
            ("Sub", Node::List(vec![literal("${X}${Y}"), call("Ref", literal("Z"))]), vec!["X", "Y", "Z"]),
            ("Join", Node::List(vec![literal(""), Node::List(vec![call("GetAtt", list)])]), vec!["App"]),
            ("ImportValue", literal("shared"), vec![]),
            ("GetAtt", Node::List(vec![]), vec![]),
            ("Sub", Node::Null, vec![]),
        ] {
            let value = call(name, argument);
            assert_eq!(value.references(), expected, "{name}");
            assert_eq!(value.literal(), None, "{name}");
        }
    }

    #[test]
    fn a_substitution_without_a_name_is_a_literal() {
        assert_eq!(call("Sub", literal("stream")), literal("stream"));
        assert_eq!(call("Sub", literal("a ${!b}")), literal("a ${b}"));
    }

    #[test]
    fn only_a_single_key_is_a_function() {
        let entries = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), literal("App"))).collect();
        assert_eq!(long_form(entries(&["Ref"])).references(), ["App"]);
        assert_eq!(long_form(entries(&["Fn::Sub"])), literal("App"));
        assert_eq!(long_form(entries(&["Ref", "Type"])).entries().len(), 2);
        assert_eq!(long_form(entries(&[])), Node::Table(Vec::new()));
    }
}
