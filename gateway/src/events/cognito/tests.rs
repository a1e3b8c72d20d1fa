use super::*;
use crate::events::testing::read;
use aws_lambda_events::cognito::{
    CognitoEvent, CognitoEventUserPoolsCreateAuthChallenge, CognitoEventUserPoolsCustomMessage,
    CognitoEventUserPoolsDefineAuthChallenge, CognitoEventUserPoolsMigrateUser,
    CognitoEventUserPoolsPostAuthentication, CognitoEventUserPoolsPostConfirmation,
    CognitoEventUserPoolsPreAuthentication, CognitoEventUserPoolsPreSignup, CognitoEventUserPoolsPreTokenGen,
    CognitoEventUserPoolsPreTokenGenV2, CognitoEventUserPoolsVerifyAuthChallenge,
};

/// Reads the event of a trigger with a user's attributes, and checks the header and the attributes.
macro_rules! check {
    ($trigger:ident, $type:ident) => {
        check!($trigger, $type, request)
    };
    ($trigger:ident, $type:ident, $request:ident) => {{
        let attributes = json!({"email": "ada@example.com"});
        let event: $type = read(cognito(CognitoTrigger::$trigger, json!({"userAttributes": attributes})));
        let header = &event.cognito_event_user_pools_header;
        assert!(header.trigger_source.is_some());
        assert_eq!(header.user_pool_id.as_deref(), Some("us-east-1_EXAMPLE01"));
        assert_eq!(serde_json::to_value(&event.$request.user_attributes).unwrap(), attributes, stringify!($trigger));
        event
    }};
}

#[test]
fn has_the_user_of_each_trigger() {
    check!(PreSignUp, CognitoEventUserPoolsPreSignup);
    check!(PostConfirmation, CognitoEventUserPoolsPostConfirmation);
    check!(PreAuthentication, CognitoEventUserPoolsPreAuthentication);
    check!(PostAuthentication, CognitoEventUserPoolsPostAuthentication);
    check!(PreTokenGeneration, CognitoEventUserPoolsPreTokenGen);
    check!(PreTokenGenerationV2, CognitoEventUserPoolsPreTokenGenV2);
    check!(CustomMessage, CognitoEventUserPoolsCustomMessage);
    check!(DefineAuthChallenge, CognitoEventUserPoolsDefineAuthChallenge);
    check!(CreateAuthChallenge, CognitoEventUserPoolsCreateAuthChallenge);
    check!(VerifyAuthChallenge, CognitoEventUserPoolsVerifyAuthChallenge);
}

#[test]
fn has_scopes_in_version_2_of_token_generation() {
    let event = check!(PreTokenGenerationV2, CognitoEventUserPoolsPreTokenGenV2);
    assert_eq!(event.cognito_event_user_pools_header.version.as_deref(), Some("2"));
    assert_eq!(event.request.scopes, ["aws.cognito.signin.user.admin"]);
    let event = check!(PreTokenGeneration, CognitoEventUserPoolsPreTokenGen);
    assert_eq!(event.cognito_event_user_pools_header.version.as_deref(), Some("1"));
}

#[test]
fn has_the_password_of_a_migration() {
    let event = cognito(CognitoTrigger::MigrateUser, json!({"password": "secret"}));
    let event: CognitoEventUserPoolsMigrateUser = read(event);
    assert_eq!(event.cognito_event_user_pools_migrate_user_request.password.as_deref(), Some("secret"));
    assert!(event.cognito_event_user_pools_header.trigger_source.is_some());
}

#[test]
fn has_the_code_of_a_custom_sender() {
    for (trigger, source, request_type) in [
        (CognitoTrigger::CustomEmailSender, "CustomEmailSender_SignUp", "customEmailSenderRequestV1"),
        (CognitoTrigger::CustomSmsSender, "CustomSMSSender_SignUp", "customSMSSenderRequestV1"),
    ] {
        let event = cognito(trigger, json!({"code": "ZW5jcnlwdGVk"}));
        assert_eq!((&event["triggerSource"], &event["request"]["type"]), (&json!(source), &json!(request_type)));
        assert_eq!(event["request"]["code"], "ZW5jcnlwdGVk");
        assert_eq!(event["request"]["userAttributes"]["email"], "user@example.com");
    }
}

#[test]
fn has_the_records_of_a_dataset() {
    let event: CognitoEvent = read(cognito_sync("settings", [("theme", "dark"), ("size", "9")]));
    assert_eq!(event.dataset_name.as_deref(), Some("settings"));
    assert_eq!((event.version, event.event_type.as_deref()), (2, Some("SyncTrigger")));
    assert_eq!(event.dataset_records["theme"].new_value.as_deref(), Some("dark"));
    assert_eq!(event.dataset_records["size"].op.as_deref(), Some("replace"));
}
