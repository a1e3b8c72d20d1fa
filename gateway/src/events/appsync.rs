//! Events of AWS AppSync.

use serde_json::{Value, json};

use super::{
    TestEvent,
    values::{ACCOUNT, uuid},
};

/// Makes the event of a direct Lambda resolver: a field of a GraphQL type with its arguments.
///
/// The client has an API key, so `identity` is `null`. `source` is `null` too, because fields of `Query` and `Mutation` have no
/// parent object.
///
/// Source: [Context object reference](https://docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference.html).
///
/// ```
/// use lodger_gateway::events;
/// use serde_json::json;
///
/// let event = events::appsync("Query", "post", json!({"id": "1"}));
/// assert_eq!((&event["info"]["fieldName"], &event["arguments"]["id"]), (&json!("post"), &json!("1")));
/// ```
pub fn appsync(parent_type: &str, field: &str, arguments: impl Into<Value>) -> TestEvent {
    context(parent_type, field, &arguments.into(), &Value::Null).into()
}

/// Makes the event of a direct Lambda resolver with batching: a JSON array with an entry for each source, the object that has
/// the field.
///
/// Source: [Direct Lambda resolvers](https://docs.aws.amazon.com/appsync/latest/devguide/direct-lambda-reference.html).
///
/// ```
/// use lodger_gateway::events;
/// use serde_json::json;
///
/// let event = events::appsync_batch("Post", "comments", [json!({"id": "1"}), json!({"id": "2"})]);
/// assert_eq!(event[1]["source"]["id"], "2");
/// ```
pub fn appsync_batch(parent_type: &str, field: &str, sources: impl IntoIterator<Item = impl Into<Value>>) -> TestEvent {
    let contexts = sources.into_iter().map(|source| context(parent_type, field, &json!({}), &source.into()));
    Value::Array(contexts.collect()).into()
}

fn context(parent_type: &str, field: &str, arguments: &Value, source: &Value) -> Value {
    json!({
        "arguments": arguments,
        "identity": null,
        "source": source,
        "request": {
            "headers": {
                "accept": "*/*",
                "content-type": "application/json",
                "host": host(),
                "x-api-key": "da2-example",
                "x-forwarded-for": "203.0.113.7",
            },
            "domainName": null,
        },
        "prev": null,
        "info": {
            "selectionSetList": ["id"],
            "selectionSetGraphQL": "{\n  id\n}",
            "fieldName": field,
            "parentTypeName": parent_type,
            "variables": {},
        },
        "stash": {},
    })
}

/// Makes the event of a Lambda authorizer of AppSync, with the authorization token and the GraphQL query of a request.
///
/// Source: [Lambda authorization](https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html).
pub fn appsync_authorizer(token: &str, query: &str) -> TestEvent {
    json!({
        "authorizationToken": token,
        "requestContext": {
            "apiId": "exampleapiexampleapi123456",
            "accountId": ACCOUNT,
            "requestId": uuid(1),
            "queryString": query,
            "operationName": null,
            "variables": {},
        },
        "requestHeaders": {"authorization": token, "content-type": "application/json", "host": host()},
    })
    .into()
}

fn host() -> &'static str {
    "exampleapiexampleapi123456.appsync-api.us-east-1.amazonaws.com"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::appsync::{AppSyncDirectResolverEvent, AppSyncLambdaAuthorizerRequest};

    #[test]
    fn has_the_arguments_of_a_field() {
        let event: AppSyncDirectResolverEvent = read(appsync("Mutation", "addPost", json!({"title": "é"})));
        assert_eq!((event.info.parent_type_name.as_str(), event.info.field_name.as_str()), ("Mutation", "addPost"));
        assert_eq!((event.arguments, event.source), (Some(json!({"title": "é"})), None));
        assert!(event.identity.is_none() && event.request.headers.contains_key("x-api-key"));
    }

    #[test]
    fn has_an_entry_for_each_source_of_a_batch() {
        let event = appsync_batch("Post", "comments", [json!({"id": "1"}), json!({"id": "2"})]);
        let events: Vec<AppSyncDirectResolverEvent> = read(event);
        let sources: Vec<_> = events.iter().map(|event| event.source.clone().unwrap()).collect();
        assert_eq!(sources, [json!({"id": "1"}), json!({"id": "2"})]);
        assert!(events.iter().all(|event| event.info.field_name == "comments"));
    }

    #[test]
    fn has_the_token_of_an_authorizer() {
        let event: AppSyncLambdaAuthorizerRequest = read(appsync_authorizer("secret", "query { post { id } }"));
        assert_eq!(event.authorization_token.as_deref(), Some("secret"));
        assert_eq!(event.request_context.query_string.as_deref(), Some("query { post { id } }"));
        assert_eq!(event.request_context.account_id.as_deref(), Some("123456789012"));
    }
}
