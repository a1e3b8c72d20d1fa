//! What the command is told.

use std::time::Duration;

use lodger_gateway::Front;
#[cfg(feature = "websocket")]
use lodger_gateway::WebSocketApi;

pub(crate) const USAGE: &str = "\
Plays an AWS front and the Lambda Runtime API for a function, or Vercel.

Usage: lodger-gateway [options] [-- command [argument ...]]

  --front NAME           function-url, http-api, http-api-v1, rest-api, alb, alb-multi-value, lattice-v1, lattice-v2
                         or vercel; function-url if not given; with the feature websocket also websocket-api
  --stage NAME           the stage of an API; prod if not given, of HTTP APIs $default. Without a custom domain clients ask
                         for /NAME/pets, as on AWS; other paths get 403 from a REST API and 404 from an HTTP API
  --custom-domain NAME   a domain of one's own for an API; clients ask for /pets
  --binary-media-types TYPES
                         the binary media types of a REST API, such as 'image/*,application/zip' or '*/*'; none if not
                         given, as on AWS: it damages bodies that are not text
  --stream               streams replies; a Function URL with RESPONSE_STREAM, or a REST API with the transfer mode STREAM.
                         The function has to stream then (LODGER_RESPONSE_MODE=stream), and not to where this is not given:
                         clients get the envelope of its reply otherwise, and a warning on standard error says so
  --route-responses      sends back what the function answers to a message; of websocket-api
  --listen ADDRESS       where to serve HTTP; 127.0.0.1:3000 if not given, port 0 for any
  --allow-host NAME      serves requests for this host name too, such as app.test; may be repeated. The Runtime API, and the
                         front if it listens on a loopback address, refuse other names than localhost with 403
  --runtime-api ADDRESS  where to serve the Runtime API; a free port of 127.0.0.1 if not given
  --timeout SECONDS      how long an invocation may take, as set for the function; 30 if not given, Lambda's default is 3
  --vercel               plays Vercel instead, for a function of its runtime `executable`, which the command is
  --event FILE           invokes the function once, with the JSON in FILE or, for -, from standard input, and serves no
                         HTTP; what a queue or a schedule sends can be tried so
  --quiet                writes no line for each invocation (method, path, status, duration, cold start) to standard error.
                         A terminal shows these lines in colours unless NO_COLOR is set
  --version              which version this is
  --help                 this text

The command is the function. It is started once, in an environment as on Lambda, and this ends with it. Without one, the
value for AWS_LAMBDA_RUNTIME_API is printed, for a function that is started by hand. Where AWS_LAMBDA_INITIALIZATION_TYPE
is snap-start, it is started as with SnapStart. A function that has an extension, and one on Vercel, is ended by SIGTERM.

With --event the reply is printed, and what the function prints goes to standard error. The status is 0 then, and 1 if the
function reported an error, which is on standard error, or has not answered in time.
";

const DEFAULT_LISTEN: &str = "127.0.0.1:3000";
const VERSION: &str = concat!("lodger-gateway ", env!("CARGO_PKG_VERSION"), "\n");

/// What the command is asked for.
#[derive(Debug)]
pub(crate) enum Asked {
    ToTell(&'static str),
    ToRun(Box<Arguments>),
}

#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) task: Task,
    pub(crate) runtime_api: String,
    pub(crate) timeout: Option<Duration>,
    /// Host names to serve requests for, those of the addresses included.
    pub(crate) hosts: Vec<String>,
    /// No line for each invocation.
    pub(crate) is_quiet: bool,
    pub(crate) command: Vec<String>,
}

#[derive(Debug)]
pub(crate) enum Task {
    Serve {
        played: Played,
        listen: String,
    },
    /// Be Vercel.
    Vercel {
        listen: String,
    },
    /// Invoke the function with the event in this file.
    Invoke(String),
}

/// What stands before the function.
#[derive(Debug)]
pub(crate) enum Played {
    Front(Front),
    #[cfg(feature = "websocket")]
    WebSocket(WebSocketApi),
}

