//! The language of Terraform, HCL.

use hcl_edit::{
    expr::{Expression, ObjectKey, Traversal, TraversalOperator},
    structure::{Block, Body},
    visit::{self, Visit},
};

use super::node::Node;
use crate::Result;

/// A resource of a file.
pub(super) struct Resource {
    file: String,
    pub kind: String,
    name: String,
    pub arguments: Node,
}

/// A function, with the addresses of itself and of its aliases.
pub(super) struct Function<'a> {
    pub resource: &'a Resource,
    addresses: Vec<String>,
}

impl<'a> Function<'a> {
    /// Finds the aliases of a function among the resources.
    pub(super) fn new(resource: &'a Resource, resources: &[Resource]) -> Self {
        let mut function = Self { resource, addresses: vec![resource.address()] };
        let aliases = resources.iter().filter(|resource| resource.kind == "aws_lambda_alias");
        let aliases = aliases.filter(|alias| alias.refers_to("function_name", &function)).map(Resource::address);
        let aliases: Vec<_> = aliases.collect();
        function.addresses.extend(aliases);
        function
    }
}

/// Reads the resources of a file.
///
/// # Errors
/// The file is not in the language of Terraform.
pub(super) fn resources(file: &str, text: &str) -> Result<Vec<Resource>> {
    let body: Body = text.parse()?;
    let blocks = body.get_blocks("resource");
    Ok(blocks
        .filter_map(|block| {
            let [kind, name] = &*block.labels else { return None };
            let (kind, name) = (kind.as_str().to_owned(), name.as_str().to_owned());
            Some(Resource { file: file.to_owned(), kind, name, arguments: arguments(block) })
        })
        .collect())
}

impl Resource {
    /// The file and the resource, for messages.
    pub(super) fn place(&self) -> String {
        format!("{} ({}.{})", self.file, self.kind, self.name)
    }

    /// The name in the expressions of other resources, such as `aws_lambda_function.app`.
    pub(super) fn address(&self) -> String {
        format!("{}.{}", self.kind, self.name)
    }

    /// Whether an argument refers to a function or to one of its aliases, or is its literal name.
    pub(super) fn refers_to(&self, argument: &str, function: &Function<'_>) -> bool {
        let Some(argument) = self.arguments.get(argument) else { return false };
        let literal = function.resource.arguments.get("function_name").and_then(Node::literal);
        let is_referred_to = |address: &String| argument.references().contains(&&**address);
        function.addresses.iter().any(is_referred_to) || (literal.is_some() && argument.literal() == literal)
    }

    /// Whether an argument refers to a function, or has a value that only the deployment knows, such as a variable of a module.
    pub(super) fn may_refer_to(&self, argument: &str, function: &Function<'_>) -> bool {
        let is_unknown = self.arguments.get(argument).is_some_and(|argument| {
            let is_resource = |name: &&str| name.starts_with("aws_lambda_");
            matches!(argument, Node::Expression(_)) && !argument.references().iter().any(is_resource)
        });
        is_unknown || self.refers_to(argument, function)
    }
}

/// The arguments of a block, and its blocks by their names.
fn arguments(block: &Block) -> Node {
    let mut entries = Vec::new();
    for attribute in block.body.attributes() {
        entries.push((attribute.key.to_string(), node(&attribute.value)));
    }
    for block in block.body.blocks() {
        match &*block.labels {
            // Blocks of the name of the label, as many as only the deployment knows.
            [label] if block.ident.as_str() == "dynamic" => {
                entries.push((label.as_str().to_owned(), Node::Expression(Vec::new())));
            }
            _ => entries.push((block.ident.to_string(), arguments(block))),
        }
    }
    Node::Table(entries)
}

/// Converts an expression. The parser limits the depth.
fn node(expression: &Expression) -> Node {
    match expression {
        Expression::Null(_) => Node::Null,
        Expression::Bool(value) => Node::Literal(value.to_string()),
        Expression::Number(value) => Node::Literal(value.value().to_string()),
        Expression::String(value) => Node::Literal(value.to_string()),
        Expression::Array(items) => Node::List(items.iter().map(node).collect()),
        Expression::Object(object) => {
            let entries = object.iter().filter_map(|(key, value)| Some((key_text(key)?, node(value.expr()))));
            Node::Table(entries.collect())
        }
        _ => {
            let mut references = References::default();
            references.visit_expr(expression);
            Node::Expression(references.0)
        }
    }
}

fn key_text(key: &ObjectKey) -> Option<String> {
    match key {
        ObjectKey::Ident(name) => Some(name.to_string()),
        ObjectKey::Expression(expression) => expression.as_str().map(str::to_owned),
    }
}

/// Collects the resources in an expression, such as `aws_lambda_function.app` in `aws_lambda_function.app.arn`.
#[derive(Default)]
struct References(Vec<String>);

impl Visit for References {
    fn visit_traversal(&mut self, node: &Traversal) {
        let attribute = node.operators.first().map(|operator| operator.value());
        if let (Expression::Variable(kind), Some(TraversalOperator::GetAttr(name))) = (&node.expr, attribute) {
            self.0.push(format!("{}.{}", kind.as_str(), name.as_str()));
        }
        visit::visit_traversal(self, node);
    }
}
