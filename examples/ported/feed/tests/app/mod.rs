//! The program under test: as a server, and as a Lambda function behind two fronts.

use std::{
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use lodger_gateway::{Front, Function, RuntimeApi, Server};
use reqwest::{Client, RequestBuilder, Response, header};
use serde_json::Value;
use tokio::time::timeout;

pub struct App {
    client: Client,
    url: String,
    _server: Function,
    functions: Vec<OnLambda>,
}

/// The same program as a Lambda function behind a front, with messages of its own.
struct OnLambda {
    front: Front,
    url: String,
    api: Arc<RuntimeApi>,
    _server: Server,
    _function: Function,
}

/// A response.
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
        let mut program = program();
        program.env("PORT", "0").stdout(Stdio::piped());
        let server = Function::spawn_server(program).unwrap();
        let url = format!("http://{}", server.address().await.unwrap());
        let mut functions = Vec::new();
        for front in [Front::function_url(), Front::alb()] {
            functions.push(OnLambda::start(front, self::program()).await);
        }
        Self { client: Client::new(), url, _server: server, functions }
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

    /// Sends a request to the server and to the functions, which must respond alike.
    async fn ask(&self, request: impl Fn(&str) -> RequestBuilder) -> Answer {
        let ours = answer(request(&self.url)).await;
        for OnLambda { front, url, api, .. } in &self.functions {
            assert_eq!(answer(request(url)).await, ours, "{front}");
            assert_eq!(api.protocol_errors(), [""; 0], "{front}");
        }
        ours
    }

    /// Requests an endless response from the server.
    pub async fn follow(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap()
    }
}

impl OnLambda {
    async fn start(front: Front, mut program: Command) -> Self {
        let api = Arc::new(RuntimeApi::start().await.unwrap());
        let server = Server::start("127.0.0.1:0", front.clone(), Arc::clone(&api)).await.unwrap();
        program.stdout(Stdio::null());
        let function = Function::spawn(program, &api).unwrap();
        Self { front, url: format!("http://{}", server.address()), api, _server: server, _function: function }
    }
}

/// Returns the next event of a feed.
pub async fn event(feed: &mut Response) -> String {
    let piece = timeout(Duration::from_secs(20), feed.chunk()).await.expect("no event").unwrap().unwrap();
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
    // The default level of `tracing_subscriber::fmt::init` is INFO only without the feature `env-filter`, which other packages enable.
    program.env("RUST_LOG", "info").env("NO_COLOR", "1");
    program
}
