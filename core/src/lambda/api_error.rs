//! Errors of the Runtime API client as errors of Lodger.

use std::{error::Error as _, fmt::Write as _};

use lodger_runtime_api::Error as ApiError;

use crate::{Error, log};

/// Converts an error after which the process cannot go on.
///
/// The message contains the causes, so that one log line shows everything.
pub(crate) fn into_error(error: &ApiError) -> Error {
    Error::platform_lost(with_causes(error))
}

/// The message of the error and the messages of its causes.
pub(crate) fn with_causes(error: &ApiError) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(message, ": {error}");
        cause = error.source();
    }
    message
}

/// Logs that Lambda did not accept a report that the process cannot go on.
pub(crate) fn log_lost_report(reported: Result<(), ApiError>) {
    if let Err(error) = reported {
        log::error!("{}", with_causes(&error));
    }
}

#[cfg(test)]
mod tests {
    use lodger_runtime_api::Client;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    async fn error_of_a_poll(client: &mut Client) -> Error {
        into_error(&client.next().await.map(drop).unwrap_err())
    }

    #[tokio::test(start_paused = true)]
    async fn an_unreachable_runtime_api_is_a_lost_platform() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let mut client = Client::new(&address).unwrap().on_retry(|_| {});
        let error = error_of_a_poll(&mut client).await;
        assert!(error.is_platform_lost(), "{error}");
        assert!(error.to_string().contains("for 60s"), "{error}");
    }

    #[tokio::test]
    async fn a_runtime_api_that_ends_the_process_is_a_lost_platform() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = Client::new(&listener.local_addr().unwrap().to_string()).unwrap();
        let respond = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await.unwrap();
            stream.write_all(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            stream
        };
        let (_stream, error) = tokio::join!(respond, error_of_a_poll(&mut client));
        assert!(error.is_platform_lost() && error.to_string().contains("(500)"), "{error}");
    }
}
