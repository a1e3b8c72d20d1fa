use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::Args;
use lodger_gateway::Front;

use super::{AuthorizerArgs, TargetArgs, VariableArgs, host_name, media_type, route, seconds};

/// The arguments of `cargo lodger dev`.
#[derive(Debug, Args)]
#[command(after_help = "\
Each front has a name below `localhost`: http://rest-api.localhost:4000 is the function behind a REST API, and
http://server.localhost:4000 is the same program as a server. The inspector is at http://inspect.localhost:4000.

[package.metadata.lodger] of Cargo.toml can have bin, features, front, stage, binary-media-types, cors, routes and env.")]
pub struct DevArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    /// The address and the port of all fronts.
    #[arg(short, long, value_name = "ADDRESS", default_value = "127.0.0.1:4000")]
    pub listen: SocketAddr,
    /// The front at `localhost` itself. By default `function-url`.
    #[arg(long, value_name = "NAME", value_parser = front_names())]
    pub front: Option<String>,
    /// A route of a function, such as `GET /pets/{id}=pets`, for an API of several binaries. Other requests get 404.
    #[arg(long, value_name = "ROUTE=BIN", value_parser = route, conflicts_with_all = ["runtime_api", "command"])]
    pub route: Vec<(String, String)>,
    /// The stage of APIs. URLs begin with it then, as on the domains that AWS assigns.
    #[arg(long, value_name = "NAME")]
    pub stage: Option<String>,
    /// The binary media types of a REST API, separated by commas.
    #[arg(long, value_name = "TYPES", value_parser = media_type, value_delimiter = ',')]
    pub binary_media_types: Vec<String>,
    /// Sends replies to messages of a WebSocket back to the client: the WebSocket API has route responses.
    #[arg(long)]
    pub route_responses: bool,
    /// Starts one process with this many invocations at once, as on Managed Instances. By default each process has one.
    #[arg(long, value_name = "N")]
    pub concurrency: Option<NonZeroUsize>,
    /// The maximum number of processes at once.
    #[arg(long, value_name = "N", default_value = "10")]
    pub max_processes: NonZeroUsize,
    /// The timeout of an invocation in seconds. The process is killed then, as on Lambda.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "30")]
    pub timeout: Duration,
    /// The memory size of the function in MB, which sets `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`.
    #[arg(long, value_name = "MB", default_value = "128")]
    pub memory: u32,
    /// Stops the processes between invocations, as Lambda does.
    #[arg(long)]
    pub freeze: bool,
    /// Starts no process, and listens on this address with the Runtime API: start the function yourself, such as in a debugger, with the
    /// variable `AWS_LAMBDA_RUNTIME_API`.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["concurrency", "extensions", "freeze", "command"])]
    pub runtime_api: Option<SocketAddr>,
    /// Starts the processes as SnapStart does: hooks before the snapshot and after the restore run.
    #[arg(long, conflicts_with = "concurrency")]
    pub snap_start: bool,
    /// A folder whose files start as external extensions.
    #[arg(long, value_name = "FOLDER")]
    pub extensions: Option<PathBuf>,
    #[command(flatten)]
    pub variables: VariableArgs,
    #[command(flatten)]
    pub authorizer: AuthorizerArgs,
    /// A file with the CORS configuration of HTTP APIs and Function URLs in JSON, as the AWS CLI takes it for `--cors`.
    #[arg(long, value_name = "FILE")]
    pub cors: Option<PathBuf>,
    /// Does not watch the files of the package.
    #[arg(long)]
    pub no_watch: bool,
    /// Allows requests for this host name, besides `localhost` and the names below it. Pages of the host may open WebSockets.
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    pub allow_host: Vec<String>,
}

/// The names of the fronts on Lambda, and of the other hosts.
fn front_names() -> clap::builder::PossibleValuesParser {
    let names = Front::all().into_iter().map(|front| front.name());
    names.chain(["web-function", "server"]).collect::<Vec<_>>().into()
}
