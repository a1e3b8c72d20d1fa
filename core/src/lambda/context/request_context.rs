use std::{borrow::Cow, fmt};

use bytes::Bytes;

use crate::json::read::{Malformed, Reader, Text};

/// The request context of the event: metadata that API Gateway, a load balancer or Lattice adds to the request. An extension
/// of every request on Lambda whose event contains `requestContext`.
///
/// In axum and actix-web the type is an extractor: `async fn handler(context: Option<lambda::RequestContext>)`. In warp, use the
/// filter `lodger::warp::request_context()`.
///
/// The accessors cover every front that sends the value, and search the JSON on each call. For other values, use
/// [`get`](Self::get), or with the feature `serde` `parse`, which deserializes the whole object.
///
/// Keeps the memory of the whole event. Clones share that memory.
///
/// Sources: [REST API][rest], [HTTP API][http], [WebSocket API][websocket], [Function URL][url], [load balancer][alb],
/// [Lattice][lattice].
///
/// [rest]: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
/// [http]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
/// [websocket]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
/// [url]: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
/// [alb]: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer
/// [lattice]: https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html#receive-event-from-service
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::{Request, lambda::RequestContext};
///
/// /// The user, if a JWT or Cognito authorizer has verified the token.
/// fn user(request: &Request) -> Option<String> {
///     let context = request.extensions().get::<RequestContext>()?;
///     context.claim("sub").map(|sub| sub.into_owned())
/// }
/// # assert_eq!(user(&Request::default()), None);
/// ```
#[derive(Clone)]
pub struct RequestContext {
    /// The JSON of `requestContext`.
    json: Bytes,
    /// The JSON of the event that contains it.
    event: Bytes,
}

impl RequestContext {
    pub(crate) fn new(json: Bytes, event: Bytes) -> Self {
        Self { json, event }
    }

    /// Creates the request context of an event, for tests.
    ///
    /// Returns `None` if `event` is not a JSON object that contains the object `requestContext`.
    ///
    /// # Example
    ///
    /// ```
    /// # use lodger_core as lodger;
    /// use lodger::lambda::RequestContext;
    ///
    /// let event = r#"{"requestContext": {"stage": "prod", "authorizer": {"tenant": "blue"}}, "pathParameters": {"id": "7"}}"#;
    /// let context = RequestContext::from_event(event).unwrap();
    /// assert_eq!(context.stage().unwrap(), "prod");
    /// assert_eq!(context.authorizer_value("tenant").unwrap(), "blue");
    /// assert_eq!(context.path_parameter("id").unwrap(), "7");
    /// ```
    pub fn from_event(event: impl Into<Bytes>) -> Option<Self> {
        let event = event.into();
        let json = find(&event, &["requestContext"])?;
        if !json.starts_with(b"{") {
            return None;
        }
        let json = event.slice_ref(json);
        Some(Self { json, event })
    }

    /// The JSON of the request context, unchanged.
    pub fn as_bytes(&self) -> &[u8] {
        &self.json
    }

