//! Names of resources in Amazon Resource Names.

/// Returns the name of the resource in an ARN: `orders` of the queue `arn:aws:sqs:us-east-1:123456789012:orders`, `clicks` of
/// `stream/clicks`, `Users` of `table/Users/stream/2026-01-01T00:00:00.000`. Returns `None` if the text is not an ARN.
///
/// Source: [the formats of ARNs](https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html).
pub(super) fn resource_name(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    let (prefix, _partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let resource = parts.nth(2).filter(|_| prefix == "arn")?;
    // The type of the resource and its name, except for services that have only one type.
    let Some((_type, name)) = resource.split_once(['/', ':']) else { return Some(resource) };
    match service {
        // `rule/bus/name` and `schedule/group/name`.
        "events" | "scheduler" => name.rsplit('/').next(),
        // Such names contain any character.
        "cloudwatch" | "secretsmanager" => Some(name),
        _ => name.split(['/', ':']).next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_name_of_each_type_of_resource() {
        for (arn, name) in [
            ("arn:aws:sqs:us-east-1:123456789012:orders.fifo", Some("orders.fifo")),
            ("arn:aws-cn:sns:cn-north-1:123456789012:news", Some("news")),
            ("arn:aws:s3:::photos", Some("photos")),
            ("arn:aws:kinesis:us-east-1:123456789012:stream/clicks", Some("clicks")),
            ("arn:aws:kinesis:us-east-1:123456789012:stream/clicks/consumer/app:1700000000", Some("clicks")),
            ("arn:aws:dynamodb:us-east-1:123456789012:table/Users/stream/2026-01-01T00:00:00.000", Some("Users")),
            ("arn:aws:kafka:us-east-1:123456789012:cluster/main/0f6b-4", Some("main")),
            ("arn:aws:mq:us-east-1:123456789012:broker:jobs:b-1234", Some("jobs")),
            ("arn:aws:rds:us-east-1:123456789012:cluster:docs", Some("docs")),
            ("arn:aws:firehose:us-east-1:123456789012:deliverystream/logs", Some("logs")),
            ("arn:aws:events:us-east-1:123456789012:rule/nightly", Some("nightly")),
            ("arn:aws:events:us-east-1:123456789012:rule/bus/nightly", Some("nightly")),
            ("arn:aws:scheduler:us-east-1:123456789012:schedule/default/hourly", Some("hourly")),
            ("arn:aws:cloudwatch:us-east-1:123456789012:alarm:5xx: prod/web", Some("5xx: prod/web")),
            ("arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-a1B2c3", Some("prod/db-a1B2c3")),
            ("arn:aws:sqs:us-east-1:123456789012", None),
            ("urn:aws:sqs:us-east-1:123456789012:orders", None),
            ("orders", None),
            ("", None),
        ] {
            assert_eq!(resource_name(arn), name, "{arn}");
        }
    }
}
