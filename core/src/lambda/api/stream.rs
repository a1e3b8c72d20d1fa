//! Answers that are streamed.

use std::io;

use bytes::Bytes;
use http_body::Body;

use super::{Api, post::posted_for};
use crate::{
    BoxError, Error,
    lambda::{Context, connection::Trouble, deadline::Deadline, stream},
    log::say,
};

impl Api {
    /// Streams an answer: what is at hand in one write, and the frames of `body` as they come, until `over`. One that fails
    /// ends so that the client cannot take it for whole.
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    pub(in crate::lambda) async fn stream<B>(
        &mut self,
        context: &Context,
        begin: &[u8],
        body: Option<B>,
        over: &mut Deadline,
    ) -> Result<(), Error>
    where
        B: Body<Data = Bytes, Error: Into<BoxError>>,
    {
        let mut head = self.post_head(["/invocation/", context.request_id(), "/response"], context);
        head.push_str(stream::HEADERS);
        let streamed = self.stream_on(context, &head, begin, body, over).await;
        self.post = head;
        posted_for(context, streamed)
    }

    async fn stream_on<B>(
        &mut self,
        context: &Context,
        head: &str,
        begin: &[u8],
        body: Option<B>,
        over: &mut Deadline,
    ) -> Result<u16, Trouble>
    where
        B: Body<Data = Bytes, Error: Into<BoxError>>,
    {
        let kept = self.kept();
        let mut connection = self.connected(kept).await?;
        let ended = stream::send(&mut connection, head, begin, body, over).await;
        if let Ok(Some(failure)) = &ended {
            say!(ERROR, "request {}: the stream was ended as one that failed: {failure}", context.request_id());
        }
        if let Err(late) = ended.as_ref().map_err(io::Error::kind)
            && late == io::ErrorKind::TimedOut
        {
            // In the middle of a chunk no trailers can follow, and no answer will: closed, it is one that was cut off.
            return Err(Trouble::Broken(ended.err().unwrap_or_else(|| late.into())));
        }
        let (head, _) = match connection.answer(&mut self.patience, |_, _, _| {}).await {
            Ok(answer) => answer,
            // How it ended says more.
            Err(trouble) => return Err(ended.err().map_or(trouble, Trouble::Broken)),
        };
        if let (Err(error), 200..300) = (&ended, head.status) {
            say!(ERROR, "request {}: the stream was cut off: {error}", context.request_id());
        }
        if ended.is_ok() {
            self.keep(connection, &head);
        }
        Ok(head.status)
    }
}
