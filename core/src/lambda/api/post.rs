//! What is posted: answers that are at hand, and errors.

use std::fmt::Write as _;

use tokio::time::sleep;

use crate::{
    Error, json,
    lambda::{
        Context,
        api::{Api, CANNOT_GO_ON, FIRST_PAUSE, LONGEST_PAUSE},
        connection::{Connection, Trouble},
        reply::payload::Payload,
    },
    log,
};

/// The most characters of an error's words that are told.
const MAX_MESSAGE: usize = 32 * 1024;

impl Api {
    /// Answers an invocation.
    ///
    /// # Errors
    /// The Runtime API says that this process cannot go on. All else is logged: the invocation is lost, the next is not.
    pub(crate) async fn respond(&mut self, context: &Context, payload: &Payload) -> Result<(), Error> {
        self.post(["/invocation/", context.request_id(), "/response"], context, None, payload).await
    }

    /// Reports that an invocation cannot be answered.
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    pub(crate) async fn fail(&mut self, context: &Context, error_type: &str, message: &str) -> Result<(), Error> {
        let path = ["/invocation/", context.request_id(), "/error"];
        self.post(path, context, Some(error_type), &error(error_type, message)).await
    }

    /// Reports that the process cannot start. It has to end then.
    pub(crate) async fn init_error(&mut self, error_type: &str, message: &str) {
        self.post_end(["/init", "/error", ""], error_type, message).await;
    }

    /// Reports that the process cannot go on from its snapshot. It has to end then.
    pub(crate) async fn restore_error(&mut self, error_type: &str, message: &str) {
        self.post_end(["/restore", "/error", ""], error_type, message).await;
    }

    async fn post_end(&mut self, path: [&str; 3], error_type: &str, message: &str) {
        let payload = error(error_type, message);
        if let Err(error) = self.post(path, &Context::default(), Some(error_type), &payload).await {
            log::error!("{error:?}");
        }
    }

    async fn post(
        &mut self,
        path: [&str; 3],
        context: &Context,
        error_type: Option<&str>,
        payload: &Payload,
    ) -> Result<(), Error> {
        let mut head = self.post_head(path, context);
        head.push_str("content-type: application/json\r\ncontent-length: ");
        // To a string it can be written without fail.
        let _ = write!(head, "{}\r\n", payload.len());
        if let Some(error_type) = error_type {
            head.extend(["lambda-runtime-function-error-type: ", error_type, "\r\n"]);
        }
        head.push_str("\r\n");
        let posted = self.post_until_taken(&head, payload).await;
        self.post = head;
        posted_for(context, posted)
    }

    /// Posts, and posts again where nothing can have been taken, or where that does no harm: an id is answered once, so
    /// that a second answer to it is refused, and that is all.
    async fn post_until_taken(&mut self, head: &str, payload: &Payload) -> Result<u16, Trouble> {
        let mut kept = self.kept();
        let mut pause = FIRST_PAUSE;
        loop {
            let was_kept = kept.is_some();
            match self.post_on(kept.take(), head.as_bytes(), payload).await {
                Err(Trouble::Ended(_)) if was_kept => {}
                Err(Trouble::Unreached(_)) if pause < LONGEST_PAUSE => {
                    sleep(pause).await;
                    pause *= 2;
                }
                posted => return posted,
            }
        }
    }

    async fn post_on(&mut self, kept: Option<Connection>, head: &[u8], payload: &Payload) -> Result<u16, Trouble> {
        let mut connection = self.address.connection(kept).await?;
        match connection.send(head, Some(payload), &mut self.patience).await {
            Ok(()) => {
                let (head, _) = connection.answer(&mut self.patience, |_, _, _| {}).await?;
                self.keep(connection, &head);
                Ok(head.status)
            }
            // What is too large may be refused before it has been sent, and the answer says so better than a reset does.
            // The connection is not used again: what was sent of the body is not the start of a request.
            Err(Trouble::Ended(error)) => match connection.answer(&mut self.patience, |_, _, _| {}).await {
                Ok((head, _)) => Ok(head.status),
                Err(_) => Err(Trouble::Ended(error)),
            },
            Err(trouble) => Err(trouble),
        }
    }
}

/// What became of a post.
pub(crate) fn posted_for(context: &Context, posted: Result<u16, Trouble>) -> Result<(), Error> {
    let what = if context.request_id().is_empty() { "the start" } else { context.request_id() };
    match posted {
        Ok(200..300) => Ok(()),
        Ok(500) => Err(Error::new(CANNOT_GO_ON)),
        // On Managed Instances, where a function lives on: the client has been told that the time was over.
        Ok(410) => {
            log::debug!("request {what}: the answer came too late");
            Ok(())
        }
        Ok(status) => {
            let hint = match status {
                400 | 403 => ": it has an answer already, or does not wait for one",
                413 => ": it is too large",
                _ => "",
            };
            log::error!("request {what}: Lambda refused what was answered ({status}){hint}");
            Ok(())
        }
        Err(trouble) => {
            log::error!("request {what}: the answer is lost: {}", trouble.into_error());
            Ok(())
        }
    }
}

/// An error as the Runtime API wants it told.
fn error(error_type: &str, message: &str) -> Payload {
    let message: String = message.chars().take(MAX_MESSAGE).collect();
    let mut out = Vec::with_capacity(128 + message.len());
    out.extend_from_slice(b"{\"errorMessage\":\"");
    json::push_escaped(message.as_bytes(), &mut out);
    out.extend_from_slice(b"\",\"errorType\":\"");
    json::push_escaped(error_type.as_bytes(), &mut out);
    out.extend_from_slice(b"\",\"stackTrace\":[]}");
    Payload::whole(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_in_json_and_not_at_any_length() {
        let payload = error("Runtime.Broken", &"\"é".repeat(MAX_MESSAGE));
        let mut out = vec![];
        let mut pieces = payload.pieces();
        while pieces.push_next(&mut out) {}
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(json["errorType"], "Runtime.Broken");
        assert_eq!(json["errorMessage"].as_str().unwrap().chars().count(), MAX_MESSAGE);
        assert!(json["stackTrace"].as_array().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_connection_in_the_middle_of_a_body_is_not_used_again() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut api = Api::new(&listener.local_addr().unwrap().to_string(), 1).unwrap();
        let refuses = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.read_exact(&mut [0; 1000]).await.unwrap();
            socket.write_all(b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            // With the rest unread, so that the other end can write no more.
        };
        let payload = Payload::whole(vec![b'x'; 32 << 20]);
        let (posted, ()) = tokio::join!(api.post_on(None, b"POST / HTTP/1.1\r\n\r\n", &payload), refuses);
        assert!(matches!(posted, Ok(413)), "{posted:?}");
        assert!(api.connection.is_none());
    }
}
