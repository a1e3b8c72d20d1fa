//! The invocations of a Lambda function.

use std::{num::NonZeroUsize, time::Duration};

use crate::{Lodger, ResponseMode};

impl Lodger {
    /// Sets whether responses are buffered or streamed behind a Function URL or a REST API.
    ///
    /// The mode has to match the setup of the front, because the event does not show it. If they differ, clients receive the
    /// JSON of the reply as the body, with status 200. The default is [`ResponseMode::Buffered`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::Router;
    /// use lodger::{Lodger, ResponseMode};
    ///
    /// # async fn run(app: Router) -> Result<(), lodger::Error> {
    /// // The Function URL has the invoke mode RESPONSE_STREAM.
    /// Lodger::new().response_mode(ResponseMode::Stream).run(app).await
    /// # }
    /// ```
    pub fn response_mode(mut self, mode: ResponseMode) -> Self {
        self.settings.response_mode = mode;
        self
    }

    /// Sets the time before the deadline of an invocation at which Lodger cancels the request and responds with 504.
    ///
    /// The default is 500 milliseconds. `LODGER_DEADLINE_MARGIN` is a whole number of milliseconds. The margin is never more than half of the time that the invocation has. Without a
    /// [`Context::deadline`](crate::lambda::Context::deadline), and on other hosts, the margin has no effect.
    pub fn deadline_margin(mut self, margin: Duration) -> Self {
        self.settings.deadline_margin = Some(margin);
        self
    }

    /// Sets the number of concurrent invocations on Lambda. At most 4096 count.
    ///
    /// For tests against an emulator: Lambda sets `AWS_LAMBDA_MAX_CONCURRENCY` on [Managed Instances][lmi]. Everywhere else it
    /// sends one invocation at a time, and does not respond to a second poll.
    ///
    /// There is one slot for each concurrent invocation. A slot polls, calls the app and responds on a connection of its own. An
    /// app that is `Send` (axum, warp, tower, hyper) runs on all threads of the runtime. For actix-web there is one app for each
    /// processor, on a thread of its own, like under `HttpServer`: a handler that blocks its thread delays the other invocations
    /// on this thread.
    ///
    /// [lmi]: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html
    pub fn max_concurrency(mut self, invocations: NonZeroUsize) -> Self {
        self.settings.max_concurrency = Some(invocations);
        self
    }

    /// Sets the address of the Lambda Runtime API: a host and a port, or an `http` URL that may have a path.
    ///
    /// For tests against an emulator, such as `lodger_gateway::RuntimeApi`: Lambda sets `AWS_LAMBDA_RUNTIME_API`.
    pub fn lambda_runtime_api(mut self, address: impl Into<String>) -> Self {
        self.settings.lambda_runtime_api = Some(address.into());
        self
    }
}
