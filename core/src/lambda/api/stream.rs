//! Answers that are streamed.

use std::io;

use bytes::Bytes;
use http_body::Body;

use crate::{
    BoxError, Error,
    lambda::{
        Context,
        api::{Api, post::posted_for},
        connection::Trouble,
        runtime::deadline::Deadline,
        stream,
    },
    log,
};

impl Api {
    /// Streams an answer: what is at hand in one write, and the frames of `body` as they come, until `over`. One that fails
    /// ends so that the client cannot take it for whole.
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    pub(crate) async fn stream<B>(
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
        connection.limit_unacknowledged(false);
        let ended = stream::send(&mut connection, head, begin, body, over).await;
        if let Ok(Some(failure)) = &ended {
            log::error!("request {}: the stream was ended as one that failed: {failure}", context.request_id());
        }
        if let Err(late) = ended.as_ref().map_err(io::Error::kind)
            && late == io::ErrorKind::TimedOut
        {
            // In the middle of a chunk no trailers can follow, and no answer will: closed, it is one that was cut off.
            return Err(Trouble::Broken(ended.err().unwrap_or_else(|| late.into())));
        }
        // A client that takes its time may still have some of it to read, and there is no answer before that.
        let _ = self.patience.within(over.left(), connection.wait()).await;
        let (head, _) = match connection.answer(&mut self.patience, |_, _, _| {}).await {
            Ok(answer) => answer,
            // How it ended says more.
            Err(trouble) => return Err(ended.err().map_or(trouble, Trouble::Broken)),
        };
        if let (Err(error), 200..300) = (&ended, head.status) {
            log::error!("request {}: the stream was cut off: {error}", context.request_id());
        }
        if ended.is_ok() {
            connection.limit_unacknowledged(true);
            self.keep(connection, &head);
        }
        Ok(head.status)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http_body_util::Full;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
        time::sleep,
    };

    use super::*;

    /// What becomes of a stream that is read slowly, with so much time for the invocation.
    async fn read_slowly(time: Option<Duration>) -> Result<u16, Trouble> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut api = Api::new(&listener.local_addr().unwrap().to_string(), 1).unwrap();
        let reads = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            sleep(Duration::from_secs(60)).await;
            let mut all = vec![];
            while !all.ends_with(b"5\r\nhello\r\n0\r\n\r\n") {
                assert!(socket.read_buf(&mut all).await.unwrap() > 0, "cut off: {}", String::from_utf8_lossy(&all));
            }
            // Nobody may be there any more.
            let _ = socket.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await;
        };
        let context = Context { deadline: time.map(|time| SystemTime::now() + time), ..Context::default() };
        let mut deadline = Deadline::new(None, None);
        deadline.set(&context);
        let body = Some(Full::from("hello"));
        let streams = api.stream_on(&context, "POST / HTTP/1.1\r\n\r\n", b"{}\0\0\0\0\0\0\0\0", body, &mut deadline);
        tokio::join!(streams, reads).0
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_reads_has_all_the_time_that_there_is() {
        let taken = read_slowly(Some(Duration::from_secs(90))).await;
        assert!(matches!(taken, Ok(202)), "{taken:?}");
        // Where nobody knows how long that is, some of it.
        let taken = read_slowly(None).await;
        assert!(taken.is_err(), "{taken:?}");
    }
}
