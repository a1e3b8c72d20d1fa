use super::node::{Node, is_set_to};

/// A function of a template, with the resources that belong to it. `None` is a value that only the deployment knows.
#[derive(Debug, Clone, Default)]
pub struct TemplateFunction {
    /// The file and the name of the resource.
    pub place: String,
    /// The runtime, such as `provided.al2023`. An empty text for a container.
    pub runtime: Option<String>,
    pub architecture: Option<String>,
    pub variables: Variables,
    pub has_snap_start: bool,
    pub urls: Vec<FunctionUrl>,
    pub rest_methods: Vec<RestMethod>,
}

/// The variables of the environment of a function.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// The names, and the values of literals.
    pub entries: Vec<(String, Option<String>)>,
    /// Whether the template has all variables, and not an expression in place of some.
    pub is_complete: bool,
}

/// A Function URL.
#[derive(Debug, Clone)]
pub struct FunctionUrl {
    pub place: String,
    /// Whether the invoke mode is `RESPONSE_STREAM`.
    pub streams: Option<bool>,
    /// The actions that a public URL needs, and that no permission of the template allows.
    pub missing_actions: Vec<&'static str>,
    /// Whether a recent version of the tool adds the missing permissions itself.
    pub is_tool_adding: bool,
}

/// A method of a REST API that invokes the function.
#[derive(Debug, Clone)]
pub struct RestMethod {
    pub place: String,
    /// Whether the response transfer mode is `STREAM`.
    pub streams: Option<bool>,
}

/// The action that AWS checks for the URL.
pub(super) const INVOKE_URL: &str = "lambda:InvokeFunctionUrl";
/// The action that AWS checks too, since October 2025.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>
pub(super) const INVOKE: &str = "lambda:InvokeFunction";

impl TemplateFunction {
    /// Whether the function may be a program in Rust: its runtime is only an operating system, unknown, or a container.
    pub fn may_be_rust(&self) -> bool {
        self.runtime.as_deref().is_none_or(|runtime| runtime.is_empty() || runtime.starts_with("provided"))
    }
}

impl Variables {
    /// Reads a table of variables. Without a table there are none.
    pub(super) fn read(table: Option<&Node>) -> Self {
        let entries = table.map(Node::entries).unwrap_or_default();
        let entries = entries.iter().map(|(name, value)| (name.clone(), value.literal().map(str::to_owned))).collect();
        Self { entries, is_complete: table.is_none_or(|table| matches!(table, Node::Table(_))) }
    }

    /// The variable with a name. `None` if the template has none, `Some(None)` if its value is not known.
    pub fn get(&self, name: &str) -> Option<Option<&str>> {
        self.entries.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_deref())
    }
}

/// A permission to invoke a function.
#[derive(Debug)]
pub(super) struct Permission<'a> {
    pub action: Option<&'a Node>,
    pub principal: Option<&'a Node>,
}

impl Permission<'_> {
    /// Whether the permission allows everyone an action. A value that is not known may do so.
    pub(super) fn allows(&self, action: &str) -> bool {
        let is = |setting, value: &str| is_set_to(setting, value).unwrap_or(true);
        is(self.principal, "*") && (is(self.action, action) || is(self.action, "lambda:*") || is(self.action, "*"))
    }
}