impl Played {
    fn read(
        name: &str,
        stage: Option<String>,
        domain: Option<String>,
        binary_media_types: Option<Vec<String>>,
        is_streaming: bool,
        has_route_responses: bool,
    ) -> Result<Self, String> {
        #[cfg(feature = "websocket")]
        if name == "websocket-api" {
            if is_streaming {
                return Err(does_not_stream(name));
            }
            if domain.is_some() {
                return Err("websocket-api has no --custom-domain".to_owned());
            }
            if binary_media_types.is_some() {
                return Err(has_no_binary_media_types(name));
            }
            let mut api = WebSocketApi::new();
            if let Some(stage) = stage {
                api = api.stage(stage);
            }
            return Ok(Self::WebSocket(if has_route_responses { api.route_responses() } else { api }));
        }
        #[cfg(not(feature = "websocket"))]
        if name == "websocket-api" {
            return Err("--front websocket-api: this was built without the feature `websocket`".to_owned());
        }
        let mut front: Front = name.parse().map_err(|error: lodger_gateway::UnknownFront| error.to_string())?;
        let is_api = ["rest-api", "http-api", "http-api-v1"].contains(&front.name());
        if !is_api && (stage.is_some() || domain.is_some()) {
            return Err(format!("{front} has neither a --stage nor a --custom-domain; APIs have"));
        }
        if let Some(types) = binary_media_types {
            if front.name() != "rest-api" {
                return Err(has_no_binary_media_types(front.name()));
            }
            front = front.binary_media_types(types);
        }
        if has_route_responses {
            return Err(format!("{front} has no --route-responses; websocket-api has"));
        }
        if is_streaming {
            front = front.streaming();
            if !front.is_streaming() {
                return Err(does_not_stream(front.name()));
            }
        }
        if let Some(stage) = stage {
            front = front.stage(stage);
        }
        if let Some(domain) = domain {
            front = front.custom_domain(domain);
        }
        Ok(Self::Front(front))
    }
}

impl Arguments {
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Asked, String> {
        let (mut name, mut stage, mut domain, mut listen, mut event) = (None, None, None, None, None);
        let (mut timeout, mut binary_media_types) = (None, None);
        let mut hosts = Vec::new();
        let (mut is_streaming, mut has_route_responses, mut is_vercel, mut is_quiet) = (false, false, false, false);
        let mut runtime_api = "127.0.0.1:0".to_owned();
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{option} needs a value"));
            match option.as_str() {
                "--" => break,
                "--help" | "-h" => return Ok(Asked::ToTell(USAGE)),
                "--version" | "-V" => return Ok(Asked::ToTell(VERSION)),
                "--front" => name = Some(value()?),
                "--stage" => stage = Some(value()?),
                "--custom-domain" => domain = Some(value()?),
                "--binary-media-types" => binary_media_types = Some(media_types(&option, &value()?)?),
                "--stream" => is_streaming = true,
                "--route-responses" => has_route_responses = true,
                "--listen" => listen = Some(address(&option, value()?)?),
                "--runtime-api" => runtime_api = address(&option, value()?)?,
                "--allow-host" => hosts.push(host_name(&option, value()?)?),
                "--timeout" => timeout = Some(seconds(&option, &value()?)?),
                "--vercel" => is_vercel = true,
                "--quiet" => is_quiet = true,
                "--event" => event = Some(value()?),
                _ => return Err(format!("there is no option {option:?}; a command stands after --")),
            }
        }
        let command: Vec<_> = arguments.collect();
        let addresses = listen.iter().chain([&runtime_api]);
        hosts.extend(addresses.filter_map(|address| Some(address.rsplit_once(':')?.0.to_owned())));
        let has_front = name.is_some()
            || stage.is_some()
            || domain.is_some()
            || binary_media_types.is_some()
            || is_streaming
            || has_route_responses;
        let task = if is_vercel {
            if has_front || event.is_some() || timeout.is_some() {
                return Err(
                    "with --vercel there is neither a front of AWS, with what is said of one, nor an event or a time-out"
                        .to_owned(),
                );
            }
            if command.is_empty() {
                return Err("--vercel needs a command after --".to_owned());
            }
            Task::Vercel { listen: listen.unwrap_or_else(|| DEFAULT_LISTEN.to_owned()) }
        } else if let Some(event) = event {
            if has_front || listen.is_some() {
                return Err("with --event nothing is served: there is no front, and nowhere to listen".to_owned());
            }
            if command.is_empty() {
                return Err("--event needs a command after --".to_owned());
            }
            Task::Invoke(event)
        } else {
            let name = name.as_deref().unwrap_or("function-url");
            let played = Played::read(name, stage, domain, binary_media_types, is_streaming, has_route_responses)?;
            Task::Serve { played, listen: listen.unwrap_or_else(|| DEFAULT_LISTEN.to_owned()) }
        };
        Ok(Asked::ToRun(Box::new(Self { task, runtime_api, timeout, hosts, is_quiet, command })))
    }
}

