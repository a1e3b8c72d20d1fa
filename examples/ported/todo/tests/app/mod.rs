//! The program under test: as a server, and as a Lambda function behind two fronts.

use std::{
    fs,
    process::{Command, ExitStatus, Stdio},
    sync::Arc,
};

use lodger_gateway::{Front, Function, RuntimeApi, Server};
use reqwest::{Client, Method, header};
use serde_json::Value;

pub struct App {
    client: Client,
    url: String,
    server: Function,
    functions: Vec<OnLambda>,
}

/// The same program as a Lambda function behind a front, with a database of its own.
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
    pub location: Option<String>,
    pub body: Value,
}

impl App {
    /// Starts the program with a database in memory.
    pub async fn start() -> Self {
        Self::start_with(":memory:").await
    }

    pub async fn start_with(database: &str) -> Self {
        let mut program = program(database);
        program.env("PORT", "0").stdout(Stdio::piped());
        let server = Function::spawn_server(program).unwrap();
        let url = format!("http://{}", server.address().await.unwrap());
        let mut functions = Vec::new();
        for front in [Front::function_url(), Front::alb()] {
            let program = self::program(&database.replace("todo.db", front.name()));
            functions.push(OnLambda::start(front, program).await);
        }
        Self { client: Client::new(), url, server, functions }
    }

    /// Sends a request to the server and to the functions, which must respond alike.
    pub async fn ask(&self, method: &str, path: &str, body: Value) -> Answer {
        let answer = self.ask_at(&self.url, method, path, &body).await;
        for OnLambda { front, url, api, .. } in &self.functions {
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
        let location = response.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let (status, body) = (response.status().as_u16(), response.bytes().await.unwrap());
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        Answer { status, location, body }
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
        program.stdout(Stdio::null());
        let function = Function::spawn(program, &api).unwrap();
        Self { front, url: format!("http://{}", server.address()), api, _server: server, _function: function }
    }
}

/// Returns the path of a new database in an empty folder.
pub fn database(name: &str) -> String {
    let folder = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    format!("{folder}/todo.db")
}

fn program(database: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_ported-todo"));
    // The default level of `tracing_subscriber::fmt::init` is INFO only without the feature `env-filter`, which other packages enable.
    program.env("DATABASE", database).env("RUST_LOG", "info").env("NO_COLOR", "1");
    program
}
