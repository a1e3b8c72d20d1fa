use std::ffi::{OsStr, OsString};

use super::host::Host;

/// The variables of a process and the name of its program.
pub(super) struct Environment {
    program: Option<String>,
    /// Read once: a search of the process's own table for each of thirty names takes four times as long.
    variables: Vec<(OsString, OsString)>,
}

impl Environment {
    /// The environment of this process.
    pub(super) fn current() -> Self {
        let program = std::env::args_os().next().and_then(|program| program.into_string().ok());
        Self { program, variables: std::env::vars_os().collect() }
    }

    #[cfg(test)]
    pub(super) fn new(program: &str, variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { program: Some(program.to_owned()), variables }
    }

    /// The value of a variable. `None` if it is unset, empty or not UTF-8.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let (_, value) = self.variables.iter().find(|(known, _)| is_same(known, name))?;
        value.to_str().filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// The names of all variables that are UTF-8.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().filter_map(|(name, _)| name.to_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether the program is called `user-server`: Vercel's standalone proxy starts a server by this name, and sends plain
    /// HTTP to it.
    pub(super) fn is_user_server(&self) -> bool {
        self.program.as_deref().is_some_and(|path| path.rsplit('/').next() == Some("user-server"))
    }

    /// Whether Vercel's standalone proxy has started this process.
    ///
    /// The proxy passes `VERCEL_IPC_PATH` on. A program that merely has the same name must not trust the client addresses
    /// in its requests.
    pub(super) fn is_behind_vercels_proxy(&self) -> bool {
        self.is_user_server() && self.has("PORT") && self.has("VERCEL_IPC_PATH")
    }

    /// Whether systemd has passed a socket to this process: [`sd_listen_fds(3)`][man].
    ///
    /// [man]: https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
    fn has_systemd_socket(&self) -> bool {
        let is_for_this_process = self.get("LISTEN_PID").is_some_and(|pid| pid == std::process::id().to_string());
        cfg!(target_os = "linux") && is_for_this_process && self.get("LISTEN_FDS").is_some_and(|count| count != "0")
    }

    /// The name of the variable that decides the address to listen on.
    ///
    /// Vercel's proxy and `vercel dev` each assign a port to this process and pass the user's variables on. The assigned
    /// port therefore comes before the user's `PORT`. The proxy connects to no other port, so its port also comes before
    /// `LODGER_ADDR`. `vercel dev` reads the port from standard output, so `LODGER_ADDR` still works there.
    ///
    /// Web Functions and Azure Functions assign an address, and connect to no other one.
    pub(super) fn addr_variable(&self, host: Host, is_behind_vercels_proxy: bool) -> Option<&'static str> {
        match host {
            Host::WebFunctions => return Some("AWS_LAMBDA_HTTP_ENDPOINT"),
            Host::AzureFunctions => return Some("FUNCTIONS_CUSTOMHANDLER_PORT"),
            _ => {}
        }
        let ports = match host {
            Host::Server if self.is_user_server() => &["PORT", "VERCEL_DEV_PORT"][..],
            Host::Server if self.has_systemd_socket() => &["LISTEN_FDS"],
            Host::Server => &["VERCEL_DEV_PORT", "PORT"],
            // The other hosts need no port. A value that is not a port must not stop the start there.
            _ => &[],
        };
        let addr = (!is_behind_vercels_proxy).then_some("LODGER_ADDR");
        addr.into_iter().chain(ports.iter().copied()).find(|name| self.has(name))
    }
}

/// Compares two names of variables, as the operating system does.
fn is_same(known: &OsStr, name: &str) -> bool {
    if cfg!(windows) { known.eq_ignore_ascii_case(name) } else { known == name }
}
