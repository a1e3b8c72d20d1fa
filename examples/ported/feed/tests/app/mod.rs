//! The program under test, started as anybody would start it: as a server, and as functions behind fronts of AWS.

use std::{process::Stdio, sync::Arc, time::Duration};

use lodger_gateway::{Front, RuntimeApi, Server};
use reqwest::{Client, RequestBuilder, Response, header};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

pub struct App {
    client: Client,
    url: String,
    _program: Child,
    _log: Lines<BufReader<ChildStdout>>,
    functions: Vec<Function>,
}

/// The same program behind a front, with messages of its own.
struct Function {
    front: Front,
    url: String,
    api: Arc<RuntimeApi>,
    _server: Server,
    _program: Child,
}

/// What came back.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl App {
    pub async fn start() -> Self {
        let mut program = program().env("PORT", "0").stdout(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(program.stdout.take().unwrap()).lines();
        let line = log.next_line().await.unwrap().expect("the program ended at once");
        let (_, address) = line.split_once("listening on http://0.0.0.0").expect(&line);
        let mut functions = Vec::new();
        for front in [Front::function_url(), Front::alb()] {
            functions.push(Function::start(front).await);
        }
        Self {
            client: Client::new(),
            url: format!("http://127.0.0.1{address}"),
            _program: program,
            _log: log,
            functions,
        }
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask(|url| {
            let request = self.client.get(format!("{url}{path}"));
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
        })
        .await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(|url| self.client.post(format!("{url}{path}")).json(body)).await
    }

    pub async fn post_text(&self, path: &str, text: &'static str) -> Answer {
        self.ask(|url| self.client.post(format!("{url}{path}")).header("content-type", "text/plain").body(text)).await
    }

    /// Asks them all, which have to be of one mind.
    async fn ask(&self, request: impl Fn(&str) -> RequestBuilder) -> Answer {
        let ours = answer(request(&self.url)).await;
        for Function { front, url, api, .. } in &self.functions {
            assert_eq!(answer(request(url)).await, ours, "{front}");
            assert_eq!(api.protocol_errors(), [""; 0], "{front}");
        }
        ours
    }

    /// Asks the server for what does not end.
    pub async fn follow(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap()
    }
}

impl Function {
    async fn start(front: Front) -> Self {
        let api = Arc::new(RuntimeApi::start().await.unwrap());
        let server = Server::start("127.0.0.1:0", front.clone(), Arc::clone(&api)).await.unwrap();
        let mut program = program();
        let program = program.env("AWS_LAMBDA_RUNTIME_API", api.address()).stdout(Stdio::null()).spawn().unwrap();
        Self { front, url: format!("http://{}", server.address()), api, _server: server, _program: program }
    }
}

/// The next event of a feed, as it came.
pub async fn event(feed: &mut Response) -> String {
    let piece = timeout(Duration::from_secs(20), feed.chunk()).await.expect("there is no event").unwrap().unwrap();
    String::from_utf8(piece.into()).unwrap()
}

async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.map_or("", |value| value.to_str().unwrap()).to_owned();
    Answer { status: response.status().as_u16(), content_type, body: response.text().await.unwrap() }
}

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_ported-feed"));
    // `tracing_subscriber::fmt::init` takes INFO by itself only without the feature `env-filter`, which others in the workspace use.
    program.env("RUST_LOG", "info").env("NO_COLOR", "1").kill_on_drop(true);
    program
}
