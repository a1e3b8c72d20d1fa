//! Events of Amazon SES.

use serde_json::json;

use super::{
    TestEvent,
    values::{FUNCTION, TIME, arn, records},
};

const DATE: &str = "Wed, 12 Mar 2025 19:03:58 +0000";
const MESSAGE_ID: &str = "0123456789abcdef0123456789abcdef01234567";

/// Makes the event of a receipt rule of Amazon SES that invokes a function, with the sender, the recipient and the subject of a
/// received email.
///
/// The email has passed all checks. The event of SES does not contain the body of the email.
///
/// Source: [Lambda function event](https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html) and
/// [contents of notifications](https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html).
///
/// ```
/// use lodger_gateway::events;
///
/// let event = events::ses("ada@example.com", "orders@example.com", "hello");
/// assert_eq!(event["Records"][0]["ses"]["mail"]["commonHeaders"]["subject"], "hello");
/// ```
pub fn ses(from: &str, to: &str, subject: &str) -> TestEvent {
    let message_id = "<made-up@example.com>";
    let header = |name: &str, value: &str| json!({"name": name, "value": value});
    let passed = json!({"status": "PASS"});
    let record = json!({
        "eventSource": "aws:ses",
        "eventVersion": "1.0",
        "ses": {
            "mail": {
                "timestamp": TIME,
                "source": from,
                "messageId": MESSAGE_ID,
                "destination": [to],
                "headersTruncated": false,
                "headers": [
                    header("Return-Path", &format!("<{from}>")),
                    header("From", from),
                    header("To", to),
                    header("Subject", subject),
                    header("Date", DATE),
                    header("Message-ID", message_id),
                    header("MIME-Version", "1.0"),
                    header("Content-Type", "text/plain; charset=UTF-8"),
                ],
                "commonHeaders": {
                    "returnPath": from,
                    "from": [from],
                    "date": DATE,
                    "to": [to],
                    "messageId": message_id,
                    "subject": subject,
                },
            },
            "receipt": {
                "timestamp": TIME,
                "processingTimeMillis": 574,
                "recipients": [to],
                "spamVerdict": passed,
                "virusVerdict": passed,
                "spfVerdict": passed,
                "dkimVerdict": passed,
                "dmarcVerdict": passed,
                "action": {
                    "type": "Lambda",
                    "functionArn": arn("lambda", &format!("function:{FUNCTION}")),
                    "invocationType": "Event",
                },
            },
        },
    });
    records([record].into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::ses::SimpleEmailEvent;

    #[test]
    fn has_the_addresses_and_the_subject_of_an_email() {
        let event: SimpleEmailEvent = read(ses("ada@example.com", "orders@example.com", "hello"));
        let record = &event.records[0];
        assert_eq!(record.event_source.as_deref(), Some("aws:ses"));
        let (mail, receipt) = (&record.ses.mail, &record.ses.receipt);
        assert_eq!(
            (mail.source.as_deref(), mail.destination[0].as_str()),
            (Some("ada@example.com"), "orders@example.com")
        );
        let headers = &mail.common_headers;
        assert_eq!((headers.subject.as_deref(), headers.from[0].as_str()), (Some("hello"), "ada@example.com"));
        let subject = mail.headers.iter().find(|header| header.name.as_deref() == Some("Subject"));
        assert_eq!(subject.unwrap().value.as_deref(), Some("hello"));
        assert_eq!(
            (receipt.recipients[0].as_str(), receipt.spam_verdict.status.as_deref()),
            ("orders@example.com", Some("PASS"))
        );
        assert_eq!(receipt.action.invocation_type.as_deref(), Some("Event"));
    }
}
