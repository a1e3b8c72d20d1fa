use lodger_gateway::Front;

use super::*;

fn parse(line: &str) -> Result<Arguments, String> {
    match CommandLine::parse(line.split_whitespace().map(str::to_owned))? {
        CommandLine::Run(arguments) => Ok(*arguments),
        CommandLine::Print(text) => panic!("{text}"),
    }
}

fn served(arguments: &Arguments) -> (&Frontend, &str) {
    let Task::Serve { frontend, listen } = &arguments.task else { panic!("{arguments:?}") };
    (frontend, listen)
}

fn front(arguments: &Arguments) -> Front {
    match served(arguments).0 {
        Frontend::Http(front) => front.clone(),
        #[cfg(feature = "websocket")]
        Frontend::WebSocket(api) => panic!("{api:?}"),
    }
}

#[test]
fn options_end_before_the_command() {
    let line = "--stage dev --front rest-api --custom-domain a.example --listen [::1]:80 -- ./bootstrap --front x";
    let arguments = parse(line).unwrap();
    assert_eq!((front(&arguments).name(), served(&arguments).1), ("rest-api", "[::1]:80"));
    let text = format!("{:?}", front(&arguments));
    assert!(text.contains("\"dev\"") && text.contains("\"a.example\""), "{text}");
    assert_eq!(arguments.function.command, ["./bootstrap", "--front", "x"]);
}

#[test]
fn streams_only_with_the_option() {
    for name in ["function-url", "rest-api"] {
        assert!(front(&parse(&format!("--front {name} --stream")).unwrap()).is_streaming(), "{name}");
        assert!(!front(&parse(&format!("--front {name}")).unwrap()).is_streaming(), "{name}");
    }
}

