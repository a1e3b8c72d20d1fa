use bytes::Bytes;
use http::{Response, StatusCode};

use super::Front;
use crate::front_settings::Authorizer;

impl Front {
    /// Sets the result of the authorizer of an API, which events contain. Function URLs, load balancers, Lattice and Vercel have
    /// none and ignore it.
    ///
    /// The front does not check requests. If an authorizer rejects a request, use [`unauthorized`](Self::unauthorized) or
    /// [`forbidden`](Self::forbidden).
    #[must_use]
    pub fn authorizer(mut self, authorizer: Authorizer) -> Self {
        self.settings.authorizer = self.has_authorizer().then(|| authorizer.into());
        self
    }

    /// Returns whether [`authorizer`](Self::authorizer) has an effect.
    pub fn has_authorizer(&self) -> bool {
        self.spec.authorizer.is_some()
    }

    /// Returns the response to a request without valid credentials: 401.
    ///
    /// The response of an HTTP API is that of a JWT authorizer for a request without a token, with `www-authenticate: Bearer`. For
    /// an invalid token, AWS adds the reason to this header. Responses of an HTTP API have no [CORS](Self::cors) headers. Fronts
    /// without authorizers have no such response: this method returns their error response for 401.
    ///
    /// Sources: [JWT authorizers](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html),
    /// [REST APIs](https://repost.aws/knowledge-center/api-gateway-401-error-lambda-authorizer), and captured responses of both.
    ///
    /// ```
    /// use lodger_gateway::Front;
    ///
    /// let response = Front::http_api().unauthorized();
    /// assert_eq!(response.status(), 401);
    /// assert_eq!(response.headers()["www-authenticate"], "Bearer");
    /// assert_eq!(response.body(), r#"{"message":"Unauthorized"}"#);
    /// ```
    pub fn unauthorized(&self) -> Response<Bytes> {
        match &self.spec.authorizer {
            Some(rules) => rules.unauthorized.response(),
            None => self.error_response(StatusCode::UNAUTHORIZED),
        }
    }

