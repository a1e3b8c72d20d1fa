use std::{
    fmt,
    ops::{Index, IndexMut},
};

use bytes::Bytes;
use serde_json::{Value, value};

/// A test event: the JSON that a service sends to a function.
///
/// Indexing reads and replaces members, like in a [`Value`]:
///
/// ```
/// use lodger_gateway::events;
///
/// let mut event = events::sqs("orders", ["first", "second"]);
/// event["Records"][1]["attributes"]["ApproximateReceiveCount"] = "3".into();
/// assert_eq!(event["Records"][1]["body"], "second");
/// ```
///
/// [`RuntimeApi::invoke`](crate::RuntimeApi::invoke) accepts a test event. The type also converts into [`Bytes`] and into a
/// `Value`. [`Display`](fmt::Display) writes the JSON. A `Value` of your own converts into a test event.
#[derive(Debug, Clone, PartialEq)]
pub struct TestEvent(Value);

impl From<Value> for TestEvent {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl From<TestEvent> for Value {
    fn from(event: TestEvent) -> Self {
        event.0
    }
}

impl From<TestEvent> for Bytes {
    fn from(event: TestEvent) -> Self {
        event.to_string().into()
    }
}

/// Writes the JSON, without spaces.
impl fmt::Display for TestEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Returns a member of an object or an element of an array, or `null` if there is none.
impl<I: value::Index> Index<I> for TestEvent {
    type Output = Value;

    fn index(&self, index: I) -> &Value {
        self.0.index(index)
    }
}

/// Returns a member of an object or an element of an array. Adds a member that does not exist.
///
/// # Panics
/// The event is not an object or an array, or the array has no element with this index.
impl<I: value::Index> IndexMut<I> for TestEvent {
    fn index_mut(&mut self, index: I) -> &mut Value {
        self.0.index_mut(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Invocation;
    use serde_json::json;

    #[test]
    fn keeps_the_order_of_members() {
        let event = TestEvent::from(json!({"z": 1, "a": [true]}));
        assert_eq!(event.to_string(), r#"{"z":1,"a":[true]}"#);
        assert_eq!(Bytes::from(event.clone()), event.to_string());
        assert_eq!(Value::from(event), json!({"z": 1, "a": [true]}));
    }

    #[test]
    fn replaces_and_adds_members() {
        let mut event = TestEvent::from(json!({"a": {"b": 1}}));
        event["a"]["b"] = 2.into();
        event["new"] = "text".into();
        assert_eq!(event, TestEvent::from(json!({"a": {"b": 2}, "new": "text"})));
        assert_eq!(event["missing"], Value::Null);
    }

    #[test]
    fn is_the_event_of_an_invocation() {
        let invocation = Invocation::from(TestEvent::from(json!({"a": 1})));
        assert_eq!(invocation.event, r#"{"a":1}"#);
    }
}
