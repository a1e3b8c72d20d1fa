//! Events of CloudWatch.

use std::io::{self, Write as _};

use flate2::{Compression, write::GzEncoder};
use serde_json::json;

use super::{
    TestEvent,
    values::{ACCOUNT, REGION, TIME_MILLIS, arn, base64, uuid},
};

/// Alarms write the offset from UTC without a colon.
const TIME: &str = "2025-03-12T19:03:58.390+0000";
const EARLIER: &str = "2025-03-12T18:03:58.390+0000";

/// Makes the event of a subscription of CloudWatch Logs, with a log event for each message.
///
/// The member `awslogs.data` is the JSON of the log events, compressed with gzip and encoded in base64.
///
/// Source: [Subscription filters](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html).
///
/// ```
/// use lodger_gateway::events;
///
/// let event = events::cloudwatch_logs("/aws/lambda/my-function", ["START", "END"]);
/// assert!(event["awslogs"]["data"].is_string());
/// ```
pub fn cloudwatch_logs(log_group: &str, messages: impl IntoIterator<Item = impl AsRef<str>>) -> TestEvent {
    let log_events = messages.into_iter().zip(1..).map(|(message, number)| {
        json!({
            "id": format!("38830000000000000000000000000000000000000000000000{number:06}"),
            "timestamp": TIME_MILLIS + number,
            "message": message.as_ref(),
        })
    });
    let data = json!({
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT,
        "logGroup": log_group,
        "logStream": "2025/03/12/[$LATEST]0123456789abcdef0123456789abcdef",
        "subscriptionFilters": ["my-filter"],
        "logEvents": log_events.collect::<Vec<_>>(),
    });
    json!({"awslogs": {"data": base64(gzip(&data.to_string()))}}).into()
}

#[allow(clippy::expect_used, reason = "a vector accepts every write")]
fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let compressed: io::Result<_> = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    compressed.expect("cannot write to memory")
}

/// Makes the event of a CloudWatch alarm on a metric that invokes a function.
///
/// `state` is `ALARM`, `OK` or `INSUFFICIENT_DATA`. The previous state is `ALARM` if the state is `OK`, else `OK`. The metric is
/// the number of errors of a function.
///
/// Source: [Invoke a Lambda function from an alarm](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html).
pub fn cloudwatch_alarm(name: &str, state: &str) -> TestEvent {
    let previous = if state == "OK" { "ALARM" } else { "OK" };
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": arn("cloudwatch", &format!("alarm:{name}")),
        "accountId": ACCOUNT,
        "time": TIME,
        "region": REGION,
        "alarmData": {
            "alarmName": name,
            "state": alarm_state(state, TIME),
            "previousState": alarm_state(previous, EARLIER),
            "configuration": {
                "description": "Errors of the function",
                "metrics": [{
                    "id": uuid(1),
                    "metricStat": {
                        "metric": {
                            "namespace": "AWS/Lambda",
                            "name": "Errors",
                            "dimensions": {"FunctionName": "my-function"},
                        },
                        "period": 60,
                        "stat": "Sum",
                    },
                    "returnData": true,
                }],
            },
        },
    })
    .into()
}

fn alarm_state(state: &str, time: &str) -> serde_json::Value {
    let datapoint = if state == "ALARM" { 3.0 } else { 0.0 };
    let reason_data = json!({
        "version": "1.0",
        "queryDate": time,
        "startDate": time,
        "statistic": "Sum",
        "period": 60,
        "recentDatapoints": [datapoint],
        "threshold": 1.0,
        "evaluatedDatapoints": [{"timestamp": time, "sampleCount": 1.0, "value": datapoint}],
    });
    json!({
        "value": state,
        "reason": format!("Threshold Crossed: 1 datapoint [{datapoint:.1}] changed the state to {state}"),
        "reasonData": reason_data.to_string(),
        "timestamp": time,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::{
        cloudwatch_alarms::{CloudWatchAlarmStateReasonData, CloudWatchAlarmStateValue, CloudWatchMetricAlarm},
        cloudwatch_logs::LogsEvent,
    };

    #[test]
    fn has_log_events_that_decompress() {
        let event: LogsEvent = read(cloudwatch_logs("/aws/lambda/f", ["first", "{\"level\":\"é\"}"]));
        let data = event.aws_logs.data;
        assert_eq!((data.log_group.as_str(), data.message_type.as_str()), ("/aws/lambda/f", "DATA_MESSAGE"));
        let messages: Vec<_> = data.log_events.iter().map(|event| event.message.as_str()).collect();
        assert_eq!(messages, ["first", "{\"level\":\"é\"}"]);
        assert!(data.log_events.is_sorted_by(|a, b| a.id < b.id && a.timestamp < b.timestamp));
    }

    #[test]
    fn has_the_states_of_an_alarm() {
        use CloudWatchAlarmStateValue::{Alarm, InsufficientData, Ok};
        for (name, state, previous) in
            [("ALARM", Alarm, Ok), ("OK", Ok, Alarm), ("INSUFFICIENT_DATA", InsufficientData, Ok)]
        {
            let event: CloudWatchMetricAlarm = read(cloudwatch_alarm("errors", name));
            assert!(event.alarm_arn.as_ref().unwrap().ends_with(":alarm:errors"));
            assert_eq!(event.alarm_data.alarm_name, "errors");
            let current = event.alarm_data.state.as_ref().unwrap();
            assert_eq!((&current.value, &event.alarm_data.previous_state.unwrap().value), (&state, &previous));
            assert!(matches!(current.reason_data, Some(CloudWatchAlarmStateReasonData::Metric(_))));
            assert_eq!(event.alarm_data.configuration.metrics[0].metric_stat.metric.name, "Errors");
        }
    }
}