    /// Returns the response to a request that the authorizer denies: 403.
    ///
    /// The response of a REST API is that for a policy of a Lambda authorizer with an explicit deny. Fronts without authorizers
    /// have no such response: this method returns their error response for 403.
    ///
    /// Source: [403 errors of Lambda authorizers](https://repost.aws/knowledge-center/api-gateway-403-error-lambda-authorizer).
    /// Captured responses have the member `Message` and end with `in an identity-based policy`.
    pub fn forbidden(&self) -> Response<Bytes> {
        match &self.spec.authorizer {
            Some(rules) => rules.forbidden.response(),
            None => self.error_response(StatusCode::FORBIDDEN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::event;
    use http::Request;
    use serde_json::{Value, json};

    /// Returns `requestContext.authorizer` of an event.
    fn authorizer(front: Front, authorizer: Option<&Authorizer>) -> Option<Value> {
        let front = authorizer.cloned().into_iter().fold(front, Front::authorizer);
        event(&front, Request::get("/pets"), b"")["requestContext"].get("authorizer").cloned()
    }

    #[test]
    fn has_the_result_of_the_authorizer_in_the_form_of_the_front() {
        let claims = [
            ("sub", json!("ada")),
            ("exp", json!(1_469_818_373)),
            ("email_verified", json!(true)),
            ("groups", json!(["admin", "users"])),
            ("nonce", json!(null)),
        ];
        let strings = json!({"sub": "ada", "exp": "1469818373", "email_verified": "true", "groups": "[admin users]"});
        let cognito = json!({"sub": "ada", "exp": "Fri Jul 29 18:52:53 UTC 2016", "email_verified": "true", "groups": "admin,users"});
        let context = [("tenant", json!(7)), ("is_admin", json!(true)), ("name", json!("a")), ("none", json!(null))];
        let values = json!({"tenant": 7, "is_admin": true, "name": "a", "none": null});
        let jwt = |scopes: Value| json!({"claims": strings, "scopes": scopes});
        let typed: Value = claims.clone().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let empty = [("", json!(null)); 0];
        for (result, v2, v1, rest) in [
            (
                Authorizer::jwt(claims.clone(), ["read", "write"]),
                json!({"jwt": jwt(json!(["read", "write"]))}),
                jwt(json!(["read", "write"])),
                json!({"claims": typed}),
            ),
            (
                Authorizer::jwt(claims.clone(), [""; 0]),
                json!({"jwt": jwt(json!(null))}),
                jwt(json!(null)),
                json!({"claims": typed}),
            ),
            (
                Authorizer::cognito(claims),
                json!({"jwt": jwt(json!(null))}),
                jwt(json!(null)),
                json!({"claims": cognito}),
            ),
            (
                Authorizer::lambda("ada", context),
                json!({"lambda": values}),
                json!({"principalId": "ada", "tenant": 7, "is_admin": true, "name": "a", "none": null}),
                json!({"principalId": "ada", "integrationLatency": 0, "tenant": "7", "is_admin": "true", "name": "a",
                    "none": null}),
            ),
            (
                Authorizer::lambda("", [("list", json!([1]))]),
                json!({"lambda": {"list": [1]}}),
                json!({"list": [1]}),
                json!({"integrationLatency": 0, "list": "[1]"}),
            ),
            (
                Authorizer::lambda("ada", empty),
                json!({"lambda": null}),
                json!({"principalId": "ada"}),
                json!({"principalId": "ada", "integrationLatency": 0}),
            ),
        ] {
            for (front, expected) in [(Front::http_api(), v2), (Front::http_api_v1(), v1), (Front::rest_api(), rest)] {
                assert_eq!(authorizer(front.clone(), Some(&result)), Some(expected), "{front}: {result:?}");
            }
        }
    }

    #[test]
    fn other_fronts_have_no_authorizer() {
        let with_authorizer = Front::all().into_iter().filter(Front::has_authorizer).map(|front| front.name());
        assert_eq!(with_authorizer.collect::<Vec<_>>(), ["http-api", "http-api-v1", "rest-api"]);
        let result = Authorizer::lambda("ada", [("tenant", 7)]);
        for front in Front::all().into_iter().filter(|front| !front.has_authorizer()) {
            assert_eq!(authorizer(front.clone(), Some(&result)), authorizer(front.clone(), None), "{front}");
        }
        assert_eq!(authorizer(Front::http_api_v1(), None), Some(json!({"claims": null, "scopes": null})));
        assert_eq!(authorizer(Front::http_api(), None), None);
        assert_eq!(authorizer(Front::rest_api(), None), None);
    }

    #[test]
    fn rejects_in_the_words_of_the_front() {
        let unauthorized = r#"{"message":"Unauthorized"}"#;
        let denied = r#"{"Message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}"#;
        let http_forbidden = r#"{"message":"Forbidden"}"#;
        for (response, status, header, body) in [
            (Front::http_api().unauthorized(), 401, Some(("www-authenticate", "Bearer")), unauthorized),
            (Front::http_api_v1().unauthorized(), 401, Some(("www-authenticate", "Bearer")), unauthorized),
            (Front::rest_api().unauthorized(), 401, Some(("x-amzn-errortype", "UnauthorizedException")), unauthorized),
            (Front::http_api().forbidden(), 403, None, http_forbidden),
            (Front::http_api_v1().forbidden(), 403, None, http_forbidden),
            (Front::rest_api().forbidden(), 403, Some(("x-amzn-errortype", "AccessDeniedException")), denied),
            (Front::function_url().forbidden(), 403, None, http_forbidden),
        ] {
            assert_eq!((response.status().as_u16(), &response.body()[..]), (status, body.as_bytes()));
            let expected = [Some(("content-type", "application/json")), header].into_iter().flatten();
            let found = response.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
            assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        }
        assert!(Front::alb().unauthorized().body().starts_with(b"<html>"));
    }
}
