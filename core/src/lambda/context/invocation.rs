use std::{
    fmt,
    time::{Duration, SystemTime},
};

use bytes::Bytes;

/// The invocation: its id, its deadline, and the other metadata that Lambda sends with an event. An extension of every
/// request on Lambda.
///
/// In axum and actix-web the type is an extractor: `async fn handler(context: Option<lambda::Context>)`. In warp, use the filter
/// `lodger::warp::lambda_context()`.
///
/// Cloning is cheap. Metadata that is absent, empty or invalid is `None`.
///
/// Source: [the `next` method of the Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next).
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// # let request: lodger::Request = http::Request::default();
/// if let Some(context) = request.extensions().get::<lodger::lambda::Context>() {
///     println!("{} has {:?} left", context.request_id(), context.remaining_time());
/// }
/// ```
// A type of this crate, so that it can implement the traits of frameworks.
#[derive(Clone, Default)]
pub struct Context(lodger_runtime_api::Context);

impl Context {
    pub(crate) fn new(context: lodger_runtime_api::Context) -> Self {
        Self(context)
    }

    /// Creates the context of an invocation from headers of the Runtime API, for tests of an app.
    ///
    /// The names are those of the response to `next`, such as `lambda-runtime-aws-request-id`, in any case. Other headers are
    /// ignored.
    ///
    /// # Example
    ///
    /// ```
    /// # use lodger_core as lodger;
    /// let context = lodger::lambda::Context::from_headers([
    ///     ("lambda-runtime-aws-request-id", "8476a536"),
    ///     ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"),
    /// ]);
    /// assert_eq!(context.request_id(), "8476a536");
    /// ```
    pub fn from_headers<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(lodger_runtime_api::Context::from_headers(headers))
    }

    /// The id of the invocation, which Lambda writes into its log lines.
    pub fn request_id(&self) -> &str {
        self.0.request_id()
    }

    /// The time at which Lambda stops the invocation. `None` if unknown: some emulators send no time, or a past one.
    pub fn deadline(&self) -> Option<SystemTime> {
        self.0.deadline()
    }

    /// The time until the [deadline](Self::deadline). Zero after it.
    pub fn remaining_time(&self) -> Option<Duration> {
        self.0.remaining_time()
    }

    /// The ARN of the invoked function, with the version or the alias if the invocation named one.
    pub fn invoked_function_arn(&self) -> Option<&str> {
        self.0.invoked_function_arn()
    }

    /// The X-Ray trace header of the invocation. Also the header `x-amzn-trace-id` of the request.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id()
    }

    /// The client application and device, as JSON from the AWS Mobile SDK.
    pub fn client_context(&self) -> Option<&str> {
        self.0.client_context()
    }

    /// The Cognito identity, as JSON from the AWS Mobile SDK.
    pub fn cognito_identity(&self) -> Option<&str> {
        self.0.cognito_identity()
    }

    /// The id of the tenant, if the function uses tenant isolation.
    pub fn tenant_id(&self) -> Option<&str> {
        self.0.tenant_id()
    }

    /// The id of this attempt of the invocation.
    pub fn invocation_id(&self) -> Option<&str> {
        self.0.invocation_id()
    }

    pub(crate) fn trace_id_bytes(&self) -> Option<Bytes> {
        self.0.trace_id_bytes()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
