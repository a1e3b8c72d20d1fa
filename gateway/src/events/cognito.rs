//! Events of Amazon Cognito.

use serde_json::{Value, json};

use super::{
    TestEvent,
    values::{REGION, base64, uuid},
};
use crate::event::json::insert;

/// A trigger of a Cognito user pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CognitoTrigger {
    /// Before sign-up: `PreSignUp_SignUp`.
    PreSignUp,
    /// After confirmation: `PostConfirmation_ConfirmSignUp`.
    PostConfirmation,
    /// Before authentication: `PreAuthentication_Authentication`.
    PreAuthentication,
    /// After authentication: `PostAuthentication_Authentication`.
    PostAuthentication,
    /// Before token generation, with version 1 of the event: `TokenGeneration_Authentication`.
    PreTokenGeneration,
    /// Before token generation, with version 2 of the event, which has scopes: `TokenGeneration_Authentication`.
    PreTokenGenerationV2,
    /// Migration of a user: `UserMigration_Authentication`. The request has a password.
    MigrateUser,
    /// A custom message: `CustomMessage_SignUp`. The request has the placeholders of the code and the user name.
    CustomMessage,
    /// The next step of a custom authentication: `DefineAuthChallenge_Authentication`.
    DefineAuthChallenge,
    /// The challenge of a custom authentication: `CreateAuthChallenge_Authentication`.
    CreateAuthChallenge,
    /// The check of an answer: `VerifyAuthChallengeResponse_Authentication`.
    VerifyAuthChallenge,
    /// A custom sender of email: `CustomEmailSender_SignUp`. The code in the request is not encrypted by KMS.
    CustomEmailSender,
    /// A custom sender of SMS messages: `CustomSMSSender_SignUp`. The code in the request is not encrypted by KMS.
    CustomSmsSender,
}

/// Makes the event of a trigger of a Cognito user pool. The members of `request` replace the documented ones.
///
/// By default, the user has a `sub` and an `email`. The members of the response are empty: the function fills them in.
///
/// Source: [Customizing user pool workflows with Lambda triggers](https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html).
///
/// ```
/// use lodger_gateway::events::{self, CognitoTrigger};
/// use serde_json::json;
///
/// let request = json!({"userAttributes": {"email": "ada@example.com"}});
/// let event = events::cognito(CognitoTrigger::PreSignUp, request);
/// assert_eq!(event["request"]["userAttributes"]["email"], "ada@example.com");
/// assert_eq!(event["response"]["autoConfirmUser"], false);
/// ```
pub fn cognito(trigger: CognitoTrigger, request: impl Into<Value>) -> TestEvent {
    let (trigger_source, documented_request, response) = parts(trigger);
    let mut merged = match trigger {
        // Cognito does not know the user yet.
        CognitoTrigger::MigrateUser => json!({}),
        _ => json!({"userAttributes": {"sub": uuid(1), "email": "user@example.com"}}),
    };
    for members in [documented_request, request.into()] {
        let members = members.as_object().cloned().unwrap_or_default();
        members.into_iter().for_each(|(name, value)| insert(&mut merged, &name, value));
    }
    let version = if trigger == CognitoTrigger::PreTokenGenerationV2 { "2" } else { "1" };
    json!({
        "version": version,
        "triggerSource": trigger_source,
        "region": REGION,
        "userPoolId": "us-east-1_EXAMPLE01",
        "userName": "user",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "0example1example2example34"},
        "request": merged,
        "response": response,
    })
    .into()
}

/// Returns the trigger source, the request without user attributes, and the response.
fn parts(trigger: CognitoTrigger) -> (&'static str, Value, Value) {
    let groups = json!({"groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": null});
    match trigger {
        CognitoTrigger::PreSignUp => (
            "PreSignUp_SignUp",
            json!({"validationData": null}),
            json!({"autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false}),
        ),
        CognitoTrigger::PostConfirmation => ("PostConfirmation_ConfirmSignUp", json!({}), json!({})),
        CognitoTrigger::PreAuthentication => {
            ("PreAuthentication_Authentication", json!({"validationData": null, "userNotFound": false}), json!({}))
        }
        CognitoTrigger::PostAuthentication => {
            ("PostAuthentication_Authentication", json!({"newDeviceUsed": false}), json!({}))
        }
        CognitoTrigger::PreTokenGeneration => (
            "TokenGeneration_Authentication",
            json!({"groupConfiguration": groups}),
            json!({"claimsOverrideDetails": null}),
        ),
        CognitoTrigger::PreTokenGenerationV2 => (
            "TokenGeneration_Authentication",
            json!({"groupConfiguration": groups, "scopes": ["aws.cognito.signin.user.admin"]}),
            json!({"claimsAndScopeOverrideDetails": null}),
        ),
        CognitoTrigger::MigrateUser => migrate_user(),
        CognitoTrigger::CustomMessage => (
            "CustomMessage_SignUp",
            json!({"codeParameter": "{####}", "usernameParameter": null}),
            json!({"smsMessage": null, "emailMessage": null, "emailSubject": null}),
        ),
        CognitoTrigger::DefineAuthChallenge => (
            "DefineAuthChallenge_Authentication",
            json!({"session": [], "userNotFound": false}),
            json!({"challengeName": null, "issueTokens": null, "failAuthentication": null}),
        ),
        CognitoTrigger::CreateAuthChallenge => (
            "CreateAuthChallenge_Authentication",
            json!({"challengeName": "CUSTOM_CHALLENGE", "session": [], "userNotFound": false}),
            json!({"publicChallengeParameters": null, "privateChallengeParameters": null, "challengeMetadata": null}),
        ),
        CognitoTrigger::VerifyAuthChallenge => (
            "VerifyAuthChallengeResponse_Authentication",
            json!({"privateChallengeParameters": {}, "challengeAnswer": "answer", "userNotFound": false}),
            json!({"answerCorrect": null}),
        ),
        CognitoTrigger::CustomEmailSender => custom_sender("CustomEmailSender_SignUp", "customEmailSenderRequestV1"),
        CognitoTrigger::CustomSmsSender => custom_sender("CustomSMSSender_SignUp", "customSMSSenderRequestV1"),
    }
}

fn migrate_user() -> (&'static str, Value, Value) {
    let response = json!({
        "userAttributes": null,
        "finalUserStatus": null,
        "messageAction": null,
        "desiredDeliveryMediums": null,
        "forceAliasCreation": null,
    });
    ("UserMigration_Authentication", json!({"password": "made-up password", "validationData": null}), response)
}

fn custom_sender(trigger_source: &'static str, request_type: &str) -> (&'static str, Value, Value) {
    let request = json!({"type": request_type, "code": base64("123456"), "clientMetadata": null});
    (trigger_source, request, json!({}))
}

/// Makes the event of Cognito Sync, with a record of a dataset for each name and new value.
///
/// The records had no value before.
///
/// Source: [Customizing workflows with Cognito Events](https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-events.html).
pub fn cognito_sync(dataset: &str, items: impl IntoIterator<Item = (impl Into<String>, impl AsRef<str>)>) -> TestEvent {
    let mut records = json!({});
    for (name, value) in items {
        let record = json!({"oldValue": null, "newValue": value.as_ref(), "op": "replace"});
        insert(&mut records, &name.into(), record);
    }
    json!({
        "version": 2,
        "eventType": "SyncTrigger",
        "region": REGION,
        "identityPoolId": format!("{REGION}:{}", uuid(1)),
        "identityId": format!("{REGION}:{}", uuid(2)),
        "datasetName": dataset,
        "datasetRecords": records,
    })
    .into()
}

#[cfg(test)]
mod tests;