fn does_not_stream(name: &str) -> String {
    format!("{name} has no --stream; function-url and rest-api have")
}

fn has_no_binary_media_types(name: &str) -> String {
    format!("{name} has no --binary-media-types; rest-api has")
}

fn media_types(option: &str, value: &str) -> Result<Vec<String>, String> {
    let is_one = |entry: &&str| entry.split_once('/').is_some_and(|(main, sub)| !main.is_empty() && !sub.is_empty());
    let entries: Vec<_> = value.split(',').map(str::trim).collect();
    if entries.iter().all(is_one) {
        return Ok(entries.into_iter().map(str::to_owned).collect());
    }
    Err(format!(
        "invalid {option} {value:?}: expected media types such as image/png, image/* or */*, separated by commas"
    ))
}

fn seconds(option: &str, value: &str) -> Result<Duration, String> {
    let seconds = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds
        .filter(|seconds| !seconds.is_zero())
        .ok_or_else(|| format!("{option} {value}: it is a number of seconds, 3 or 0.5 say"))
}

/// Whether the host exists is found out later.
fn address(option: &str, value: String) -> Result<String, String> {
    let is_one = value.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if is_one {
        Ok(value)
    } else {
        Err(format!("{option} {value}: an address is a host and a port, 127.0.0.1:3000 say"))
    }
}

