use bytes::Bytes;
use http::{Request, Response, StatusCode};

use super::Front;
use crate::front_settings::Route;

impl Front {
    /// Sets the route of requests: a route of an HTTP API, or a method of a resource of a REST API. Other fronts ignore it.
    ///
    /// Events then have the `routeKey`, the `pathParameters`, the `resource` and the `requestContext.resourcePath` of this route.
    /// Without a route, an HTTP API with payload 2.0 has the route `$default`. A REST API and an HTTP API with payload 1.0 have `/`
    /// and `/{proxy+}`. A REST API ignores `$default`.
    ///
    /// [`event`](Self::event) responds to a request that does not match the route with [`not_found`](Self::not_found). The path
    /// of a [custom domain](Self::custom_domain) contains the base path, and so does the route. [`Routes`](crate::Routes) selects
    /// the route of a request.
    ///
    /// A REST API sends path parameters as the client sent them. An HTTP API decodes them like the path; a value with an invalid
    /// escape stays encoded, which AWS does not document.
    ///
    /// Sources: [Routes](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html),
    /// [Payloads](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
    ///
    /// ```
    /// use bytes::Bytes;
    /// use lodger_gateway::Front;
    /// use serde_json::Value;
    ///
    /// let front = Front::rest_api().route("GET /pets/{id}".parse()?);
    /// let event = front.event(&http::Request::get("/pets/7").body(Bytes::new()).unwrap()).unwrap();
    /// let event: Value = serde_json::from_slice(&event).unwrap();
    /// assert_eq!((&event["resource"], &event["pathParameters"]["id"]), (&"/pets/{id}".into(), &"7".into()));
    /// # Ok::<(), lodger_gateway::InvalidRoute>(())
    /// ```
    #[must_use]
    pub fn route(mut self, route: Route) -> Self {
        let rules = self.spec.routes.as_ref();
        let accepts = rules.is_some_and(|rules| rules.has_default || !route.is_default());
        self.settings.route = accepts.then(|| route.into());
        self
    }

    /// Returns whether [`route`](Self::route) has an effect.
    pub fn has_routes(&self) -> bool {
        self.spec.routes.is_some()
    }

    /// Returns the response to a request for which the API has no route: 404 of an HTTP API, 403 of a REST API.
    ///
    /// Other fronts have no such response. This method returns their 404.
    ///
    /// Sources: [Routes](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html),
    /// [`MISSING_AUTHENTICATION_TOKEN`](https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html).
    pub fn not_found(&self) -> Response<Bytes> {
        match &self.spec.routes {
            Some(rules) => rules.not_found.response(),
            None => self.error_response(StatusCode::NOT_FOUND),
        }
    }

