use serde_json::Value;

/// A change of an item, a document or a resource: the body of an event of DynamoDB, DocumentDB or CloudFormation.
///
/// The values are JSON objects.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The object was created.
    Create(Value),
    /// The object was updated.
    Update {
        /// The object before the update.
        old: Value,
        /// The object after the update.
        new: Value,
    },
    /// The object was deleted.
    Delete(Value),
}

impl Change {
    /// Returns the object before the change.
    pub(super) fn before(&self) -> Option<&Value> {
        match self {
            Self::Create(_) => None,
            Self::Update { old, .. } | Self::Delete(old) => Some(old),
        }
    }

    /// Returns the object after the change.
    pub(super) fn after(&self) -> Option<&Value> {
        match self {
            Self::Create(new) | Self::Update { new, .. } => Some(new),
            Self::Delete(_) => None,
        }
    }
}
