use serde_json::{Map, Value, json};

use super::claims::{cognito_claim, http_api_claim};

/// The result of an authorizer of API Gateway, for [`Front::authorizer`](crate::Front::authorizer).
///
/// | | HTTP API, payload 2.0 | HTTP API, payload 1.0 | REST API |
/// |---|---|---|---|
/// | [`jwt`](Self::jwt) | `authorizer.jwt`: `claims`, `scopes` | `authorizer`: `claims`, `scopes` | `authorizer.claims` |
/// | [`cognito`](Self::cognito) | the same | the same | `authorizer.claims`, as strings |
/// | [`lambda`](Self::lambda) | `authorizer.lambda`: the context | `authorizer`: the context, `principalId` | `authorizer`: the context as strings, `principalId`, `integrationLatency` |
///
/// ```
/// use bytes::Bytes;
/// use lodger_gateway::{Authorizer, Front};
/// use serde_json::{Value, json};
///
/// let claims = [("sub", json!("ada")), ("exp", json!(1787996002)), ("groups", json!(["admin", "users"]))];
/// let front = Front::http_api().authorizer(Authorizer::jwt(claims, ["orders:read"]));
/// let event = front.event(&http::Request::get("/orders").body(Bytes::new()).unwrap()).unwrap();
/// let event: Value = serde_json::from_slice(&event).unwrap();
/// let jwt = &event["requestContext"]["authorizer"]["jwt"];
/// // An HTTP API sends all claims as strings.
/// assert_eq!(jwt["claims"], json!({"sub": "ada", "exp": "1787996002", "groups": "[admin users]"}));
/// assert_eq!(jwt["scopes"], json!(["orders:read"]));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Authorizer(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Jwt { claims: Map<String, Value>, scopes: Vec<String>, is_user_pool: bool },
    Lambda { principal_id: String, context: Map<String, Value> },
}

impl Authorizer {
    /// Creates the result of a JWT authorizer: the claims of a token, and the scopes.
    ///
    /// An HTTP API sends claims as strings: `42`, `true`, and `[a b]` for an array. It omits a claim that is null, and sends an
    /// object as JSON text. A REST API sends each claim with its JSON type. If there are no `scopes`, the member `scopes` of an HTTP
    /// API is null, like on AWS for a route that requires none. A REST API has no such member.
    ///
    /// AWS does not document the strings of HTTP APIs. They are those of captured events.
    ///
    /// Sources: [HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html),
    /// [claims that were measured on AWS](https://github.com/floci-io/floci/pull/2011),
    /// [REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-jwt-authorizer-claims.html).
    pub fn jwt<K: Into<String>, V: Into<Value>, S: Into<String>>(
        claims: impl IntoIterator<Item = (K, V)>,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        let scopes = scopes.into_iter().map(Into::into).collect();
        Self(Kind::Jwt { claims: members(claims), scopes, is_user_pool: false })
    }

    /// Creates the result of a Cognito user pool authorizer of a REST API: the claims of a token.
    ///
    /// A REST API sends claims as strings: `42`, `true`, and `a,b` for an array. `exp` and `iat` are dates, such as
    /// `Fri Jul 29 18:52:53 UTC 2016`. HTTP APIs have no such authorizer: they send the claims like those of
    /// [`jwt`](Self::jwt), without scopes.
    ///
    /// AWS does not document these strings. They are those of captured events.
    ///
    /// Sources: [User pools](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html),
    /// [captured claims](https://github.com/amazon-archives/amazon-cognito-identity-js/issues/92).
    ///
    /// ```
    /// use bytes::Bytes;
    /// use lodger_gateway::{Authorizer, Front};
    /// use serde_json::{Value, json};
    ///
    /// let claims = [("cognito:groups", json!(["admin", "users"])), ("exp", json!(1469818373))];
    /// let front = Front::rest_api().authorizer(Authorizer::cognito(claims));
    /// let event = front.event(&http::Request::get("/orders").body(Bytes::new()).unwrap()).unwrap();
    /// let event: Value = serde_json::from_slice(&event).unwrap();
    /// let claims = &event["requestContext"]["authorizer"]["claims"];
    /// assert_eq!(claims["cognito:groups"], "admin,users");
    /// assert_eq!(claims["exp"], "Fri Jul 29 18:52:53 UTC 2016");
    /// ```
    pub fn cognito<K: Into<String>, V: Into<Value>>(claims: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(Kind::Jwt { claims: members(claims), scopes: Vec::new(), is_user_pool: true })
    }

