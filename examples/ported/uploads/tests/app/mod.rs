//! The program under test: as a server, and as a Lambda function behind two fronts.

use std::{
    fs,
    process::{Command, ExitStatus, Stdio},
    sync::Arc,
};

use lodger_gateway::{Front, Function, RuntimeApi, Server};
use reqwest::{Client, RequestBuilder, header::HeaderMap, multipart::Form};
use serde_json::Value;

/// The size limit of a form, in bytes.
pub const LIMIT: usize = 128 * 1024;

pub struct App {
    client: Client,
    url: String,
    server: Function,
    functions: Vec<OnLambda>,
}

/// The same program as a Lambda function behind a front, with a folder of its own.
struct OnLambda {
    front: Front,
    url: String,
    api: Arc<RuntimeApi>,
    _server: Server,
    _function: Function,
}

/// A response.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| str::from_utf8(value.as_bytes()).unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Returns the parts that must be the same behind each front. Some fronts add a content type to an empty body.
    fn comparable(&self) -> (u16, [&str; 3], &[u8]) {
        let content_type = if self.body.is_empty() { "" } else { self.header("content-type") };
        (self.status, [content_type, self.header("content-disposition"), self.header("content-range")], &self.body)
    }
}

impl App {
    /// Starts the program with an empty folder.
    pub async fn start(name: &str) -> Self {
        let mut program = program(name);
        program.env("ADDR", "127.0.0.1:0").stderr(Stdio::piped());
        let server = Function::spawn_server(program).unwrap();
        let url = format!("http://{}", server.address().await.unwrap());
        let mut functions = Vec::new();
        for front in [Front::function_url(), Front::alb()] {
            let program = self::program(&format!("{name}-{front}"));
            functions.push(OnLambda::start(front, program).await);
        }
        Self { client: Client::new(), url, server, functions }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(|url| self.client.get(format!("{url}{path}"))).await
    }

    pub async fn range(&self, path: &str, range: &str) -> Answer {
        self.ask(|url| self.client.get(format!("{url}{path}")).header("range", range)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.ask(|url| self.client.delete(format!("{url}{path}"))).await
    }

    pub async fn post(&self, path: &str, content_type: &str, body: &'static str) -> Answer {
        self.ask(|url| self.client.post(format!("{url}{path}")).header("content-type", content_type).body(body)).await
    }

    pub async fn upload(&self, form: impl Fn() -> Form) -> Answer {
        self.ask(|url| self.client.post(format!("{url}/files")).multipart(form())).await
    }

    /// Sends a request to the server and to the functions, which must respond alike.
    async fn ask(&self, request: impl Fn(&str) -> RequestBuilder) -> Answer {
        let ours = answer(request(&self.url)).await;
        for OnLambda { front, url, api, .. } in &self.functions {
            let theirs = answer(request(url)).await;
            assert_eq!(theirs.comparable(), ours.comparable(), "{front}");
            assert_eq!(api.protocol_errors(), [""; 0], "{front}");
        }
        ours
    }

    /// Ends the server with SIGTERM.
    pub async fn end(mut self) -> ExitStatus {
        self.server.shut_down().await.unwrap()
    }
}

impl OnLambda {
    async fn start(front: Front, mut program: Command) -> Self {
        let api = Arc::new(RuntimeApi::start().await.unwrap());
        let server = Server::start("127.0.0.1:0", front.clone(), Arc::clone(&api)).await.unwrap();
        program.stderr(Stdio::null());
        let function = Function::spawn(program, &api).unwrap();
        Self { front, url: format!("http://{}", server.address()), api, _server: server, _function: function }
    }
}

async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.bytes().await.unwrap().into() }
}

fn program(name: &str) -> Command {
    let folder = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
    let _ = fs::remove_dir_all(&folder);
    let mut program = Command::new(env!("CARGO_BIN_EXE_ported-uploads"));
    program.env("UPLOADS", folder).env("LIMIT", LIMIT.to_string());
    program
}
