use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
};

use super::{
    Host, ResponseMode, Settings, Stage,
    value::{Rule, Value, Variable},
};
use crate::{Error, Proxies};

const ON_OR_OFF: &str = "`on` or `off`";
const PORT: &str = "a port, 0 to 65535";
const SECONDS: &str = "a number of seconds, such as 10 or 0.5";

/// Every variable of the environment that Lodger reads, in the order in which it reads them.
///
/// Settings, warnings about unknown variables and the documentation come from this table.
pub static VARIABLES: &[Variable] = TABLE;

/// The parts of the table that a process reads. A copy: without it every binary would contain 8 KB of documentation.
pub(super) static RULES: [Rule; TABLE.len()] = rules();

#[allow(clippy::indexing_slicing, reason = "the compiler evaluates it")]
const fn rules() -> [Rule; TABLE.len()] {
    let mut rules = [TABLE[0].rule(); TABLE.len()];
    let mut index = 0;
    while index < TABLE.len() {
        rules[index] = TABLE[index].rule();
        index += 1;
    }
    rules
}

const TABLE: &[Variable] = &[
    // These two come first: errors in later variables are reported to them.
    Variable {
        name: "AWS_LAMBDA_RUNTIME_API",
        method: Some("lambda_runtime_api"),
        value: "a host and a port, or an `http` URL",
        default: "none",
        effect: "Address of the Lambda Runtime API, set by Lambda. Makes Lambda the host, unless `LODGER_HOST`, \
                 `VERCEL_IPC_PATH`, `AWS_LAMBDA_HTTP_ENDPOINT` or the proxy of Vercel's standalone mode decides.",
        apply: |settings, value| value.parse().map(|text| settings.lambda_runtime_api = Some(text)),
    },
    Variable {
        name: "VERCEL_IPC_PATH",
        method: Some("vercel_ipc_path"),
        value: "the path of a Unix socket",
        default: "none",
        effect: "Socket on which Vercel listens, set by Vercel. Makes Vercel the host, unless `LODGER_HOST` or the proxy of Vercel's \
                 standalone mode decides.",
        apply: |settings, value| {
            settings.is_behind_vercels_proxy |= value.environment.is_behind_vercels_proxy();
            value.parse().map(|text| settings.vercel_ipc_path = Some(text))
        },
    },
    // The rows below this one depend on the host.
    Variable {
        name: "LODGER_HOST",
        method: Some("host"),
        value: Host::EXPECTED,
        default: "detected",
        effect: "Host to run on.",
        apply: |settings, value| value.parse().map(|value| settings.host = Some(value)),
    },
    Variable {
        name: "AWS_LAMBDA_HTTP_ENDPOINT",
        method: None,
        value: "an IP address and a port, such as `0.0.0.0:3000`",
        default: "none",
        effect: "Address to listen on, set by Lambda Web Functions. Makes them the host, unless `LODGER_HOST`, `VERCEL_IPC_PATH` or \
                 the proxy of Vercel's standalone mode decides. `LODGER_ADDR` and `PORT` do not count on this host.",
        apply: |settings, value| {
            if value.decides_addr(settings) {
                settings.listen_on(value.parse::<SocketAddr>()?);
            }
            Ok(())
        },
    },
    Variable {
        name: "FUNCTIONS_CUSTOMHANDLER_PORT",
        method: None,
        value: PORT,
        default: "none",
        effect: "Port to listen on, on `127.0.0.1`, set by Azure Functions. Makes them the host, unless a variable of another host or \
                 `LODGER_HOST` decides. `LODGER_ADDR` and `PORT` do not count on this host.",
        apply: |settings, value| {
            if value.decides_addr(settings) {
                settings.listen_on((Ipv4Addr::LOCALHOST, value.parse()?));
            }
            Ok(())
        },
    },
    Variable {
        name: "AzureWebJobsScriptRoot",
        method: None,
        value: "a path",
        default: "the current folder",
        effect: "Folder with `host.json` and the folders of the functions. Set by Azure Functions.",
        apply: read_elsewhere,
    },
    Variable {
        name: "AWS_LAMBDA_MAX_CONCURRENCY",
        method: Some("max_concurrency"),
        value: "a number of invocations, 1 or more",
        default: "1",
        effect: "Number of concurrent invocations, set by Lambda on Managed Instances. At most 4096 count. Other hosts ignore it.",
        apply: |settings, value| {
            if settings.host() == Host::Lambda {
                settings.max_concurrency = Some(value.parse()?);
            }
            Ok(())
        },
    },
    Variable {
        name: "AWS_LAMBDA_INITIALIZATION_TYPE",
        method: Some("snap_start"),
        value: "`snap-start`, or another initialization type",
        default: "no snapshot",
        effect: "With `snap-start`, Lambda takes a snapshot before the first invocation. Set by Lambda; other hosts ignore it.",
        apply: |settings, value| {
            if settings.host() == Host::Lambda {
                settings.snap_start = value.text == "snap-start";
            }
            Ok(())
        },
    },
    Variable {
        name: "LODGER_ADDR",
        method: Some("addr"),
        value: "an IP address and a port, such as `127.0.0.1:3000` or `[::]:3000`, or `unix:` and the path of a socket",
        default: "`127.0.0.1:3000`",
        effect: "Address to listen on as a server. Port 0 takes a free port. Overrides `LISTEN_FDS`, `VERCEL_DEV_PORT` and `PORT`. \
                 `Lodger::listener` overrides all of them. `LODGER_ADDR` is \
                 ignored behind the proxy of Vercel's standalone mode, which connects to `127.0.0.1:$PORT` only.",
        apply: |settings, value| match value.text.strip_prefix("unix:") {
            _ if !value.decides_addr(settings) => Ok(()),
            Some(path) if cfg!(unix) && !path.is_empty() => {
                settings.unix_socket = Some(path.into());
                Ok(())
            }
            _ => value.parse().map(|addr: SocketAddr| settings.listen_on(addr)),
        },
    },
    Variable {
        name: "LISTEN_FDS",
        method: None,
        value: "a number of sockets",
        default: "0",
        effect: "Makes a server listen on the socket that systemd has passed to it. Set by systemd for a service with a `.socket` unit. \
                 Overrides `VERCEL_DEV_PORT` and `PORT`. Linux only.",
        apply: |settings, value| {
            if value.decides_addr(settings) {
                settings.systemd_socket = value.parse::<u32>()? > 0;
            }
            Ok(())
        },
    },
    Variable {
        name: "LISTEN_PID",
        method: None,
        value: "the id of a process",
        default: "none",
        effect: "Process that `LISTEN_FDS` is for. Set by systemd. Other processes ignore `LISTEN_FDS`.",
        apply: read_elsewhere,
    },
    Variable {
        name: "VERCEL_DEV_PORT",
        method: None,
        value: PORT,
        default: "none",
        effect: "Port to listen on as a server, on `127.0.0.1`, set by `vercel dev`. Overrides `PORT`. The server prints the \
                 line with its port that `vercel dev` waits for on standard output, even if `LODGER_ADDR` sets the address.",
        apply: |settings, value| {
            settings.announces_to_vercel_dev = true;
            if value.decides_addr(settings) {
                settings.listen_on((Ipv4Addr::LOCALHOST, value.parse()?));
            }
            Ok(())
        },
    },
    Variable {
        name: "PORT",
        method: None,
        value: PORT,
        default: "none",
        effect: "Port to listen on as a server, on all IPv4 addresses. On Fly.io and Railway also on all IPv6 addresses. Many container \
                 platforms set it. Behind the proxy of Vercel's standalone mode the address is `127.0.0.1`.",
        apply: |settings, value| {
            if value.decides_addr(settings) {
                let port = value.parse()?;
                if value.environment.is_user_server() {
                    settings.listen_on((Ipv4Addr::LOCALHOST, port));
                } else {
                    settings.listen_on_port(port);
                }
            }
            Ok(())
        },
    },
    Variable {
        name: "LODGER_BASE_PATH",
        method: Some("base_path"),
        value: "a path prefix, percent-encoded, such as `/api`",
        default: "none",
        effect: "Prefix to remove from the path of each request: whole segments, once.",
        apply: |settings, value| value.parse().map(|text| settings.base_path = Some(text)),
    },
    Variable {
        name: "VERCEL_SERVICE_ROUTE_PREFIX",
        method: None,
        value: "a path prefix, percent-encoded, such as `/svc`",
        default: "none",
        effect: "Prefix of a Vercel service, set by Vercel. Removed from the path before the base path, if \
                 `VERCEL_SERVICE_ROUTE_PREFIX_STRIP` is set.",
        apply: |settings, value| {
            let strip = value.environment.get("VERCEL_SERVICE_ROUTE_PREFIX_STRIP");
            if matches!(strip.as_deref(), Some("1" | "true")) {
                settings.vercel_service_prefix = Some(value.text.clone());
            }
            Ok(())
        },
    },
    Variable {
        name: "VERCEL_SERVICE_ROUTE_PREFIX_STRIP",
        method: None,
        value: "`1` or `true`; other values count as off",
        default: "off",
        effect: "Removes `VERCEL_SERVICE_ROUTE_PREFIX` from the path. Set by Vercel.",
        apply: read_elsewhere,
    },
    Variable {
        name: "LODGER_REWRITE_LOCATION",
        method: Some("rewrite_location"),
        value: ON_OR_OFF,
        default: "`on`",
        effect: "Adds the prefix that was removed from a request's path to an absolute path in the `Location` of its response.",
        apply: |settings, value| value.on_or_off().map(|value| settings.rewrite_location = Some(value)),
    },
    Variable {
        name: "LODGER_STAGE",
        method: Some("stage"),
        value: Stage::EXPECTED,
        default: "`strip`",
        effect: "Removes the stage of an API Gateway API from the path, or keeps it.",
        apply: |settings, value| value.parse().map(|value| settings.stage = value),
    },
    Variable {
        name: "LODGER_RESPONSE_MODE",
        method: Some("response_mode"),
        value: ResponseMode::EXPECTED,
        default: "`buffered`",
        effect: "Transfer of responses behind Function URLs and REST APIs. Has to match the setup of the front.",
        apply: |settings, value| value.parse().map(|value| settings.response_mode = value),
    },
    Variable {
        name: "LODGER_EVENTS_PATH",
        method: Some("events_path"),
        value: "a path of the app, percent-encoded, such as `/events`",
        default: "none: such events fail",
        effect: "Route of the app for events that are not HTTP requests. Each event is a POST to it, and no HTTP request reaches it. \
                 On Azure Functions, such events are the messages of queues, timers and other triggers. Overrides the path in code, \
                 which HTTP requests then reach.",
        apply: |settings, value| value.parse().map(|text| settings.events_path = Some(text)),
    },
    Variable {
        name: "LODGER_WEBSOCKET_PATH",
        method: Some("websocket_path"),
        value: "a path of the app, percent-encoded, such as `/ws`",
        default: "none: such events fail",
        effect: "Parent of the routes for events of a WebSocket API. Each event is a POST to its route key below this path, and no \
                 HTTP request reaches this path or a path below it. Overrides the path in code, which HTTP requests then reach.",
        apply: |settings, value| value.parse().map(|text| settings.websocket_path = Some(text)),
    },
    Variable {
        name: "LODGER_HEALTH_PATH",
        method: Some("health_path"),
        value: "a path, percent-encoded, such as `/health`",
        default: "none: the app answers",
        effect: "Path of a health check that the server answers without the app: 200, and 503 once the shutdown has begun. On \
                 Lambda the app answers.",
        apply: |settings, value| value.parse().map(|text| settings.health_path = Some(text)),
    },
    Variable {
        name: "LODGER_GRACE",
        method: Some("grace"),
        value: SECONDS,
        default: "10 seconds, or the time that fits the platform; 0.4 seconds on Lambda",
        effect: "Grace period: timeout of requests in flight at shutdown.",
        apply: |settings, value| value.seconds().map(|value| settings.grace = Some(value)),
    },
    Variable {
        name: "LODGER_SIGTERM",
        method: Some("sigterm"),
        value: ON_OR_OFF,
        default: "`off`",
        effect: "Makes Lambda send SIGTERM before it ends the process, so that `run` returns.",
        apply: |settings, value| value.on_or_off().map(|value| settings.sigterm = value),
    },
    Variable {
        name: "LODGER_DEADLINE_MARGIN",
        method: Some("deadline_margin"),
        value: "a whole number of milliseconds, such as 500",
        default: "500 milliseconds",
        effect: "Time before the deadline of an invocation at which Lodger cancels the request and responds with 504.",
        apply: |settings, value| value.milliseconds().map(|value| settings.deadline_margin = Some(value)),
    },
    Variable {
        name: "LODGER_HEADER_TIMEOUT",
        method: Some("header_timeout"),
        value: SECONDS,
        default: "10 seconds",
        effect: "Timeout of a server connection from accept to the end of the first request's headers. Under Lodger's own server also \
                 the timeout of later headers in HTTP/1.1, from their first byte. 0 turns it off. warp's own server has no such timeout.",
        apply: |settings, value| value.seconds().map(|value| settings.header_timeout = Some(value)),
    },
    Variable {
        name: "LODGER_STALL_TIMEOUT",
        method: Some("stall_timeout"),
        value: SECONDS,
        default: "60 seconds",
        effect: "Timeout of a connection whose client reads no byte of a response, or in HTTP/1.1 sends no byte of a body for which the \
                 app waits. 0 turns it off. Only Lodger's own server has it.",
        apply: |settings, value| value.seconds().map(|value| settings.stall_timeout = Some(value)),
    },
    Variable {
        name: "LODGER_MAX_CONNECTIONS",
        method: Some("max_connections"),
        value: "a number of connections",
        default: "seven eighths of the limit of open files on Linux, otherwise no limit",
        effect: "Maximum number of connections of a server. Further connections wait until others close. 0 turns the limit off. Only \
                 Lodger's own server has it.",
        apply: |settings, value| value.parse().map(|value| settings.max_connections = Some(value)),
    },
    Variable {
        name: "LODGER_MAX_HEADER_SIZE",
        method: Some("max_header_size"),
        value: "a number of bytes, 8192 or more",
        default: "131072, and 16384 in HTTP/2",
        effect: "Maximum size of the request line and the headers of a request. A larger request gets 431. Only Lodger's own server has it.",
        apply: |settings, value| value.parse().map(|value| settings.max_header_size = Some(value)),
    },
    Variable {
        name: "LODGER_MAX_CONCURRENT_STREAMS",
        method: Some("max_concurrent_streams"),
        value: "a number of requests, 1 or more",
        default: "200",
        effect: "Maximum number of concurrent requests on a connection of HTTP/2. Only Lodger's own server has it.",
        apply: |settings, value| {
            value.parse().map(|value: NonZeroU32| settings.max_concurrent_streams = Some(value.get()))
        },
    },
    Variable {
        name: "RAILWAY_DEPLOYMENT_DRAINING_SECONDS",
        method: None,
        value: SECONDS,
        default: "0",
        effect: "Time between SIGTERM and SIGKILL on Railway, from which the default of `LODGER_GRACE` follows there. You set it for \
                 Railway, which kills the process at once without it.",
        apply: |settings, value| {
            if settings.host() == Host::Server {
                settings.kill_after = Some(value.seconds()?);
            }
            Ok(())
        },
    },
    Variable {
        name: "LODGER_PROXIES",
        method: Some("proxies"),
        value: Proxies::EXPECTED,
        default: "none; 1 on Lambda Web Functions",
        effect: "Proxies in front of a server. The address of the client is in the header that they set, instead of the address of the \
                 connection. Without it no header is read, because clients can forge each of them. \
                 Lambda and Vercel ignore it.",
        apply: |settings, value| {
            if !matches!(settings.host(), Host::Lambda | Host::Vercel) {
                settings.proxies = Some(value.parse()?);
            }
            Ok(())
        },
    },
    Variable {
        name: "VERCEL_OIDC_TOKEN",
        method: None,
        value: "a token",
        default: "none",
        effect: "Value of `x-vercel-oidc-token` in requests that do not have this header. Set by Vercel.",
        apply: read_elsewhere,
    },
    Variable {
        name: "AWS_LAMBDA_LOG_FORMAT",
        method: None,
        value: "`JSON` or `Text`",
        default: "`Text`",
        effect: "Format of log lines on Lambda with `lodger::logs`. Set by Lambda.",
        apply: read_elsewhere,
    },
    Variable {
        name: "AWS_LAMBDA_LOG_LEVEL",
        method: None,
        value: "`TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`",
        default: "`INFO`",
        effect: "Most verbose level of log lines on Lambda with `lodger::logs`. Set by Lambda.",
        apply: read_elsewhere,
    },
    Variable {
        name: "RUST_LOG",
        method: None,
        value: "a level, or `target=level,..`",
        default: "`info`",
        effect: "Levels of log lines with `lodger::logs`.",
        apply: read_elsewhere,
    },
];

/// For variables that are not a part of [`Settings`].
fn read_elsewhere(_: &mut Settings, _: &Value<'_>) -> Result<(), Error> {
    Ok(())
}