    /// Creates the result of a Lambda authorizer: the ID of the principal, and the context that the authorizer returns.
    ///
    /// A REST API sends numbers and booleans of the context as strings. AWS rejects a context with an array or an object; here
    /// it becomes JSON text. An HTTP API sends the context as it is. Without a context, `authorizer.lambda` is null. If
    /// `principal_id` is empty, events have none, like those of a simple response.
    ///
    /// Sources: [REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html),
    /// [HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html),
    /// [a captured context](https://github.com/DefinitelyTyped/DefinitelyTyped/pull/69823).
    ///
    /// ```
    /// use bytes::Bytes;
    /// use lodger_gateway::{Authorizer, Front};
    /// use serde_json::{Value, json};
    ///
    /// let front = Front::rest_api().authorizer(Authorizer::lambda("ada", [("tenant", 7)]));
    /// let event = front.event(&http::Request::get("/orders").body(Bytes::new()).unwrap()).unwrap();
    /// let event: Value = serde_json::from_slice(&event).unwrap();
    /// let expected = json!({"principalId": "ada", "integrationLatency": 0, "tenant": "7"});
    /// assert_eq!(event["requestContext"]["authorizer"], expected);
    /// ```
    pub fn lambda<K: Into<String>, V: Into<Value>>(
        principal_id: impl Into<String>,
        context: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Self(Kind::Lambda { principal_id: principal_id.into(), context: members(context) })
    }

    /// The member `authorizer` of payload format version 2.0.
    pub(crate) fn payload_v2(&self) -> Value {
        match &self.0 {
            Kind::Jwt { claims, scopes, .. } => json!({"jwt": jwt_members(claims, scopes)}),
            Kind::Lambda { context, .. } if context.is_empty() => json!({"lambda": null}),
            Kind::Lambda { context, .. } => json!({"lambda": context}),
        }
    }

    /// The member `authorizer` of payload format version 1.0 of an HTTP API.
    pub(crate) fn payload_v1(&self) -> Value {
        match &self.0 {
            Kind::Jwt { claims, scopes, .. } => jwt_members(claims, scopes),
            Kind::Lambda { principal_id, context } => principal(principal_id).chain(context.clone()).collect(),
        }
    }

    /// The member `authorizer` of a REST API.
    pub(crate) fn rest_api(&self) -> Value {
        match &self.0 {
            Kind::Jwt { claims, is_user_pool: false, .. } => json!({"claims": claims}),
            Kind::Jwt { claims, .. } => {
                let claims =
                    claims.iter().filter_map(|(name, value)| Some((name.clone(), cognito_claim(name, value)?)));
                json!({"claims": claims.collect::<Value>()})
            }
            Kind::Lambda { principal_id, context } => {
                let latency = [("integrationLatency".to_owned(), 0.into())];
                let context = context.iter().map(|(name, value)| (name.clone(), context_value(value)));
                principal(principal_id).chain(latency).chain(context).collect()
            }
        }
    }
}

fn members<K: Into<String>, V: Into<Value>>(members: impl IntoIterator<Item = (K, V)>) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// The claims and the scopes, as HTTP APIs send them.
fn jwt_members(claims: &Map<String, Value>, scopes: &[String]) -> Value {
    let claims = claims.iter().filter_map(|(name, value)| Some((name.clone(), http_api_claim(value)?)));
    let scopes = if scopes.is_empty() { Value::Null } else { scopes.into() };
    json!({"claims": claims.collect::<Value>(), "scopes": scopes})
}

fn principal(id: &str) -> impl Iterator<Item = (String, Value)> {
    Some(id).filter(|id| !id.is_empty()).map(|id| ("principalId".to_owned(), id.into())).into_iter()
}

/// Converts a value of the context like a REST API, which keeps strings and nulls.
fn context_value(value: &Value) -> Value {
    match value {
        Value::String(_) | Value::Null => value.clone(),
        value => value.to_string().into(),
    }
}
