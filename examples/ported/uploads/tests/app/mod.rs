//! The program under test, started as anybody would start it: as a server, and as functions behind fronts of AWS.

use std::{
    fs,
    process::{ExitStatus, Stdio},
    sync::Arc,
};

use lodger_gateway::{Front, RuntimeApi, Server};
use reqwest::{Client, RequestBuilder, header::HeaderMap, multipart::Form};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, Command},
};

/// How large a form may be, in bytes.
pub const LIMIT: usize = 128 * 1024;

pub struct App {
    client: Client,
    url: String,
    program: Child,
    log: Lines<BufReader<ChildStderr>>,
    functions: Vec<Function>,
}

/// The same program behind a front, with a folder of its own.
struct Function {
    front: Front,
    url: String,
    api: Arc<RuntimeApi>,
    _server: Server,
    _program: Child,
}

/// What came back.
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

    /// What has to be the same everywhere. What has no body has no type, and some fronts give it one.
    fn told(&self) -> (u16, [&str; 3], &[u8]) {
        let content_type = if self.body.is_empty() { "" } else { self.header("content-type") };
        (self.status, [content_type, self.header("content-disposition"), self.header("content-range")], &self.body)
    }
}

impl App {
    /// With an empty folder.
    pub async fn start(name: &str) -> Self {
        let mut program = program(name).env("ADDR", "127.0.0.1:0").stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(program.stderr.take().unwrap()).lines();
        let url = loop {
            let line = log.next_line().await.unwrap().expect("the program ended at once");
            if let Some((_, url)) = line.split_once("listening on http://") {
                break format!("http://{url}");
            }
        };
        let mut functions = Vec::new();
        for front in [Front::function_url(), Front::alb()] {
            functions.push(Function::start(front, name).await);
        }
        Self { client: Client::new(), url, program, log, functions }
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

    /// Asks them all, which have to be of one mind.
    async fn ask(&self, request: impl Fn(&str) -> RequestBuilder) -> Answer {
        let ours = answer(request(&self.url)).await;
        for Function { front, url, api, .. } in &self.functions {
            let theirs = answer(request(url)).await;
            assert_eq!(theirs.told(), ours.told(), "{front}");
            assert_eq!(api.protocol_errors(), [""; 0], "{front}");
        }
        ours
    }

    /// Ends the program as a supervisor does.
    pub async fn end(mut self) -> ExitStatus {
        let pid = self.program.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        while self.log.next_line().await.unwrap().is_some() {}
        self.program.wait().await.unwrap()
    }
}

impl Function {
    async fn start(front: Front, name: &str) -> Self {
        let api = Arc::new(RuntimeApi::start().await.unwrap());
        let server = Server::start("127.0.0.1:0", front.clone(), Arc::clone(&api)).await.unwrap();
        let mut program = program(&format!("{name}-{front}"));
        let program = program.env("AWS_LAMBDA_RUNTIME_API", api.address()).stderr(Stdio::null()).spawn().unwrap();
        Self { front, url: format!("http://{}", server.address()), api, _server: server, _program: program }
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
    program.env("UPLOADS", folder).env("LIMIT", LIMIT.to_string()).kill_on_drop(true);
    program
}
