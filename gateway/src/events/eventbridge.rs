//! Events of EventBridge.

use serde_json::{Value, json};

use super::{
    TestEvent,
    values::{ACCOUNT, REGION, arn, uuid},
};

/// The time of an event: EventBridge sends whole seconds.
const TIME: &str = "2025-03-12T19:03:58Z";

/// Makes an event of EventBridge with a source, a detail type and a detail.
///
/// Most services of AWS send their events through EventBridge. Their source begins with `aws.`:
///
/// ```
/// use lodger_gateway::events;
/// use serde_json::json;
///
/// let detail = json!({"instance-id": "i-0123456789abcdef0", "state": "running"});
/// let event = events::eventbridge("aws.ec2", "EC2 Instance State-change Notification", detail);
/// assert_eq!(event["detail"]["state"], "running");
/// ```
///
/// Source: [Event structure](https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html).
pub fn eventbridge(source: &str, detail_type: &str, detail: impl Into<Value>) -> TestEvent {
    json!({
        "version": "0",
        "id": uuid(1),
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": TIME,
        "region": REGION,
        "resources": [],
        "detail": detail.into(),
    })
    .into()
}

/// Makes the event of a rule of EventBridge with a schedule.
///
/// The source is `aws.events`, and the detail is empty.
///
/// Source: [Creating a rule that runs on a schedule](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html).
pub fn schedule(rule: &str) -> TestEvent {
    let mut event = eventbridge("aws.events", "Scheduled Event", json!({}));
    event["resources"] = json!([arn("events", &format!("rule/{rule}"))]);
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::{cloudwatch_events::CloudWatchEvent, eventbridge::EventBridgeEvent};

    #[test]
    fn has_the_detail_in_both_types() {
        let event = eventbridge("my.app", "OrderPlaced", json!({"id": 1}));
        let typed: EventBridgeEvent = read(event.clone());
        assert_eq!((typed.source.as_str(), typed.detail_type.as_str()), ("my.app", "OrderPlaced"));
        assert_eq!((typed.detail, typed.id.map(|id| id.len())), (json!({"id": 1}), Some(36)));
        assert_eq!((typed.account.as_deref(), typed.region.as_deref()), (Some("123456789012"), Some("us-east-1")));

        let typed: CloudWatchEvent = read(event);
        assert_eq!((typed.source.as_deref(), typed.detail_type.as_deref()), (Some("my.app"), Some("OrderPlaced")));
        assert_eq!((typed.detail, typed.time.timestamp()), (Some(json!({"id": 1})), 1_741_806_238));
    }

    #[test]
    fn has_the_rule_of_a_schedule() {
        let event: EventBridgeEvent = read(schedule("nightly"));
        assert_eq!((event.source.as_str(), event.detail_type.as_str()), ("aws.events", "Scheduled Event"));
        assert_eq!(event.resources, Some(vec!["arn:aws:events:us-east-1:123456789012:rule/nightly".to_owned()]));
        assert_eq!(event.detail, json!({}));
    }
}
