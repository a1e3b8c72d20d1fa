use super::host::Host;

/// The variables of a process and the name of its program.
pub(super) struct Environment {
    program: Option<String>,
    variable: Lookup,
}

/// Returns the value of a variable.
type Lookup = Box<dyn Fn(&str) -> Option<String>>;

impl Environment {
    /// The environment of this process.
    pub(super) fn current() -> Self {
        let program = std::env::args_os().next().and_then(|program| program.into_string().ok());
        Self { program, variable: Box::new(|name| std::env::var(name).ok()) }
    }

    #[cfg(test)]
    pub(super) fn new(program: &str, variables: &[(&str, &str)]) -> Self {
        let variables: std::collections::HashMap<_, _> =
            variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Self { program: Some(program.to_owned()), variable: Box::new(move |name| variables.get(name).cloned()) }
    }

    /// The value of a variable. `None` if it is unset, empty or not UTF-8.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
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
