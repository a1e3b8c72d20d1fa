//! Made-up values that events share: account, region, time and IDs.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::TestEvent;

pub(super) const ACCOUNT: &str = "123456789012";
pub(super) const REGION: &str = "us-east-1";
/// The time of all events: 1,741,806,238,390 milliseconds after the Unix epoch.
pub(super) const TIME: &str = "2025-03-12T19:03:58.390Z";
pub(super) const TIME_MILLIS: u64 = 1_741_806_238_390;
pub(super) const TIME_SECONDS: u64 = TIME_MILLIS / 1000;
/// The function that receives the events.
pub(super) const FUNCTION: &str = "my-function";

/// Returns the ARN of a resource in the account and the region.
pub(super) fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

/// Returns the ARN of a role. The ARN has no region.
pub(super) fn role_arn(role: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{role}")
}

/// Returns the UUID with this number.
pub(super) fn uuid(number: usize) -> String {
    format!("5f2b7c1e-3a4d-4e8f-9b60-{number:012x}")
}

/// Returns a sequence number of a Kinesis stream, which has 56 digits.
pub(super) fn sequence_number(number: usize) -> String {
    format!("49660000000000000000000000000000000000000000000000{number:06}")
}

/// Encodes data with the standard alphabet and padding.
pub(super) fn base64(data: impl AsRef<[u8]>) -> String {
    STANDARD.encode(data)
}

/// Makes an event with a member `Records`.
pub(super) fn records(records: impl Iterator<Item = Value>) -> TestEvent {
    json!({"Records": records.collect::<Vec<_>>()}).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_ids_of_the_documented_lengths_in_ascending_order() {
        assert_eq!((uuid(1).len(), uuid(usize::from(u16::MAX)).len()), (36, 36));
        assert_eq!(sequence_number(1).len(), 56);
        assert!(uuid(9) < uuid(10) && sequence_number(9) < sequence_number(10));
    }
}
