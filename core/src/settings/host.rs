use super::{
    environment::Environment,
    names::{impl_names, invalid},
};
use crate::Error;

/// The platform that a process runs on.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::Host;
///
/// assert_eq!("lambda".parse::<Host>().unwrap(), Host::Lambda);
/// assert_eq!(Host::Lambda.to_string(), "lambda");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Host {
    /// A server: the process listens on a socket. A laptop, a container or a virtual machine.
    Server,
    /// AWS Lambda, or an emulator of the [Lambda Runtime API]: the process polls for events.
    ///
    /// [Lambda Runtime API]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    Lambda,
    /// Vercel: the process listens on a socket that only the platform connects to.
    Vercel,
    /// [AWS Lambda Web Functions]: the process listens on the address that Lambda assigns, and serves several requests at once. Needs
    /// the feature `server`.
    ///
    /// [AWS Lambda Web Functions]: https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html
    WebFunctions,
    /// [Azure Functions], with a custom handler: the process listens on the port that the Functions host assigns. Needs the feature
    /// `azure-functions`.
    ///
    /// [Azure Functions]: https://learn.microsoft.com/en-us/azure/azure-functions/functions-custom-handlers
    AzureFunctions,
}

impl_names!(Host, "host", "`server`, `lambda`, `vercel`, `web-functions` or `azure-functions`", {
    Server: "server",
    Lambda: "lambda",
    Vercel: "vercel",
    WebFunctions: "web-functions",
    AzureFunctions: "azure-functions",
});

impl Host {
    /// Detects the host of this process from its environment.
    ///
    /// The most specific sign decides: `LODGER_HOST`; the program name `user-server` with `PORT`; `VERCEL_IPC_PATH`;
    /// `AWS_LAMBDA_HTTP_ENDPOINT`; `AWS_LAMBDA_RUNTIME_API`; `FUNCTIONS_CUSTOMHANDLER_PORT`. Without any of them the host is a server.
    ///
    /// # Errors
    /// `LODGER_HOST` is not the name of a host.
    pub fn current() -> Result<Self, Error> {
        Self::read(&Environment::current())
    }

    fn read(environment: &Environment) -> Result<Self, Error> {
        match environment.get("LODGER_HOST") {
            Some(name) => name.parse().map_err(|_| invalid("LODGER_HOST", &name, Self::EXPECTED)),
            None => Ok(Self::detect(environment)),
        }
    }

    /// Detects the host without `LODGER_HOST`.
    pub(super) fn detect(environment: &Environment) -> Self {
        if environment.is_user_server() && environment.has("PORT") {
            Self::Server
        } else if environment.has("VERCEL_IPC_PATH") {
            // Before Lambda: Vercel runs its functions on Lambda.
            Self::Vercel
        } else if environment.has("AWS_LAMBDA_HTTP_ENDPOINT") {
            // Before Lambda: Web Functions have a Runtime API too, but Lambda sends them requests and no events.
            Self::WebFunctions
        } else if environment.has("AWS_LAMBDA_RUNTIME_API") {
            Self::Lambda
        } else if environment.has("FUNCTIONS_CUSTOMHANDLER_PORT") {
            Self::AzureFunctions
        } else {
            Self::Server
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(program: &str, variables: &[(&str, &str)]) -> Result<Host, Error> {
        Host::read(&Environment::new(program, variables))
    }

    #[test]
    fn detects_the_host_by_the_most_specific_sign() {
        let api = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
        assert_eq!(read("app", &[]).unwrap(), Host::Server);
        assert_eq!(read("app", &[("PORT", "8080")]).unwrap(), Host::Server);
        assert_eq!(read("app", &[api]).unwrap(), Host::Lambda);
        assert_eq!(read("app", &[api, ("LODGER_HOST", "server")]).unwrap(), Host::Server);
        let ipc = ("VERCEL_IPC_PATH", "/ipc");
        assert_eq!(read("app", &[ipc, api, ("PORT", "3000")]).unwrap(), Host::Vercel);
        assert_eq!(read("app", &[ipc, ("LODGER_HOST", "lambda")]).unwrap(), Host::Lambda);
        let azure = ("FUNCTIONS_CUSTOMHANDLER_PORT", "50505");
        assert_eq!(read("app", &[azure, ("PORT", "3000")]).unwrap(), Host::AzureFunctions);
        assert_eq!(read("app", &[azure, ("LODGER_HOST", "server")]).unwrap(), Host::Server);
        let endpoint = ("AWS_LAMBDA_HTTP_ENDPOINT", "0.0.0.0:3000");
        assert_eq!(read("app", &[endpoint, api, ("PORT", "3000")]).unwrap(), Host::WebFunctions);
        assert_eq!(read("app", &[endpoint, api, ("LODGER_HOST", "lambda")]).unwrap(), Host::Lambda);
        let behind_proxy = [("PORT", "3000"), ("VERCEL_IPC_PATH", "/ipc")];
        assert_eq!(read("/x/user-server", &behind_proxy).unwrap(), Host::Server);
    }

    #[test]
    fn rejects_an_unknown_host() {
        let error = read("app", &[("LODGER_HOST", "heroku")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid LODGER_HOST \"heroku\": expected `server`, `lambda`, `vercel`, `web-functions` or `azure-functions`"
        );
    }
}
