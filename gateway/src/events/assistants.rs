//! Events of Amazon Connect and of Amazon Bedrock agents.

use serde_json::{Map, Value, json};

use super::{
    TestEvent,
    values::{arn, uuid},
};
use crate::event::json::insert;

/// Makes the event of a flow of Amazon Connect that invokes a function, with a parameter for each name and value.
///
/// The contact is an inbound call.
///
/// Source: [Using Lambda with Amazon Connect](https://docs.aws.amazon.com/lambda/latest/dg/services-connect.html) and
/// [Invoke Lambda functions](https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html).
///
/// ```
/// use lodger_gateway::events;
///
/// let mut event = events::connect([("language", "en")]);
/// event["Details"]["ContactData"]["Attributes"]["vip"] = "true".into();
/// assert_eq!(event["Details"]["Parameters"]["language"], "en");
/// ```
pub fn connect(parameters: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> TestEvent {
    let parameters = parameters.into_iter().map(|(name, value)| (name.into(), Value::String(value.into())));
    let instance = arn("connect", &format!("instance/{}", uuid(1)));
    json!({
        "Details": {
            "ContactData": {
                "Attributes": {},
                "Channel": "VOICE",
                "ContactId": uuid(2),
                "CustomerEndpoint": {"Address": "+12025550123", "Type": "TELEPHONE_NUMBER"},
                "InitialContactId": uuid(2),
                "InitiationMethod": "INBOUND",
                "InstanceARN": instance,
                "PreviousContactId": uuid(2),
                "Queue": {"ARN": format!("{instance}/queue/{}", uuid(3)), "Name": "MyQueue"},
                "SystemEndpoint": {"Address": "+12025550100", "Type": "TELEPHONE_NUMBER"},
            },
            "Parameters": parameters.collect::<Map<_, _>>(),
        },
        "Name": "ContactFlowEvent",
    })
    .into()
}

/// Makes the event of an action group of a Bedrock agent that is defined with an API schema, with a parameter for each name and
/// value.
///
/// Source: [Configure Lambda functions](https://docs.aws.amazon.com/bedrock/latest/userguide/agents-lambda.html).
///
/// ```
/// use lodger_gateway::events;
///
/// let event = events::bedrock_agent("orders", "GET", "/orders/{id}", [("id", "1")]);
/// assert_eq!(event["parameters"][0]["value"], "1");
/// ```
pub fn bedrock_agent(
    action_group: &str,
    method: &str,
    path: &str,
    parameters: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>,
) -> TestEvent {
    let mut event = agent_event(action_group, parameters);
    insert(&mut event, "apiPath", path);
    insert(&mut event, "httpMethod", method);
    event.into()
}

/// Makes the event of an action group of a Bedrock agent that is defined with function details, with a parameter for each name
/// and value.
///
/// `AgentEvent` of `aws_lambda_events` 1.2 does not deserialize this event: the type requires a path and a method.
///
/// Source: [Configure Lambda functions](https://docs.aws.amazon.com/bedrock/latest/userguide/agents-lambda.html).
pub fn bedrock_agent_function(
    action_group: &str,
    function: &str,
    parameters: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>,
) -> TestEvent {
    let mut event = agent_event(action_group, parameters);
    insert(&mut event, "function", function);
    event.into()
}

fn agent_event(action_group: &str, parameters: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>) -> Value {
    let parameters = parameters
        .into_iter()
        .map(|(name, value)| json!({"name": name.as_ref(), "type": "string", "value": value.as_ref()}));
    json!({
        "messageVersion": "1.0",
        "agent": {"name": "my-agent", "id": "EXAMPLE001", "alias": "TSTALIASID", "version": "DRAFT"},
        "inputText": "made-up text of the user",
        "sessionId": uuid(1),
        "actionGroup": action_group,
        "parameters": parameters.collect::<Vec<_>>(),
        "sessionAttributes": {},
        "promptSessionAttributes": {},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::{connect::ConnectEvent, event::bedrock_agent_runtime::AgentEvent};

    #[test]
    fn has_the_parameters_of_a_flow() {
        let event: ConnectEvent = read(connect([("language", "en")]));
        assert_eq!(event.name.as_deref(), Some("ContactFlowEvent"));
        assert_eq!(event.details.parameters["language"], "en");
        let contact = event.details.contact_data;
        assert_eq!(contact.contact_id.as_deref().map(str::len), Some(36));
        let (instance, queue) = (contact.instance_arn.unwrap(), contact.queue.unwrap().arn.unwrap());
        assert!(queue.starts_with(&instance), "{queue}");
    }

    #[test]
    fn has_the_parameters_of_an_operation() {
        let event: AgentEvent = read(bedrock_agent("orders", "GET", "/orders/{id}", [("id", "1"), ("x", "2")]));
        assert_eq!((event.action_group.as_str(), event.http_method.as_str()), ("orders", "GET"));
        assert_eq!(event.api_path, "/orders/{id}");
        let parameters = event.parameters.unwrap();
        assert_eq!((parameters[1].name.as_str(), parameters[1].value.as_str()), ("x", "2"));
    }

    #[test]
    fn has_the_name_of_a_function() {
        let event = bedrock_agent_function("orders", "findOrder", [("id", "1")]);
        assert_eq!((&event["function"], &event["actionGroup"]), (&json!("findOrder"), &json!("orders")));
        assert_eq!(event["parameters"], json!([{"name": "id", "type": "string", "value": "1"}]));
        assert_eq!((&event["apiPath"], &event["httpMethod"]), (&Value::Null, &Value::Null));
    }
}
