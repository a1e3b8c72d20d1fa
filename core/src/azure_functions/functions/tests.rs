use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use super::*;

const QUEUE: &str = r#"{"bindings":[{"type":"queueTrigger","direction":"in","name":"item","queueName":"q"}]}"#;
const HTTP: &str = r#"{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","methods":["get"]},
    {"type":"http","direction":"out","name":"res"}]}"#;
const HTTP_AND_QUEUE: &str = r#"{"bindings":[{"type":"httpTrigger","direction":"in","name":"req"},
    {"type":"http","direction":"out","name":"$return"},{"type":"queue","direction":"out","name":"message"}]}"#;

/// A function app in a temporary folder, which the drop removes.
struct FunctionApp(PathBuf);

impl FunctionApp {
    fn new(files: &[(&str, &str)]) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("lodger-functions-{}-{}", std::process::id(), MADE.fetch_add(1, Relaxed));
        let root = std::env::temp_dir().join(name);
        fs::create_dir(&root).unwrap();
        for (path, contents) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, contents).unwrap();
        }
        Self(root)
    }
}

impl Drop for FunctionApp {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn read(files: &[(&str, &str)]) -> Result<Option<Functions>, Error> {
    read_with(files, &[])
}

fn read_with(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Option<Functions>, Error> {
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
    Functions::read(&FunctionApp::new(files).0, variables)
}

/// The names of the functions whose invocations are messages.
fn messages(files: &[(&str, &str)]) -> Vec<String> {
    let mut names: Vec<_> = read(files).unwrap().unwrap().messages.into_iter().map(|function| function.name).collect();
    names.sort();
    names
}

#[test]
fn forwards_only_functions_with_nothing_but_http_and_only_if_the_host_does() {
    let functions =
        [("plain/function.json", HTTP), ("orders/function.json", QUEUE), ("both/function.json", HTTP_AND_QUEUE)];
    for (host, expected) in [
        ("{}", &["both", "orders", "plain"][..]),
        (r#"{"customHandler":{"enableProxyingHttpRequest":false}}"#, &["both", "orders", "plain"]),
        (r#"{"customHandler":{"enableProxyingHttpRequest":true}}"#, &["both", "orders"]),
        (r#"{"CustomHandler":{"EnableForwardingHttpRequest":true}}"#, &["both", "orders"]),
    ] {
        let files: Vec<_> = functions.into_iter().chain([("host.json", host), ("bin/app", "")]).collect();
        assert_eq!(messages(&files), expected, "{host}");
    }
}

#[test]
fn knows_the_names_of_the_trigger_and_the_output() {
    let functions = read(&[("host.json", "\u{feff}{}"), ("both/function.json", HTTP_AND_QUEUE)]).unwrap().unwrap();
    let both = functions.get(functions.position("/both").unwrap()).unwrap();
    assert_eq!((both.http_trigger.as_deref(), both.http_output.as_deref()), (Some("req"), Some("$return")));
    for path in ["/", "/Both", "/both/", "//both", "/both/x", "both"] {
        assert_eq!(functions.position(path), None, "{path}");
    }
}

#[test]
fn is_none_without_a_host_file() {
    assert!(read(&[("orders/function.json", QUEUE)]).unwrap().is_none());
}

#[test]
fn rejects_a_route_that_contains_the_path_of_a_message() {
    let host = |prefix: &str, more: &str| {
        format!(
            r#"{{"extensions":{{"http":{{"routePrefix":"{prefix}"}}}},
                "customHandler":{{"enableProxyingHttpRequest":true{more}}}}}"#
        )
    };
    let http = |route: &str| HTTP.replace(r#""name":"req""#, &format!(r#""name":"req","route":"{route}""#));
    for (prefix, route, more, is_valid) in [
        ("", "{*path}", "", false),
        ("api", "{*path}", "", true),
        ("", "users/{id}", "", true),
        ("", "users", r#","http":{"routes":[{"route":"{*path}"}]}"#, false),
        ("api", "users", r#","http":{"routes":[{"route":"orders"}]}"#, false),
    ] {
        let (host, http) = (host(prefix, more), http(route));
        let files = [("host.json", &*host), ("web/function.json", &http), ("orders/function.json", QUEUE)];
        match read(&files) {
            Ok(_) => assert!(is_valid, "{prefix} {route} {more}"),
            Err(error) => {
                assert!(!is_valid && error.is_invalid_setting(), "{error}");
                let text = error.to_string();
                assert!(text.starts_with("cannot distinguish the events of the function \"orders\" from"), "{text}");
            }
        }
        // Without messages there is nothing to distinguish.
        assert!(read(&files[..2]).is_ok());
    }
}

#[test]
fn applies_variables_after_the_host_file() {
    let http = HTTP.replace(r#""name":"req""#, r#""name":"req","route":"{*path}""#);
    let files =
        |host: &'static str| [("host.json", host), ("web/function.json", &http), ("orders/function.json", QUEUE)];
    let prefix = r#"{"extensions":{"http":{"routePrefix":"x"}},"customHandler":{"enableProxyingHttpRequest":"True"}}"#;
    for (host, variables, is_valid) in [
        (prefix, &[][..], true),
        (prefix, &[("AzureFunctionsJobHost__extensions__http__routePrefix", "")], false),
        (prefix, &[("AZUREFUNCTIONSJOBHOST:Extensions:HTTP__RoutePrefix", "orders")], false),
        (prefix, &[("AzureFunctionsJobHost__customHandler__http__routes__0__route", "{*path}")], false),
        ("{}", &[("AzureFunctionsJobHost__extensions__http__routePrefix", "")], true),
        (
            "{}",
            &[
                ("AzureFunctionsJobHost__extensions__http__routePrefix", ""),
                ("AzureFunctionsJobHost__customHandler__enableProxyingHttpRequest", "true"),
            ],
            false,
        ),
        (prefix, &[("extensions__http__routePrefix", ""), ("OTHER", "x")], true),
    ] {
        let read = read_with(&files(host), variables);
        assert_eq!(read.as_ref().err().map(Error::is_invalid_setting), (!is_valid).then_some(true), "{variables:?}");
    }
    let proxying = "azurefunctionsjobhost__customhandler__enableproxyinghttprequest";
    let forwarding = "AzureFunctionsJobHost__customHandler__enableForwardingHttpRequest";
    for (name, value, expected) in
        [(proxying, "false", 2), (proxying, " TRUE ", 1), (forwarding, "true", 1), (forwarding, "false", 1)]
    {
        let functions = read_with(&files(prefix), &[(name, value)]).unwrap().unwrap();
        assert_eq!(functions.messages.len(), expected, "{name}={value}");
    }
    let error = read_with(&files(prefix), &[(forwarding, "1")]).unwrap_err();
    assert!(error.is_invalid_setting(), "{error:?}");
    assert_eq!(error.to_string(), format!("invalid {forwarding} \"1\": expected `true` or `false`"));
}

#[test]
fn rejects_the_legacy_section() {
    let host = r#"{"httpWorker":{"description":{"defaultExecutablePath":"app"}}}"#;
    let variable = [("AzureFunctionsJobHost__httpWorker__description__defaultExecutablePath", "app")];
    for error in [read(&[("host.json", host)]), read_with(&[("host.json", "{}")], &variable)] {
        let error = error.unwrap_err();
        assert!(error.is_invalid_setting(), "{error:?}");
        assert!(error.to_string().starts_with("cannot use the section `httpWorker` of host.json"), "{error}");
    }
}

#[test]
fn skips_comments() {
    let host = "// \"a\"\r\n{ /* {\n* // */ \"customHandler\": { // \"\n \"description\": {\"workingDirectory\": \"//\\\"/*\"},\n\
                \"enableProxyingHttpRequest\": /**/ true}} //";
    let functions = [("plain/function.json", HTTP), ("orders/function.json", QUEUE)];
    let files: Vec<_> = functions.into_iter().chain([("host.json", host)]).collect();
    assert_eq!(messages(&files), ["orders"]);
    let error = read(&[("host.json", "{} /* \u{e9} /"), ("a/function.json", "{}")]).unwrap_err();
    assert!(error.to_string().contains("byte 3 is not valid in JSON"), "{error}");
    let error = read(&[("host.json", "{ /*\u{e9}*/ x}")]).unwrap_err();
    assert!(error.to_string().contains("byte 9 is not valid in JSON"), "{error}");
}

#[test]
fn reports_files_that_are_not_json() {
    for files in [
        &[("host.json", "{")][..],
        &[("host.json", "{} x")],
        &[("host.json", "")],
        &[("host.json", "{}"), ("a/function.json", r#"{"bindings":[}"#)],
    ] {
        let error = read(files).unwrap_err();
        assert!(error.is_invalid_setting() && error.to_string().contains("is not valid in JSON"), "{error}");
    }
}