    /// The id of the API: `apiId`. REST, HTTP and WebSocket APIs, Function URLs.
    pub fn api_id(&self) -> Option<Cow<'_, str>> {
        self.get(&["apiId"])
    }

    /// The name of the stage, such as `prod` or `$default`. REST, HTTP and WebSocket APIs, Function URLs.
    pub fn stage(&self) -> Option<Cow<'_, str>> {
        self.get(&["stage"])
    }

    /// The AWS account of the API: `accountId`. `anonymous` behind a Function URL without IAM authorization.
    pub fn account_id(&self) -> Option<Cow<'_, str>> {
        self.get(&["accountId"])
    }

    /// The domain that the client used: `domainName`. REST, HTTP and WebSocket APIs, Function URLs.
    pub fn domain_name(&self) -> Option<Cow<'_, str>> {
        self.get(&["domainName"])
    }

    /// The route that matched, such as `GET /users/{id}` or `$default`. HTTP and WebSocket APIs, Function URLs.
    ///
    /// On REST APIs, the resource, such as `/users/{id}`.
    pub fn route(&self) -> Option<Cow<'_, str>> {
        self.get(&["routeKey"]).or_else(|| self.get(&["resourcePath"]))
    }

    /// The id of the connection. WebSocket APIs.
    pub fn connection_id(&self) -> Option<Cow<'_, str>> {
        self.get(&["connectionId"])
    }

    /// A claim of the token that a JWT authorizer (HTTP APIs) or a Cognito authorizer (REST APIs) has verified.
    ///
    /// Returns a number or a boolean as text. HTTP APIs send every claim as text.
    pub fn claim(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(&["authorizer", "jwt", "claims", name]).or_else(|| self.get(&["authorizer", "claims", name]))
    }

    /// The scopes of the token that a JWT authorizer has verified. HTTP APIs send them if the route requires scopes.
    pub fn scopes(&self) -> Vec<Cow<'_, str>> {
        let Some(json) = find(&self.json, &["authorizer", "jwt", "scopes"]) else { return Vec::new() };
        let mut scopes = Vec::new();
        let _ = Reader::new(json).each_string(|scope| scopes.extend(text(scope)));
        scopes
    }

    /// A value of the context that a Lambda authorizer has returned. REST, HTTP and WebSocket APIs.
    ///
    /// On REST and WebSocket APIs, `principalId` is one of the values. Returns a number or a boolean as text.
    pub fn authorizer_value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(&["authorizer", "lambda", name]).or_else(|| self.get(&["authorizer", name]))
    }

    /// The ARN of the IAM user or role that signed the request. REST and HTTP APIs and Function URLs with IAM authorization,
    /// and Lattice services with an auth policy.
    pub fn iam_arn(&self) -> Option<Cow<'_, str>> {
        let paths: [&[&str]; 3] =
            [&["authorizer", "iam", "userArn"], &["identity", "userArn"], &["identity", "principal"]];
        paths.into_iter().find_map(|path| self.get(path))
    }

    /// The certificate that the client presented with mutual TLS, in PEM. REST and HTTP APIs with a custom domain.
    pub fn client_certificate(&self) -> Option<Cow<'_, str>> {
        self.get(&["authentication", "clientCert", "clientCertPem"])
            .or_else(|| self.get(&["identity", "clientCert", "clientCertPem"]))
    }

    /// A path parameter of the API's own route, such as `id` of `/users/{id}`. REST and HTTP APIs.
    ///
    /// HTTP APIs decode the value. REST APIs leave the percent-encoding.
    pub fn path_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        value(&self.event, &["pathParameters", name])
    }

    /// A stage variable. REST, HTTP and WebSocket APIs.
    pub fn stage_variable(&self, name: &str) -> Option<Cow<'_, str>> {
        value(&self.event, &["stageVariables", name])
    }

    /// A value of the request context by its path, such as `["identity", "sourceIp"]`.
    ///
    /// Returns a number or a boolean as text. Returns `None` if the value is absent, `null`, an object or an array.
    pub fn get(&self, path: &[&str]) -> Option<Cow<'_, str>> {
        value(&self.json, path)
    }

    /// Deserializes the request context. Available with the feature `serde`.
    ///
    /// # Errors
    /// The JSON does not fit the type. The error names the type, the field and the expected value: `cannot read the request
    /// context as app::Claims: authorizer.jwt.claims.sub: invalid type: integer, expected a string`. The error contains no value of
    /// the JSON, which may be a token, and no message of your own `Deserialize`.
    ///
    /// # Example
    ///
    /// ```
    /// # use lodger_core as lodger;
    /// use lodger::lambda::RequestContext;
    ///
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "camelCase")]
    /// struct Api {
    ///     api_id: String,
    /// }
    ///
    /// fn api(context: &RequestContext) -> Result<String, lodger::Error> {
    ///     Ok(context.parse::<Api>()?.api_id)
    /// }
    /// ```
    #[cfg(feature = "serde")]
    pub fn parse<'a, T: serde_core::Deserialize<'a>>(&'a self) -> Result<T, crate::Error> {
        crate::lambda::parse::parse(&self.json, "the request context")
    }
}

impl fmt::Debug for RequestContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Only the size: the JSON contains claims and identities.
        write!(f, "RequestContext({} bytes)", self.json.len())
    }
}

/// Finds a value in nested objects, and returns its JSON.
fn find<'a>(json: &'a [u8], path: &[&str]) -> Option<&'a [u8]> {
    path.iter().try_fold(json, |json, name| member(json, name).ok().flatten())
}

/// Finds a member of an object, and returns its JSON. Of several with the same name, the last one counts.
fn member<'a>(json: &'a [u8], name: &str) -> Result<Option<&'a [u8]>, Malformed> {
    let mut found = None;
    Reader::new(json).object(|reader, key| {
        let value = reader.skip()?;
        if key.decode().is_some_and(|key| *key == *name.as_bytes()) {
            found = Some(value);
        }
        Ok(())
    })?;
    Ok(found)
}

/// Finds a value that is text, a number or a boolean, and returns it as text.
fn value<'a>(json: &'a [u8], path: &[&str]) -> Option<Cow<'a, str>> {
    match find(json, path)? {
        b"null" | [b'{' | b'[', ..] => None,
        string @ [b'"', ..] => Reader::new(string).string().ok().flatten().and_then(text),
        literal => std::str::from_utf8(literal).ok().map(Cow::Borrowed),
    }
}

fn text(text: Text<'_>) -> Option<Cow<'_, str>> {
    match text.decode()? {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

#[cfg(test)]
mod tests;
