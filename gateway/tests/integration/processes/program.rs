//! The program of an extension: this test program, which a script starts with a behavior.

#![allow(clippy::print_stdout, reason = "the output of an extension")]

use std::{
    env,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::exit,
    thread::sleep,
    time::Duration,
};

/// The test that is the program.
pub(super) const TEST: &str = "processes::program::program";

struct Api {
    socket: BufReader<TcpStream>,
    id: String,
}

impl Api {
    /// Sends a request. Returns the head of the response, in lower case, and the body.
    fn request(&mut self, line: &str, headers: &str, body: &str) -> (String, String) {
        let length = body.len();
        let request = format!("{line} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {length}\r\n\r\n{body}");
        self.socket.get_mut().write_all(request.as_bytes()).unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.socket.read_line(&mut head).unwrap(), 0, "the API has closed the connection");
        }
        let head = head.to_lowercase();
        let mut body = vec![0; crate::support::header(&head, "content-length").unwrap().parse().unwrap()];
        self.socket.read_exact(&mut body).unwrap();
        (head, String::from_utf8(body).unwrap())
    }

    fn register(events: &str) -> Self {
        let socket = TcpStream::connect(env::var("AWS_LAMBDA_RUNTIME_API").unwrap()).unwrap();
        let mut api = Self { socket: BufReader::new(socket), id: String::new() };
        let name = format!("lambda-extension-name: {}\r\n", env::var("NAME").unwrap());
        let (head, body) = api.request("POST /2020-01-01/extension/register", &name, events);
        assert!(head.starts_with("http/1.1 200 "), "{head}{body}");
        let id = crate::support::header(&head, "lambda-extension-identifier").unwrap();
        api.id = format!("lambda-extension-identifier: {id}\r\n");
        api
    }

    /// Waits for an event, and writes it.
    fn next(&mut self) -> String {
        let (_, event) = self.request("GET /2020-01-01/extension/event/next", &self.id.clone(), "");
        println!("event {event}");
        event
    }
}

const BOTH: &str = r#"{"events":["INVOKE","SHUTDOWN"]}"#;

#[test]
#[ignore = "the program that other tests start"]
fn program() {
    match env::var("BEHAVIOR").as_deref() {
        Ok("normal") => {
            println!("handler {:?} name {:?}", env::var("_HANDLER").ok(), env::var("AWS_LAMBDA_FUNCTION_NAME").ok());
            let mut api = Api::register(BOTH);
            while !api.next().contains("SHUTDOWN") {}
            println!("good bye");
            exit(0);
        }
        Ok("endless") => {
            let mut api = Api::register(BOTH);
            while !api.next().contains("SHUTDOWN") {}
            sleep(Duration::from_secs(600));
        }
        Ok("without-shutdown") => {
            let mut api = Api::register(r#"{"events":["INVOKE"]}"#);
            loop {
                api.next();
            }
        }
        Ok("counting") => {
            std::thread::spawn(|| {
                loop {
                    println!("count");
                    sleep(Duration::from_millis(20));
                }
            });
            let mut api = Api::register(BOTH);
            loop {
                api.next();
                // Work after the response of the function.
                sleep(Duration::from_millis(300));
                println!("worked");
            }
        }
        Ok("crash") => {
            Api::register(BOTH).next();
            exit(4);
        }
        Ok("exit") => exit(3),
        other => panic!("{other:?}"),
    }
}
