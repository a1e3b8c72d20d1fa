//! The values of a template.

/// A value of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Null,
    /// Text, a number or a boolean.
    Literal(String),
    List(Vec<Self>),
    Table(Vec<(String, Self)>),
    /// A value that only the deployment knows, with the names of the resources that it refers to.
    Expression(Vec<String>),
}

impl Node {
    /// A member of a table. `None` if it is null.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let (_, value) = self.entries().iter().find(|(key, _)| key == name)?;
        (*value != Self::Null).then_some(value)
    }

    /// A member of nested tables. An expression in place of a table is the member too: only the deployment knows both.
    pub(super) fn path(&self, names: &[&str]) -> Option<&Self> {
        names.iter().try_fold(self, |node, name| match node {
            Self::Expression(_) => Some(node),
            _ => node.get(name),
        })
    }

    /// The text of a literal.
    pub(super) fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(text) => Some(text),
            _ => None,
        }
    }

    /// The members of a table.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list, or the value itself.
    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// The names of all resources that the value and its members refer to.
    pub(super) fn references(&self) -> Vec<&str> {
        match self {
            Self::Null | Self::Literal(_) => Vec::new(),
            Self::List(items) => items.iter().flat_map(Self::references).collect(),
            Self::Table(entries) => entries.iter().flat_map(|(_, value)| value.references()).collect(),
            Self::Expression(names) => names.iter().map(String::as_str).collect(),
        }
    }
}

/// Returns whether a setting has a value. `None` if only the deployment knows it.
pub(super) fn is_set_to(setting: Option<&Node>, value: &str) -> Option<bool> {
    match setting {
        None => Some(false),
        Some(node) => node.literal().map(|literal| literal == value),
    }
}
