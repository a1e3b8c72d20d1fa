//! Events of Amazon Lex.

use serde_json::{Map, Value, json};

use super::{
    TestEvent,
    values::{ACCOUNT, uuid},
};
use crate::event::json::insert;

/// Makes the event of an Amazon Lex V2 bot whose intent is ready for fulfillment.
///
/// The event has the text of the user, and a slot for each name and value.
/// `aws_lambda_events` 1.2 has no type for this event: `LexEvent` is the event of [Lex V1](lex_v1).
///
/// Source: [Input event format for Lex V2](https://docs.aws.amazon.com/lexv2/latest/dg/lambda-input-format.html).
///
/// ```
/// use lodger_gateway::events;
///
/// let event = events::lex_v2("OrderFlowers", "two roses", [("Flower", "rose"), ("Count", "2")]);
/// let slots = &event["sessionState"]["intent"]["slots"];
/// assert_eq!(slots["Flower"]["value"]["interpretedValue"], "rose");
/// ```
pub fn lex_v2(
    intent: &str,
    transcript: &str,
    slots: impl IntoIterator<Item = (impl Into<String>, impl AsRef<str>)>,
) -> TestEvent {
    let slots = slots.into_iter().map(|(name, value)| (name.into(), slot(value.as_ref())));
    let intent = json!({
        "name": intent,
        "slots": slots.collect::<Map<_, _>>(),
        "state": "ReadyForFulfillment",
        "confirmationState": "None",
    });
    json!({
        "messageVersion": "1.0",
        "invocationSource": "FulfillmentCodeHook",
        "inputMode": "Text",
        "responseContentType": "text/plain; charset=utf-8",
        "sessionId": ACCOUNT,
        "inputTranscript": transcript,
        "bot": {
            "id": "EXAMPLEBOT",
            "name": "MyBot",
            "localeId": "en_US",
            "version": "1",
            "aliasId": "TSTALIASID",
            "aliasName": "TestBotAlias",
        },
        "interpretations": [{"intent": intent, "interpretationSource": "Lex", "nluConfidence": 0.9}],
        "proposedNextState": {"dialogAction": {"type": "Close"}, "intent": intent},
        "requestAttributes": {},
        "sessionState": {
            "sessionAttributes": {},
            "activeContexts": [],
            "intent": intent,
            "originatingRequestId": uuid(1),
        },
        "transcriptions": [{"transcription": transcript, "transcriptionConfidence": 1.0, "resolvedSlots": {}}],
    })
    .into()
}

fn slot(value: &str) -> Value {
    json!({
        "shape": "Scalar",
        "value": {"originalValue": value, "interpretedValue": value, "resolvedValues": [value]},
    })
}

/// Makes the event of an Amazon Lex V1 bot whose intent is ready for fulfillment.
///
/// The event has the text of the user, and a slot for each name and value. AWS ended the support of Lex V1 in September 2025.
///
/// Source: [Input event format](https://docs.aws.amazon.com/lex/latest/dg/lambda-input-response-format.html).
pub fn lex_v1(
    intent: &str,
    transcript: &str,
    slots: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>,
) -> TestEvent {
    let (mut values, mut details) = (json!({}), json!({}));
    for (name, value) in slots {
        let (name, value) = (name.as_ref(), value.as_ref());
        insert(&mut values, name, value);
        insert(&mut details, name, json!({"resolutions": [{"value": value}], "originalValue": value}));
    }
    json!({
        "messageVersion": "1.0",
        "invocationSource": "FulfillmentCodeHook",
        "userId": uuid(1),
        "sessionAttributes": {},
        "requestAttributes": null,
        "bot": {"name": "MyBot", "alias": "$LATEST", "version": "$LATEST"},
        "outputDialogMode": "Text",
        "currentIntent": {
            "name": intent,
            "nluIntentConfidenceScore": 0.9,
            "slots": values,
            "slotDetails": details,
            "confirmationStatus": "None",
        },
        "alternativeIntents": [],
        "inputTranscript": transcript,
    })
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::lex::LexEvent;

    #[test]
    fn has_the_intent_of_a_v2_bot_in_each_place() {
        let event = lex_v2("OrderFlowers", "two roses", [("Flower", "rose")]);
        assert_eq!(event["inputTranscript"], "two roses");
        assert_eq!(event["transcriptions"][0]["transcription"], "two roses");
        let intent = &event["sessionState"]["intent"];
        assert_eq!(intent["slots"]["Flower"]["value"]["resolvedValues"], json!(["rose"]));
        assert_eq!((&intent["name"], &intent["state"]), (&json!("OrderFlowers"), &json!("ReadyForFulfillment")));
        assert_eq!((&event["interpretations"][0]["intent"], &event["proposedNextState"]["intent"]), (intent, intent));
    }

    #[test]
    fn has_the_slots_of_a_v1_bot() {
        let event: LexEvent = read(lex_v1("OrderFlowers", "two roses", [("Flower", "rose"), ("Count", "2")]));
        assert_eq!(event.input_transcript.as_deref(), Some("two roses"));
        let intent = event.current_intent.unwrap();
        assert_eq!(intent.name.as_deref(), Some("OrderFlowers"));
        assert_eq!(intent.slots.unwrap()["Count"].as_deref(), Some("2"));
        assert_eq!(intent.slot_details["Flower"].original_value.as_deref(), Some("rose"));
    }
}
