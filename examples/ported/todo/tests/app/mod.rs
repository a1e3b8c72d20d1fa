//! The program under test, started as anybody would start it: as a server, and as functions behind fronts of AWS.

use std::{
    fs,
    process::{ExitStatus, Stdio},
    sync::Arc,
};

use lodger_gateway::{Front, RuntimeApi, Server};
use reqwest::{Client, Method, header};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

pub struct App {
    client: Client,
    url: String,
    program: Child,
    log: Lines<BufReader<ChildStdout>>,
    functions: Vec<Function>,
}

/// The same program behind a front, with a database of its own.
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
    pub location: Option<String>,
    pub body: Value,
}

impl App {
    /// With a database in memory.
    pub async fn start() -> Self {
        Self::start_with(":memory:").await
    }

    pub async fn start_with(database: &str) -> Self {
        let mut program = program(database).env("PORT", "0").stdout(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(program.stdout.take().unwrap()).lines();
        let line = log.next_line().await.unwrap().expect("the program ended at once");
        let (_, address) = line.split_once("listening on http://0.0.0.0").expect(&line);
        let mut functions = Vec::new();
        for front in [Front::function_url(), Front::alb()] {
            functions.push(Function::start(front, database).await);
        }
        Self { client: Client::new(), url: format!("http://127.0.0.1{address}"), program, log, functions }
    }

    /// Asks them all, which have to be of one mind.
    pub async fn ask(&self, method: &str, path: &str, body: Value) -> Answer {
        let answer = self.ask_at(&self.url, method, path, &body).await;
        for Function { front, url, api, .. } in &self.functions {
            assert_eq!(self.ask_at(url, method, path, &body).await, answer, "{front}");
            assert_eq!(api.protocol_errors(), [""; 0], "{front}");
        }
        answer
    }

    async fn ask_at(&self, url: &str, method: &str, path: &str, body: &Value) -> Answer {
        let mut request = self.client.request(Method::try_from(method).unwrap(), format!("{url}{path}"));
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let location = response.headers().get(header::LOCATION).map(|it| it.to_str().unwrap().to_owned());
        let (status, body) = (response.status().as_u16(), response.bytes().await.unwrap());
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        Answer { status, location, body }
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
    async fn start(front: Front, database: &str) -> Self {
        let api = Arc::new(RuntimeApi::start().await.unwrap());
        let server = Server::start("127.0.0.1:0", front.clone(), Arc::clone(&api)).await.unwrap();
        let mut program = program(&database.replace("todo.db", front.name()));
        let program = program.env("AWS_LAMBDA_RUNTIME_API", api.address()).stdout(Stdio::null()).spawn().unwrap();
        Self { front, url: format!("http://{}", server.address()), api, _server: server, _program: program }
    }
}

/// Where a database may be, in a folder where there is none yet.
pub fn database(name: &str) -> String {
    let folder = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    format!("{folder}/todo.db")
}

fn program(database: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_ported-todo"));
    // `tracing_subscriber::fmt::init` takes INFO by itself only without the feature `env-filter`, which others in the workspace use.
    program.env("DATABASE", database).env("RUST_LOG", "info").env("NO_COLOR", "1").kill_on_drop(true);
    program
}