#[test]
fn parses_binary_media_types() {
    let arguments = parse("--front rest-api --binary-media-types image/*,application/zip").unwrap();
    let text = format!("{:?}", front(&arguments));
    assert!(text.contains(r#"["image/*", "application/zip"]"#), "{text}");
    let text = format!("{:?}", front(&parse("--front rest-api").unwrap()));
    assert!(text.contains("binary_media_types: []"), "{text}");
}

#[test]
fn has_defaults() {
    let arguments = parse("").unwrap();
    assert_eq!((front(&arguments).name(), served(&arguments).1), ("function-url", "127.0.0.1:3000"));
    assert_eq!((arguments.runtime_api.as_str(), arguments.function.command.len()), ("127.0.0.1:0", 0));
}

#[test]
fn allows_host_names_of_options_and_addresses() {
    let line = "--allow-host app.test --allow-host b.test --listen box:80 --runtime-api [::1]:9001";
    assert_eq!(parse(line).unwrap().hosts, ["app.test", "b.test", "box", "[::1]"]);
}

#[test]
fn prints_the_help_and_the_version() {
    for (option, word) in [("--help", "--listen ADDRESS"), ("--version", env!("CARGO_PKG_VERSION"))] {
        let parsed = CommandLine::parse(["--front", "alb", option].map(str::to_owned).into_iter()).unwrap();
        assert!(matches!(&parsed, CommandLine::Print(text) if text.contains(word)), "{parsed:?}");
    }
}

#[cfg(feature = "websocket")]
#[test]
fn accepts_websocket_api_as_a_front() {
    let arguments = parse("--front websocket-api --stage dev --route-responses").unwrap();
    let Frontend::WebSocket(api) = served(&arguments).0 else { panic!("{arguments:?}") };
    let api = format!("{api:?}");
    assert!(api.contains("\"dev\"") && api.contains("has_route_responses: true"), "{api}");
}

#[test]
fn invokes_a_command_with_an_event() {
    let arguments = parse("--event - --runtime-api 127.0.0.1:1 -- ./bootstrap").unwrap();
    assert!(matches!(&arguments.task, Task::Invoke { file } if file == "-"), "{arguments:?}");
    assert_eq!(arguments.function.command, ["./bootstrap"]);
}

#[test]
fn serves_a_web_function() {
    let arguments = parse("--web-function --listen 127.0.0.1:80 --timeout 3 -- ./app").unwrap();
    assert!(matches!(&arguments.task, Task::ServeWebFunction { listen } if listen == "127.0.0.1:80"), "{arguments:?}");
    assert_eq!(arguments.function.command, ["./app"]);
}

#[test]
fn errors_name_the_option() {
    for (line, word) in [
        ("./bootstrap", "./bootstrap"),
        ("--front x", "lattice-v2"),
        ("--stage", "--stage"),
        ("--front alb --stage x", "cannot use --stage with alb"),
        ("--front alb --route-responses", "cannot use --route-responses with alb"),
        (
            "--front http-api --binary-media-types */*",
            "cannot use --binary-media-types with http-api; use it with rest-api",
        ),
        ("--binary-media-types */*", "cannot use --binary-media-types with function-url"),
        #[cfg(feature = "websocket")]
        ("--front websocket-api --binary-media-types */*", "cannot use --binary-media-types with websocket-api"),
        ("--front rest-api --binary-media-types image", "invalid --binary-media-types \"image\": expected"),
        ("--front rest-api --binary-media-types image/png,", "expected media types such as image/png"),
        ("--event x --binary-media-types */* -- y", "cannot use --event with the options of a front"),
        ("--front http-api --stream", "cannot use --stream with http-api; use it with function-url or rest-api"),
        #[cfg(feature = "websocket")]
        ("--front websocket-api --stream", "cannot use --stream with websocket-api"),
        ("--event x --stream -- y", "cannot use --event with the options of a front"),
        ("--listen 4000", "invalid --listen \"4000\": expected a host and a port, such as 127.0.0.1:3000"),
        ("--listen :4000", "invalid --listen \":4000\": "),
        ("--runtime-api localhost:x", "invalid --runtime-api \"localhost:x\": "),
        ("--allow-host http://app.test", "invalid --allow-host \"http://app.test\": expected a host name"),
        ("--allow-host app.test:3000", "invalid --allow-host \"app.test:3000\": "),
        ("--timeout 0", "invalid --timeout \"0\": expected a number of seconds"),
        ("--timeout soon", "invalid --timeout \"soon\": "),
        (
            "--vercel --timeout 3 -- y",
            "cannot use --vercel with the options of an AWS front, --event, --timeout, --extensions or --freeze",
        ),
        ("--event x", "missing command for --event"),
        ("--event x --front alb -- y", "cannot use --event with the options of a front"),
        ("--vercel", "missing command for --vercel"),
        ("--web-function", "missing command for --web-function"),
        ("--web-function --vercel -- y", "cannot use --web-function with --vercel"),
        ("--web-function --front alb -- y", "cannot use --web-function with"),
        ("--web-function --freeze -- y", "cannot use --web-function with"),
        ("--vercel --stage x -- y", "cannot use --vercel with"),
        #[cfg(not(feature = "websocket"))]
        ("--front websocket-api", "without the feature `websocket`"),
    ] {
        let error = parse(line).unwrap_err();
        assert!(error.contains(word), "{line}: {error}");
    }
}

#[test]
fn parses_the_options_of_extensions_and_the_freeze() {
    let arguments = parse("--extensions target/extensions --freeze -- ./bootstrap").unwrap().function;
    assert_eq!(arguments.extensions, Some("target/extensions".into()));
    assert!(arguments.is_freezing && !parse("-- ./bootstrap").unwrap().function.is_freezing);
    for option in ["--extensions x", "--freeze"] {
        let name = option.split(' ').next().unwrap();
        let error = parse(option).unwrap_err();
        assert!(error.starts_with(&format!("missing command for {name}; ")), "{error}");
        let error = parse(&format!("--vercel {option} -- ./executable")).unwrap_err();
        assert!(error.starts_with("cannot use --vercel with "), "{error}");
    }
}
