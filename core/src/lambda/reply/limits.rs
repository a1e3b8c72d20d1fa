//! Size limits of Lambda and API Gateway, in bytes.

/// The maximum size of a reply: 6 MiB and 100 bytes, the Runtime API's `MaxPayloadSize`.
pub(crate) const MAX_REPLY: usize = 6 * 1024 * 1024 + 100;

/// The maximum size of a prelude, including the zeros that end it: API Gateway looks for them in the first 16 KB of a stream.
///
/// Source: [Lambda proxy integrations that stream](https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html).
pub(crate) const MAX_PRELUDE: usize = 16 * 1024;

/// The maximum size of the response headers of API Gateway, names and values.
///
/// Source: [quotas of HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
pub(crate) const MAX_API_HEADERS: usize = 10_240;

/// Returns whether `size` exceeds 95 % of `limit`: the rest is left for headers that the front adds.
pub(crate) fn is_close_to(limit: usize, size: usize) -> bool {
    size > limit - limit / 20
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_95_percent_is_close_to_a_limit() {
        assert!(!is_close_to(1000, 0) && !is_close_to(1000, 950));
        assert!(is_close_to(1000, 951) && is_close_to(1000, 2000));
    }
}
