//! Extensions and the freeze of the function that the command starts.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::ChildStderr,
    time::sleep,
};

use super::{rest_of_line, start, terminate};
use crate::{
    processes::Folder,
    support::{fetch, run_function, soon},
};

/// The lines of standard error so far.
#[derive(Clone, Default)]
struct Errors(Arc<Mutex<Vec<String>>>);

impl Errors {
    fn read(stderr: ChildStderr) -> Self {
        let errors = Self::default();
        let shared = errors.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                shared.0.lock().unwrap().push(line);
            }
        });
        errors
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Waits until a line contains a text, and returns the first such line.
    async fn line(&self, text: &str) -> String {
        let find = async {
            loop {
                match self.lines().into_iter().find(|line| line.contains(text)) {
                    Some(line) => return line,
                    None => sleep(Duration::from_millis(10)).await,
                }
            }
        };
        soon(find).await
    }

    fn ticks(&self) -> usize {
        self.lines().iter().filter(|line| *line == "tick").count()
    }
}

#[tokio::test]
async fn runs_extensions_and_freezes_the_function() {
    let folder = Folder::new(&[("agent", "normal")]);
    let script = "echo at $AWS_LAMBDA_RUNTIME_API; while :; do echo tick; sleep 0.02; done";
    let extensions = folder.0.to_str().unwrap();
    let (mut child, mut lines) = start(&["--extensions", extensions, "--freeze", "--", "sh", "-c", script]);
    let errors = Errors::read(child.stderr.take().unwrap());
    let front = rest_of_line(&mut lines, "function-url on http://").await.parse().unwrap();
    let api = errors.line("at ").await.trim_start_matches("at ").to_owned();
    tokio::spawn(run_function(api, |_| serde_json::json!({"statusCode": 204})));
    let (head, _) = soon(fetch(front, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
    assert!(head.starts_with("http/1.1 204 "), "{head}");
    errors.line(r#""eventType":"INVOKE""#).await;
    let frozen = async {
        loop {
            let before = errors.ticks();
            sleep(Duration::from_millis(300)).await;
            if errors.ticks() == before {
                return;
            }
        }
    };
    soon(frozen).await;
    terminate(&child).await;
    assert!(soon(child.wait()).await.unwrap().success());
    errors.line(r#""shutdownReason":"spindown""#).await;
    errors.line("good bye").await;
}

#[tokio::test]
async fn reports_an_extension_that_does_not_start() {
    let folder = Folder::new(&[("broken", "exit")]);
    let (mut child, _) = start(&["--extensions", folder.0.to_str().unwrap(), "--", "sleep", "60"]);
    let errors = Errors::read(child.stderr.take().unwrap());
    assert_eq!(soon(child.wait()).await.unwrap().code(), Some(1));
    let line = errors.line("lodger-gateway: ").await;
    let cause = "cannot start the extension broken: its process ended with exit status: 3";
    assert_eq!(line, format!("lodger-gateway: {cause}"));
}
