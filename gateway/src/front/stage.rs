use bytes::Bytes;
use http::{HeaderValue, Response, Uri};

use super::Front;
use crate::event::path::remove_stage;

impl Front {
    /// Sets the stage of an API. Other fronts ignore it.
    ///
    /// Requests to [`event`](Self::event) and [`RuntimeApi::send`](crate::RuntimeApi::send) do not contain the stage. Clients of
    /// a [`Server`](crate::Server) send it, like on AWS. On the domain that AWS assigns, a REST API adds the stage to
    /// `requestContext.path`, and an HTTP API adds a stage other than `$default` to the path.
    #[must_use]
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        if self.has_stages() {
            self.settings.stage = stage.into();
        }
        self
    }

    /// Returns whether the front has stages, and custom domains that are mapped to them.
    pub fn has_stages(&self) -> bool {
        self.spec.stages.is_some()
    }

    /// Sets a custom domain name.
    ///
    /// The event then has the path that the client sent, without a stage before it. A REST API has that path in
    /// `requestContext.path` too. Requests contain the base path and the stage that the mapping of the domain requires:
    ///
    /// | base path of the mapping | stage of the mapping | request |
    /// |---|---|---|
    /// | none | none | `/prod/pets` |
    /// | none | `prod` | `/pets` |
    /// | `orders` | none | `/orders/prod/pets` |
    /// | `orders` | `prod` | `/orders/pets` |
    ///
    /// A REST API supports all four. The mapping of an HTTP API always has a stage, so only the second and the last apply.
    ///
    /// Source: [Custom domain names](https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html).
    #[must_use]
    pub fn custom_domain(mut self, name: impl Into<String>) -> Self {
        self.settings.custom_domain = Some(name.into());
        self
    }

    /// Removes the stage from the URI of a client, if clients of this front send it.
    ///
    /// # Errors
    /// The response of the front if the path has no or another stage.
    pub fn uri_below_stage(&self, uri: &Uri) -> Result<Uri, Box<Response<Bytes>>> {
        let stage = self.settings.stage.as_str();
        let Some(stages) = &self.spec.stages else { return Ok(uri.clone()) };
        if self.settings.custom_domain.is_some() || stages.hides_default && stage == "$default" {
            return Ok(uri.clone());
        }
        remove_stage(uri, stage).ok_or_else(|| {
            let mut response = self.error_response(stages.unknown_status);
            if let Some(error_type) = stages.unknown_error_type {
                response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(error_type));
            }
            Box::new(response)
        })
    }
}