fn host_name(option: &str, value: String) -> Result<String, String> {
    if value.is_empty() || value.contains(|char: char| "/:@".contains(char) || char.is_whitespace()) {
        return Err(format!("{option} {value}: expected a host name without a scheme or a port, such as app.test"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Arguments, String> {
        match Arguments::read(line.split_whitespace().map(str::to_owned))? {
            Asked::ToRun(arguments) => Ok(*arguments),
            Asked::ToTell(text) => panic!("{text}"),
        }
    }

    fn served(arguments: &Arguments) -> (&Played, &str) {
        let Task::Serve { played, listen } = &arguments.task else { panic!("{arguments:?}") };
        (played, listen)
    }

    fn front(arguments: &Arguments) -> Front {
        match served(arguments).0 {
            Played::Front(front) => front.clone(),
            #[cfg(feature = "websocket")]
            Played::WebSocket(api) => panic!("{api:?}"),
        }
    }

    #[test]
    fn options_come_before_the_command() {
        let line = "--stage dev --front rest-api --custom-domain a.example --listen [::1]:80 -- ./bootstrap --front x";
        let arguments = read(line).unwrap();
        assert_eq!((front(&arguments).name(), served(&arguments).1), ("rest-api", "[::1]:80"));
        let told = format!("{:?}", front(&arguments));
        assert!(told.contains("\"dev\"") && told.contains("\"a.example\""), "{told}");
        assert_eq!(arguments.command, ["./bootstrap", "--front", "x"]);
    }

    #[test]
    fn what_can_stream_does_when_it_is_told_to() {
        for name in ["function-url", "rest-api"] {
            assert!(front(&read(&format!("--front {name} --stream")).unwrap()).is_streaming(), "{name}");
            assert!(!front(&read(&format!("--front {name}")).unwrap()).is_streaming(), "{name}");
        }
    }

    #[test]
    fn reads_binary_media_types() {
        let arguments = read("--front rest-api --binary-media-types image/*,application/zip").unwrap();
        let told = format!("{:?}", front(&arguments));
        assert!(told.contains(r#"["image/*", "application/zip"]"#), "{told}");
        let told = format!("{:?}", front(&read("--front rest-api").unwrap()));
        assert!(told.contains("binary_media_types: []"), "{told}");
    }

    #[test]
    fn there_are_defaults() {
        let arguments = read("").unwrap();
        assert_eq!((front(&arguments).name(), served(&arguments).1), ("function-url", "127.0.0.1:3000"));
        assert_eq!((arguments.runtime_api.as_str(), arguments.command.len()), ("127.0.0.1:0", 0));
    }

    #[test]
    fn allows_the_host_names_that_are_given() {
        let line = "--allow-host app.test --allow-host b.test --listen box:80 --runtime-api [::1]:9001";
        assert_eq!(read(line).unwrap().hosts, ["app.test", "b.test", "box", "[::1]"]);
    }

    #[test]
    fn some_options_are_questions() {
        for (option, word) in [("--help", "--listen ADDRESS"), ("--version", env!("CARGO_PKG_VERSION"))] {
            let asked = Arguments::read(["--front", "alb", option].map(str::to_owned).into_iter()).unwrap();
            assert!(matches!(asked, Asked::ToTell(text) if text.contains(word)), "{asked:?}");
        }
    }

    #[cfg(feature = "websocket")]
    #[test]
    fn a_websocket_api_has_a_name_as_well() {
        let arguments = read("--front websocket-api --stage dev --route-responses").unwrap();
        let Played::WebSocket(api) = served(&arguments).0 else { panic!("{arguments:?}") };
        let told = format!("{api:?}");
        assert!(told.contains("\"dev\"") && told.contains("has_route_responses: true"), "{told}");
    }

    #[test]
    fn an_event_goes_to_a_command() {
        let arguments = read("--event - --runtime-api 127.0.0.1:1 -- ./bootstrap").unwrap();
        assert!(matches!(&arguments.task, Task::Invoke(file) if file == "-"), "{arguments:?}");
        assert_eq!(arguments.command, ["./bootstrap"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, word) in [
            ("./bootstrap", "./bootstrap"),
            ("--front x", "lattice-v2"),
            ("--stage", "--stage"),
            ("--front alb --stage x", "alb has neither"),
            ("--front alb --route-responses", "alb has no"),
            ("--front http-api --binary-media-types */*", "http-api has no --binary-media-types; rest-api has"),
            ("--binary-media-types */*", "function-url has no --binary-media-types"),
            #[cfg(feature = "websocket")]
            ("--front websocket-api --binary-media-types */*", "websocket-api has no --binary-media-types"),
            ("--front rest-api --binary-media-types image", "invalid --binary-media-types \"image\": expected"),
            ("--front rest-api --binary-media-types image/png,", "expected media types such as image/png"),
            ("--event x --binary-media-types */* -- y", "with --event nothing is served"),
            ("--front http-api --stream", "http-api has no --stream; function-url and rest-api have"),
            #[cfg(feature = "websocket")]
            ("--front websocket-api --stream", "websocket-api has no --stream"),
            ("--event x --stream -- y", "with --event nothing is served"),
            ("--listen 4000", "--listen 4000: an address is a host and a port, 127.0.0.1:3000 say"),
            ("--listen :4000", "--listen :4000: "),
            ("--runtime-api localhost:x", "--runtime-api localhost:x: "),
            ("--allow-host http://app.test", "--allow-host http://app.test: expected a host name"),
            ("--allow-host app.test:3000", "--allow-host app.test:3000: "),
            ("--timeout 0", "--timeout 0: it is a number of seconds"),
            ("--timeout soon", "--timeout soon: "),
            ("--vercel --timeout 3 -- y", "nor an event or a time-out"),
            ("--event x", "--event needs a command"),
            ("--event x --front alb -- y", "with --event nothing is served"),
            ("--vercel", "--vercel needs a command"),
            ("--vercel --stage x -- y", "with --vercel there is neither"),
            #[cfg(not(feature = "websocket"))]
            ("--front websocket-api", "without the feature `websocket`"),
        ] {
            let error = read(line).unwrap_err();
            assert!(error.contains(word), "{line}: {error}");
        }
    }

    #[test]
    fn the_usage_names_each_front() {
        for front in Front::all() {
            assert!(USAGE.contains(front.name()), "{front}");
        }
    }
}
