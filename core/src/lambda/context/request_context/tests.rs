use super::*;

fn context(json: &str) -> RequestContext {
    RequestContext::from_event(json.to_owned()).unwrap()
}

fn is(value: Option<Cow<'_, str>>, expected: &str) {
    assert_eq!(value.as_deref(), Some(expected));
}

#[test]
fn reads_an_http_api_with_a_jwt_authorizer() {
    let context = context(
        r#"{"routeKey":"GET /pets/{id}","pathParameters":{"id":"a b"},"stageVariables":{"table":"pets\n"},
        "requestContext":{"accountId":"123456789012","apiId":"api","domainName":"api.example.com","routeKey":"GET /pets/{id}",
        "stage":"$default","authorizer":{"jwt":{"claims":{"sub":"u\u0031","exp":"12"},"scopes":["read","write"]}},
        "authentication":{"clientCert":{"clientCertPem":"-----BEGIN"}}}}"#,
    );
    is(context.claim("sub"), "u1");
    is(context.claim("exp"), "12");
    assert_eq!(context.scopes(), ["read", "write"]);
    is(context.path_parameter("id"), "a b");
    is(context.stage_variable("table"), "pets\n");
    is(context.api_id(), "api");
    is(context.account_id(), "123456789012");
    is(context.domain_name(), "api.example.com");
    is(context.stage(), "$default");
    is(context.route(), "GET /pets/{id}");
    is(context.client_certificate(), "-----BEGIN");
    assert_eq!((context.claim("aud"), context.connection_id(), context.iam_arn()), (None, None, None));
}

#[test]
fn reads_authorizers_of_every_front() {
    let lambda = context(r#"{"requestContext":{"authorizer":{"lambda":{"tenant":"blue","admin":true,"level":7}}}}"#);
    is(lambda.authorizer_value("tenant"), "blue");
    is(lambda.authorizer_value("admin"), "true");
    is(lambda.authorizer_value("level"), "7");
    let rest = context(
        r#"{"requestContext":{"resourcePath":"/pets/{id}","authorizer":{"principalId":"me","claims":{"sub":"u2"}},
        "identity":{"userArn":"arn:aws:iam::1:user/me","clientCert":{"clientCertPem":"pem"}}}}"#,
    );
    is(rest.authorizer_value("principalId"), "me");
    is(rest.claim("sub"), "u2");
    is(rest.iam_arn(), "arn:aws:iam::1:user/me");
    is(rest.client_certificate(), "pem");
    is(rest.route(), "/pets/{id}");
    let url = context(r#"{"requestContext":{"authorizer":{"iam":{"userArn":"arn:aws:iam::1:role/r"}}}}"#);
    is(url.iam_arn(), "arn:aws:iam::1:role/r");
    let lattice = context(r#"{"requestContext":{"identity":{"principal":"arn:aws:iam::1:role/l"}}}"#);
    is(lattice.iam_arn(), "arn:aws:iam::1:role/l");
}

#[test]
fn ignores_values_of_other_types() {
    let context = context(
        r#"{"pathParameters":null,"requestContext":{"stage":null,"apiId":{"a":1},"accountId":[1],"authorizer":"none",
        "domainName":"\ud800"}}"#,
    );
    for value in
        [context.stage(), context.api_id(), context.account_id(), context.claim("a"), context.path_parameter("a")]
    {
        assert_eq!(value, None);
    }
    assert_eq!(context.domain_name(), None);
    assert_eq!(context.scopes(), [""; 0]);
    for event in ["", "[]", "{}", r#"{"requestContext":null}"#, r#"{"requestContext":{"#] {
        assert!(RequestContext::from_event(event).is_none(), "{event}");
    }
}
