//! Events of CloudFormation.

use serde_json::{Value, json};

use super::{
    Change, TestEvent,
    values::{FUNCTION, arn, uuid},
};
use crate::event::json::insert;

/// Makes the event of a custom resource that CloudFormation creates, updates or deletes.
///
/// `resource_type` is `AWS::CloudFormation::CustomResource` or a name such as `Custom::Database`. The object of the
/// change has the properties. CloudFormation adds the property `ServiceToken`.
///
/// The function sends its result to the `ResponseURL` with a `PUT` request. A test can replace this URL with the URL of a
/// local server.
///
/// Source: [Custom resource request objects](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html).
///
/// ```
/// use lodger_gateway::events::{self, Change};
/// use serde_json::json;
///
/// let change = Change::Update { old: json!({"Size": "1"}), new: json!({"Size": "2"}) };
/// let event = events::cloudformation("Custom::Database", change);
/// assert_eq!(event["RequestType"], "Update");
/// assert_eq!(event["OldResourceProperties"]["Size"], "1");
/// ```
pub fn cloudformation(resource_type: &str, change: Change) -> TestEvent {
    let (request_type, properties, old_properties) = match change {
        Change::Create(new) => ("Create", new, None),
        Change::Update { old, new } => ("Update", new, Some(old)),
        Change::Delete(old) => ("Delete", old, None),
    };
    let mut event = json!({
        "RequestType": request_type,
        "ServiceToken": service_token(),
        "ResponseURL": "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/made-up?X-Amz-Signature=example",
        "StackId": arn("cloudformation", &format!("stack/my-stack/{}", uuid(1))),
        "RequestId": uuid(2),
        "LogicalResourceId": "MyResource",
        "ResourceType": resource_type,
    });
    if request_type != "Create" {
        insert(&mut event, "PhysicalResourceId", "my-resource-1");
    }
    insert(&mut event, "ResourceProperties", with_service_token(properties));
    if let Some(old_properties) = old_properties {
        insert(&mut event, "OldResourceProperties", with_service_token(old_properties));
    }
    event.into()
}

fn service_token() -> String {
    arn("lambda", &format!("function:{FUNCTION}"))
}

fn with_service_token(mut properties: Value) -> Value {
    insert(&mut properties, "ServiceToken", service_token());
    properties
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::cloudformation::{CloudFormationCustomResourceRequest, provider};

    const TOKEN: &str = "arn:aws:lambda:us-east-1:123456789012:function:my-function";

    fn changes() -> [Change; 3] {
        let (old, new) = (json!({"Size": "1"}), json!({"Size": "2"}));
        [Change::Create(new.clone()), Change::Update { old, new: new.clone() }, Change::Delete(new)]
    }

    #[test]
    fn has_the_properties_of_each_request_type() {
        use CloudFormationCustomResourceRequest::{Create, Delete, Update};
        let expected = (json!({"Size": "2", "ServiceToken": TOKEN}), "Custom::Database".to_owned());
        for (change, request_type) in changes().into_iter().zip(["Create", "Update", "Delete"]) {
            let event = cloudformation("Custom::Database", change);
            assert_eq!(event["RequestType"], request_type);
            let event: CloudFormationCustomResourceRequest = read(event);
            let (properties, resource_type, physical_id) = match event {
                Create(request) => (request.resource_properties, request.resource_type, None),
                Update(request) => {
                    assert_eq!(request.old_resource_properties, json!({"Size": "1", "ServiceToken": TOKEN}));
                    (request.resource_properties, request.resource_type, Some(request.physical_resource_id))
                }
                Delete(request) => {
                    (request.resource_properties, request.resource_type, Some(request.physical_resource_id))
                }
                _ => panic!("unknown request type"),
            };
            assert_eq!((properties, resource_type), expected);
            assert_eq!(physical_id.is_some(), request_type != "Create");
        }
    }

    #[test]
    fn is_valid_for_the_provider_framework() {
        for change in changes() {
            let _: provider::CloudFormationCustomResourceRequest = read(cloudformation("Custom::Database", change));
        }
    }
}
