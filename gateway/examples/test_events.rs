//! Prints a test event of each kind, for checks by other tools.
//!
//! Each line is a JSON object: `cargo run -p lodger-gateway --example test_events`.

#![allow(clippy::print_stdout, reason = "the example prints events")]

use bytes::Bytes;
use http::{Request, Response};
use lodger_gateway::events::{self, Change, CognitoTrigger, TestEvent};
use serde_json::{Value, json};

const COGNITO_TRIGGERS: [CognitoTrigger; 13] = [
    CognitoTrigger::PreSignUp,
    CognitoTrigger::PostConfirmation,
    CognitoTrigger::PreAuthentication,
    CognitoTrigger::PostAuthentication,
    CognitoTrigger::PreTokenGeneration,
    CognitoTrigger::PreTokenGenerationV2,
    CognitoTrigger::MigrateUser,
    CognitoTrigger::CustomMessage,
    CognitoTrigger::DefineAuthChallenge,
    CognitoTrigger::CreateAuthChallenge,
    CognitoTrigger::VerifyAuthChallenge,
    CognitoTrigger::CustomEmailSender,
    CognitoTrigger::CustomSmsSender,
];

fn main() -> Result<(), Box<Response<Bytes>>> {
    for (kind, event) in batches().into_iter().chain(single_events()).chain(authorizers()?) {
        print(kind, event);
    }
    for trigger in COGNITO_TRIGGERS {
        print("cognito", events::cognito(trigger, json!({})));
    }
    Ok(())
}

/// Makes the events that contain several records.
fn batches() -> Vec<(&'static str, TestEvent)> {
    let (old, new) = (json!({"id": "a", "total": 1}), json!({"id": "a", "total": 2}));
    let update = Change::Update { old: old.clone(), new: new.clone() };
    let changes = [Change::Create(old), update, Change::Delete(new)];
    let records = [(0, "customer-1", "first"), (1, "customer-2", "second")];
    vec![
        ("activemq", events::activemq("orders", ["first", "second"])),
        ("cloudwatch_logs", events::cloudwatch_logs("/aws/lambda/my-function", ["START", "END"])),
        ("cognito_sync", events::cognito_sync("settings", [("theme", "dark")])),
        ("documentdb", events::documentdb("shop", "orders", changes.clone())),
        ("dynamodb", events::dynamodb("orders", ["id"], changes)),
        ("firehose", events::firehose("archive", ["first", "second"])),
        ("kafka_msk", events::kafka_msk("orders", records)),
        ("kafka_self_managed", events::kafka_self_managed("orders", records)),
        ("kinesis", events::kinesis("clicks", [("user-1", "first"), ("user-2", "second")])),
        ("kinesis_analytics", events::kinesis_analytics("sums", ["first", "second"])),
        ("rabbitmq", events::rabbitmq("orders", ["first", "second"])),
        ("sqs", events::sqs("orders", ["first", "second"])),
        ("sqs_fifo", events::sqs_fifo("orders", [("customer-1", "first"), ("customer-2", "second")])),
    ]
}

/// Makes the events of one message, request or change.
fn single_events() -> Vec<(&'static str, TestEvent)> {
    let resource = json!({"Size": "1"});
    vec![
        ("appsync", events::appsync("Query", "post", json!({"id": "1"}))),
        ("appsync_batch", events::appsync_batch("Post", "comments", [json!({"id": "1"})])),
        ("bedrock_agent", events::bedrock_agent("orders", "GET", "/orders/{id}", [("id", "1")])),
        ("bedrock_agent_function", events::bedrock_agent_function("orders", "findOrder", [("id", "1")])),
        ("client_vpn", events::client_vpn("ada")),
        ("cloudformation", events::cloudformation("Custom::Database", Change::Create(resource))),
        ("cloudwatch_alarm", events::cloudwatch_alarm("errors", "ALARM")),
        ("codecommit", events::codecommit("website", "main", "0123456789abcdef0123456789abcdef01234567")),
        ("codepipeline_job", events::codepipeline_job("production")),
        ("config_rule", events::config_rule(json!({"resourceId": "photos"}), json!({}))),
        ("connect", events::connect([("language", "en")])),
        ("eventbridge", events::eventbridge("my.app", "OrderPlaced", json!({"id": 1}))),
        ("lex_v1", events::lex_v1("OrderFlowers", "two roses", [("Flower", "rose")])),
        ("lex_v2", events::lex_v2("OrderFlowers", "two roses", [("Flower", "rose")])),
        ("s3_batch", events::s3_batch("photos", "red flower.jpg")),
        ("s3_delete", events::s3_delete("photos", "red flower.jpg")),
        ("s3_object_lambda", events::s3_object_lambda("resize", "red flower.jpg")),
        ("s3_put", events::s3_put("photos", "red flower.jpg", 1024)),
        ("schedule", events::schedule("nightly")),
        ("secrets_manager_rotation", events::secrets_manager_rotation("createSecret", "database")),
        ("ses", events::ses("ada@example.com", "orders@example.com", "hello")),
        ("sns", events::sns("orders", "hello")),
    ]
}

fn authorizers() -> Result<Vec<(&'static str, TestEvent)>, Box<Response<Bytes>>> {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = http::Uri::from_static("/pets?limit=10");
    request.headers_mut().insert("authorization", http::HeaderValue::from_static("secret"));
    Ok(vec![
        ("appsync_authorizer", events::appsync_authorizer("secret", "query { post { id } }")),
        ("authorizer_http_api", events::authorizer_http_api(&request)?),
        ("authorizer_http_api_v1", events::authorizer_http_api_v1(&request)?),
        ("authorizer_request", events::authorizer_request(&request)?),
        ("authorizer_token", events::authorizer_token("secret")),
        ("iot_authorizer", events::iot_authorizer("secret")),
    ])
}

fn print(kind: &str, event: TestEvent) {
    println!("{}", json!({"kind": kind, "event": Value::from(event)}));
}
