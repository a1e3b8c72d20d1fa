//! The text of `--help`.

use lodger_gateway::Front;

use crate::frontend::WEBSOCKET_API;

/// The column in which the descriptions begin, and the one in which lines end.
const INDENT: usize = 25;
const WIDTH: usize = 120;

const BEGIN: &str = "\
Runs a Lambda function behind a front of AWS, a Lambda Web Function or a Vercel function, on this machine.

Usage: lodger-gateway [options] [-- command [argument ...]]

";

const OPTIONS: &str = "  --stage NAME           the stage of an API; default: prod, and $default for HTTP APIs. As on AWS, paths begin with
                         the stage: /NAME/pets. Other paths get 403 from a REST API and 404 from an HTTP API
  --custom-domain NAME   a custom domain of an API. Paths have no stage then: /pets
  --binary-media-types TYPES
                         the binary media types of a REST API, such as 'image/*,application/zip' or '*/*'; default:
                         none, as on AWS, which damages bodies that are not text
  --stream               streams replies: a Function URL with RESPONSE_STREAM, or a REST API with the transfer mode
                         STREAM. The function must stream too (LODGER_RESPONSE_MODE=stream), and must not stream
                         without this option. A warning on standard error reports a mismatch
  --route-responses      sends replies to messages back to the client; only for websocket-api
  --listen ADDRESS       the address of the front; default: 127.0.0.1:3000. Port 0 selects a free port
  --allow-host NAME      allows requests for this host name, such as app.test, and WebSockets of its pages; may be
                         repeated. The Runtime API, and a front on a loopback address, respond with 403 to all names
                         except localhost
  --runtime-api ADDRESS  the address of the Runtime API; default: a free port of 127.0.0.1
  --timeout SECONDS      the timeout of an invocation; default: 30. The default of Lambda is 3
  --vercel               runs a Vercel function instead, of the runtime `executable`
  --web-function         runs a Lambda Web Function instead: the command is an HTTP server that listens on the address
                         in AWS_LAMBDA_HTTP_ENDPOINT. --timeout is its request timeout
  --event FILE           invokes the function once with the JSON in FILE, or in standard input if FILE is -, and
                         serves no HTTP. Use it for events of queues and schedules
  --extensions DIR       starts each file in DIR as an external extension, before the function. Their output and that of
                         the function go to standard error
  --freeze               stops the processes between invocations, as Lambda does; not on Windows
  --quiet                writes no line for each invocation (method, path, status, duration, cold start) to standard
                         error. On a terminal these lines have colours, unless NO_COLOR is set
  --version              prints the version
  --help                 prints this text

The command after -- is the function. It runs once, with the environment variables of Lambda, and lodger-gateway ends
with it. Without a command, lodger-gateway prints the value of AWS_LAMBDA_RUNTIME_API, and you start the function
yourself. If AWS_LAMBDA_INITIALIZATION_TYPE is snap-start, the function starts as with SnapStart. At the end, a
function with an extension, a Web Function and a Vercel function get SIGTERM, and external extensions receive
SHUTDOWN.

With --event, lodger-gateway prints the reply, and the output of the function goes to standard error. The exit status
is 0, or 1 if the function reported an error or did not reply in time. The error is on standard error.
";

/// Returns the usage, with the names of all fronts.
pub(crate) fn usage() -> String {
    let mut names: Vec<_> = Front::all().iter().map(|front| front.name().to_owned()).collect();
    if cfg!(feature = "websocket") {
        names.push(WEBSOCKET_API.to_owned());
    }
    let mut text = BEGIN.to_owned();
    let mut line = format!("{:INDENT$}the front:", "  --front NAME");
    for (index, name) in names.iter().enumerate() {
        let separator = if index + 1 == names.len() { "; default: function-url" } else { "," };
        if line.len() + name.len() + separator.len() >= WIDTH {
            text += &format!("{line}\n");
            line = format!("{:width$}", "", width = INDENT - 1);
        }
        line += &format!(" {name}{separator}");
    }
    text + &line + "\n" + OPTIONS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_names_each_front() {
        let usage = usage();
        for front in Front::all() {
            let name = format!(" {}", front.name());
            assert!(usage.contains(&format!("{name},")) || usage.contains(&format!("{name};")), "{front}: {usage}");
        }
        assert_eq!(usage.contains(" websocket-api;"), cfg!(feature = "websocket"));
    }

    #[test]
    fn lines_fit_into_120_columns() {
        for line in usage().lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }
}
