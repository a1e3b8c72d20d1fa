//! The head of a streamed response.

/// The content type of a stream that starts with the prelude of an HTTP response.
pub(crate) const HTTP_INTEGRATION: &str = "application/vnd.awslambda.http-integration-response";

/// The headers after the content type.
const HEADERS: &str = "lambda-runtime-function-response-mode: streaming\r\n\
     transfer-encoding: chunked\r\n\
     trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n";

/// Appends the end of the head. Replaces characters of `content_type` that a header cannot contain by `_`, because a line break
/// would start another header.
pub(super) fn push_headers(head: &mut String, content_type: &str) {
    let is_valid = |character: char| character.is_ascii_graphic() || character == ' ';
    head.push_str("content-type: ");
    head.extend(content_type.chars().map(|character| if is_valid(character) { character } else { '_' }));
    head.push_str("\r\n");
    head.push_str(HEADERS);
}
