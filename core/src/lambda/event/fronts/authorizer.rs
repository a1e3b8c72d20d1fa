//! Lambda authorizers of API Gateway and AppSync. Their events contain the request to authorize, and are rejected.
//!
//! Sources: [REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html),
//! [HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html),
//! [AppSync](https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html#aws-lambda-authorization).

use crate::lambda::event::{
    front::{FrontSpec, Recognition},
    own_keys::OwnKeys,
};

pub(crate) const FRONT: FrontSpec = FrontSpec {
    name: "an event of an authorizer",
    keys: OwnKeys { event: &["routeArn", "methodArn", "authorizationToken"], context: &[] },
    recognize: |fields| {
        let has_arn = ["routeArn", "methodArn"].iter().any(|key| fields.own.text(key).is_some());
        // Events of AppSync contain no ARN.
        let is_app_sync = || fields.own.text("authorizationToken").is_some() && fields.context.has_api_id;
        if has_arn || is_app_sync() {
            Recognition::Broken("its result is a policy instead of an HTTP response")
        } else {
            Recognition::No
        }
    },
};
