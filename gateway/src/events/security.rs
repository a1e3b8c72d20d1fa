//! Events of AWS Config, Secrets Manager, IoT authorizers and Client VPN.

use serde_json::{Value, json};

use super::{
    TestEvent,
    values::{ACCOUNT, TIME, arn, base64, role_arn, uuid},
};

/// Makes the event of a custom rule of AWS Config after a change of a resource, with the configuration item and the parameters of
/// the rule.
///
/// The event has both as strings that contain JSON.
///
/// Source: [Example events for AWS Config rules](https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html).
///
/// ```
/// use lodger_gateway::events;
/// use serde_json::json;
///
/// let item = json!({"resourceType": "AWS::S3::Bucket", "resourceId": "photos", "configuration": {}});
/// let event = events::config_rule(item, json!({"encrypted": "true"}));
/// assert_eq!(event["ruleParameters"], r#"{"encrypted":"true"}"#);
/// ```
pub fn config_rule(configuration_item: impl Into<Value>, parameters: impl Into<Value>) -> TestEvent {
    let invoking_event = json!({
        "configurationItem": configuration_item.into(),
        "notificationCreationTime": TIME,
        "messageType": "ConfigurationItemChangeNotification",
    });
    json!({
        "version": "1.0",
        "invokingEvent": invoking_event.to_string(),
        "ruleParameters": parameters.into().to_string(),
        "resultToken": base64("made-up result token"),
        "eventLeftScope": false,
        "executionRoleArn": role_arn("config-role"),
        "configRuleArn": arn("config", "config-rule/config-rule-example"),
        "configRuleName": "my-rule",
        "configRuleId": "config-rule-example",
        "accountId": ACCOUNT,
    })
    .into()
}

/// Makes the event of a step of a rotation by Secrets Manager.
///
/// `step` is `createSecret`, `setSecret`, `testSecret` or `finishSecret`. `secret` is the name of the secret: the event has the
/// ARN.
///
/// Source: [Rotation by Lambda function](https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html).
pub fn secrets_manager_rotation(step: &str, secret: &str) -> TestEvent {
    json!({
        "Step": step,
        "SecretId": arn("secretsmanager", &format!("secret:{secret}-Ex4mpl")),
        "ClientRequestToken": uuid(1),
    })
    .into()
}

/// Makes the event of a custom authorizer of AWS IoT Core, with a token whose signature is valid.
///
/// The client connects with MQTT. Its user name is `device` and its password, which the event has in base64, is `password`.
///
/// Source: [Defining your Lambda function](https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html).
pub fn iot_authorizer(token: &str) -> TestEvent {
    json!({
        "token": token,
        "signatureVerified": true,
        "protocols": ["tls", "mqtt"],
        "protocolData": {
            "tls": {"serverName": "example-ats.iot.us-east-1.amazonaws.com"},
            "mqtt": {"username": "device", "password": base64("password"), "clientId": "device-1"},
        },
        "connectionMetadata": {"id": uuid(1)},
    })
    .into()
}

/// Makes the event of a connection handler of Client VPN, with the name of a user.
///
/// Source: [Connection authorization](https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/connection-authorization.html).
pub fn client_vpn(username: &str) -> TestEvent {
    json!({
        "connection-id": "cvpn-connection-0123456789abcdef0",
        "endpoint-id": "cvpn-endpoint-0123456789abcdef0",
        "common-name": "client.example.com",
        "username": username,
        "platform": "linux",
        "platform-version": "6.8",
        "public-ip": "203.0.113.7",
        "client-openvpn-version": "2.6.12",
        "groups": "",
        "schema-version": "v2",
    })
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::{
        clientvpn::ClientVpnConnectionHandlerRequest, config::ConfigEvent, iot::IoTCoreCustomAuthorizerRequest,
        secretsmanager::SecretsManagerSecretRotationEvent,
    };

    #[test]
    fn has_the_item_and_the_parameters_of_a_rule_as_text() {
        let event: ConfigEvent = read(config_rule(json!({"resourceId": "photos"}), json!({"encrypted": "true"})));
        let invoking_event: Value = serde_json::from_str(&event.invoking_event.unwrap()).unwrap();
        assert_eq!(invoking_event["configurationItem"], json!({"resourceId": "photos"}));
        assert_eq!(invoking_event["messageType"], "ConfigurationItemChangeNotification");
        assert_eq!(event.rule_parameters.as_deref(), Some(r#"{"encrypted":"true"}"#));
        assert!(event.config_rule_arn.unwrap().ends_with(&event.config_rule_id.unwrap()));
    }

    #[test]
    fn has_the_step_of_a_rotation() {
        let event: SecretsManagerSecretRotationEvent = read(secrets_manager_rotation("testSecret", "database"));
        assert_eq!(event.step, "testSecret");
        assert_eq!(event.secret_id, "arn:aws:secretsmanager:us-east-1:123456789012:secret:database-Ex4mpl");
        assert_eq!(event.client_request_token.len(), 36);
    }

    #[test]
    fn has_the_token_of_a_device() {
        let event: IoTCoreCustomAuthorizerRequest = read(iot_authorizer("secret"));
        assert_eq!((event.token.as_deref(), event.signature_verified), (Some("secret"), true));
        let mqtt = event.protocol_data.unwrap().mqtt.unwrap();
        assert_eq!((mqtt.username.as_deref(), &mqtt.password.0[..]), (Some("device"), &b"password"[..]));
    }

    #[test]
    fn has_the_user_of_a_vpn() {
        let event: ClientVpnConnectionHandlerRequest = read(client_vpn("ada"));
        assert_eq!((event.username.as_deref(), event.schema_version.as_deref()), (Some("ada"), Some("v2")));
        assert!(event.connection_id.unwrap().starts_with("cvpn-connection-"));
    }
}