    /// Returns whether the route of the front, if there is one, matches a request.
    pub(super) fn has_route_for(&self, request: &Request<Bytes>) -> bool {
        let route = self.settings.route.as_ref();
        route.is_none_or(|route| route.matches(request.method(), request.uri().path()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::event;
    use serde_json::{Value, json};

    fn front(front: Front, route: &str) -> Front {
        front.route(route.parse().unwrap())
    }

    #[test]
    fn has_the_route_and_its_parameters_in_events() {
        for (route, path, raw, decoded) in [
            ("GET /pets", "/pets", json!(null), json!(null)),
            ("GET /pets/{id}", "/pets/a%20b", json!({"id": "a%20b"}), json!({"id": "a b"})),
            ("ANY /{kind}/{id}", "/pets/7", json!({"kind": "pets", "id": "7"}), json!({"kind": "pets", "id": "7"})),
            ("ANY /pets/{proxy+}", "/pets/a%2Fb/c", json!({"proxy": "a%2Fb/c"}), json!({"proxy": "a/b/c"})),
            ("ANY /pets/{proxy+}", "/pets/", json!({"proxy": ""}), json!({"proxy": ""})),
            // The second value has an invalid escape after its first decoding.
            ("ANY /{a}/{b}", "/x%3F/%25zz", json!({"a": "x%3F", "b": "%25zz"}), json!({"a": "x", "b": "%25zz"})),
        ] {
            let resource = route.split(' ').nth(1).unwrap();
            let event = |front: Front| event(&self::front(front, route), Request::get(path), b"");
            let v2 = event(Front::http_api());
            assert_eq!((&v2["routeKey"], &v2["requestContext"]["routeKey"]), (&route.into(), &route.into()));
            assert_eq!(v2.get("pathParameters"), Some(&decoded).filter(|value| !value.is_null()), "{route}");
            for (front, parameters, resource_id) in
                [(Front::http_api_v1(), &decoded, route), (Front::rest_api(), &raw, "ab12cd")]
            {
                let v1 = event(front.clone());
                let context = &v1["requestContext"];
                assert_eq!(
                    (&v1["resource"], &context["resourcePath"]),
                    (&resource.into(), &resource.into()),
                    "{front}"
                );
                assert_eq!(
                    (&v1["pathParameters"], &context["resourceId"]),
                    (parameters, &resource_id.into()),
                    "{front}"
                );
            }
        }
    }

    #[test]
    fn keeps_the_constants_without_a_route() {
        for (path, resource, parameters) in [("/", "/", json!(null)), ("/a/b", "/{proxy+}", json!({"proxy": "a/b"}))] {
            let made = |front: &Front| event(front, Request::get(path), b"");
            // A REST API has no default route.
            for front in [Front::http_api_v1(), Front::rest_api(), front(Front::rest_api(), "$default")] {
                let event = made(&front);
                assert_eq!((&event["resource"], &event["pathParameters"]), (&resource.into(), &parameters), "{front}");
                assert_eq!(event["requestContext"]["resourcePath"], resource, "{front}");
            }
            for front in [Front::http_api(), front(Front::http_api(), "$default")] {
                let event = made(&front);
                assert_eq!((&event["routeKey"], event.get("pathParameters")), (&"$default".into(), None));
            }
            // Captured from AWS.
            let event = made(&front(Front::http_api_v1(), "$default"));
            assert_eq!((&event["resource"], &event["pathParameters"]), (&"$default".into(), &Value::Null));
            let context = &event["requestContext"];
            assert_eq!((&context["resourceId"], &context["resourcePath"]), (&"$default".into(), &"$default".into()));
        }
    }

    #[test]
    fn responds_to_a_request_that_does_not_match_the_route() {
        let not_found = r#"{"message":"Not Found"}"#;
        let missing_token = r#"{"message":"Missing Authentication Token"}"#;
        for (front, status, body, error_type) in [
            (Front::http_api(), 404, not_found, None),
            (Front::http_api_v1(), 404, not_found, None),
            (Front::rest_api(), 403, missing_token, Some("MissingAuthenticationTokenException")),
        ] {
            let front = self::front(front, "GET /pets/{id}");
            for request in [Request::post("/pets/7"), Request::get("/pets")] {
                let response = front.event(&request.body(Bytes::new()).unwrap()).unwrap_err();
                assert_eq!((response.status().as_u16(), &response.body()[..]), (status, body.as_bytes()), "{front}");
                let found = response.headers().get("x-amzn-errortype").map(|value| value.to_str().unwrap());
                assert_eq!(found, error_type, "{front}");
                assert_eq!(front.not_found().body(), response.body());
            }
            assert!(front.event(&Request::get("/pets/7?a=/").body(Bytes::new()).unwrap()).is_ok(), "{front}");
        }
    }

    #[test]
    fn other_fronts_ignore_the_route() {
        let with_routes = Front::all().into_iter().filter(Front::has_routes).map(|front| front.name());
        assert_eq!(with_routes.collect::<Vec<_>>(), ["http-api", "http-api-v1", "rest-api"]);
        for front in Front::all().into_iter().filter(|front| !front.has_routes()) {
            let with_route = event(&self::front(front.clone(), "GET /pets/{id}"), Request::post("/a"), b"");
            assert_eq!(with_route, event(&front, Request::post("/a"), b""), "{front}");
        }
    }
}
