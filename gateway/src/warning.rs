use std::{fmt, mem};

/// A loss because settings of the function, the front and the client do not match. AWS does not report such a loss.
///
/// [`RuntimeApi::warnings`](crate::RuntimeApi::warnings) returns the first of each kind, and `cargo lodger dev` shows them. The text
/// names the settings to change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A REST API has no binary media type for the body of a request: bytes that are not UTF-8 became U+FFFD.
    DamagedRequestBody {
        /// The `Content-Type` of the request, empty if it has none.
        content_type: String,
    },
    /// A REST API has no binary media type for a client: the client gets the base64 text of the body.
    EncodedResponseBody {
        /// The first entry of the request's `Accept`, empty if it has none.
        accept: String,
    },
    /// The front streams, and the function sent a buffered reply. A Function URL sends the JSON of the reply to the client
    /// with the status 200. A REST API answers 500.
    BufferedReply {
        /// The [name](crate::Front::name) of the front.
        front: &'static str,
    },
    /// The function streamed a prelude, and the front does not stream. A Function URL sends the prelude to the client as a
    /// part of the body, with the status 200. A REST API sends no body. Other fronts send an error.
    StreamedReply {
        /// The [name](crate::Front::name) of the front.
        front: &'static str,
        /// Whether the front can [stream](crate::Front::streaming).
        can_stream: bool,
    },
}

const BINARY: &str = "set binaryMediaTypes of the API on AWS, and here --binary-media-types '*/*' (cargo lodger dev) or Front::binary_media_types";

impl Warning {
    pub(crate) fn has_same_kind(&self, other: &Self) -> bool {
        mem::discriminant(self) == mem::discriminant(other)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DamagedRequestBody { content_type } => write!(
                f,
                "cannot keep the bytes of a request body with the content type {content_type:?}: the REST API has no binary \
                 media type for it, and bytes that are not UTF-8 become U+FFFD; {BINARY}"
            ),
            Self::EncodedResponseBody { accept } => write!(
                f,
                "cannot decode a base64 response body for a client that accepts {accept:?}: the REST API has no binary media \
                 type for it, and the client gets the base64 text; {BINARY}"
            ),
            Self::BufferedReply { front } => write!(
                f,
                "cannot stream the reply to {front}: the function sent it buffered, and the client gets {}; set \
                 LODGER_RESPONSE_MODE=stream for the function, or leave out Front::streaming",
                if *front == "rest-api" { "500" } else { "its JSON with the status 200" }
            ),
            Self::StreamedReply { front, can_stream } => {
                write!(
                    f,
                    "cannot read the reply to {front}: the function streamed it, and the front does not stream; "
                )?;
                if *can_stream {
                    f.write_str("use Front::streaming, or ")?;
                }
                f.write_str("set LODGER_RESPONSE_MODE=buffered for the function")
            }
        }
    }
}
