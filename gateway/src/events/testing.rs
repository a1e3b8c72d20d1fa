//! A check of events against the types of `aws_lambda_events`.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::TestEvent;

/// Documented members that the types do not have, and members whose names the types change.
const NOT_IN_TYPES: [&str; 12] = [
    "ResponseURL",
    "ServiceToken",
    "expirationTime",
    "fullDocument",
    "groups",
    "lambdaDeliveryRecordMetadata",
    "requestHeaders",
    "userNotFound",
    // Members of requests, which the fronts make.
    "headers",
    "multiValueHeaders",
    "multiValueQueryStringParameters",
    "requestContext",
];

/// Deserializes an event from its JSON, and checks that the type has all of its members.
///
/// Most members of the types are optional, so that a wrong name would not be an error of the deserializer.
pub(super) fn read<T: DeserializeOwned + Serialize>(event: TestEvent) -> T {
    let json = event.to_string();
    let typed: T = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    check_members("", &event.into(), &serde_json::to_value(&typed).unwrap());
    typed
}

fn check_members(path: &str, event: &Value, typed: &Value) {
    match (event, typed) {
        (Value::Object(event), Value::Object(typed)) => {
            for (name, value) in event.iter().filter(|(name, _)| !NOT_IN_TYPES.contains(&name.as_str())) {
                let typed = typed.get(name).unwrap_or_else(|| panic!("the type has no {path}/{name}"));
                check_members(&format!("{path}/{name}"), value, typed);
            }
        }
        (Value::Array(event), Value::Array(typed)) => {
            assert_eq!(event.len(), typed.len(), "{path}");
            for (index, (event, typed)) in event.iter().zip(typed).enumerate() {
                check_members(&format!("{path}/{index}"), event, typed);
            }
        }
        _ => {}
    }
}

#[test]
#[should_panic(expected = "the type has no /Records/0/eventsource")]
fn rejects_a_name_that_the_type_lacks() {
    let event = serde_json::json!({"Records": [{"messageId": "1", "eventsource": "aws:sqs"}]});
    read::<aws_lambda_events::sqs::SqsEvent>(event.into());
}
