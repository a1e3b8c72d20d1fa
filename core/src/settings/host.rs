use std::fmt;

use crate::Error;

/// Where the process finds itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Host {
    /// A laptop, a container, a virtual machine: the process listens on a socket.
    Server,
    /// AWS Lambda, or something that speaks the [Lambda Runtime API]: the process asks for events.
    ///
    /// [Lambda Runtime API]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    Lambda,
    /// Vercel: the process listens on a socket that the platform alone talks to.
    Vercel,
}

impl Host {
    /// The host of this process, as its environment tells.
    ///
    /// # Errors
    /// `LODGER_HOST` names none.
    pub fn current() -> Result<Self, Error> {
        let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self::find(program().as_deref(), &var)
    }

    /// Finds out where the process is, from its name and its environment: the most specific sign first.
    pub(crate) fn find(program: Option<&str>, var: &impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        if let Some(name) = var("LODGER_HOST") {
            return match name.as_str() {
                "server" => Ok(Self::Server),
                "lambda" => Ok(Self::Lambda),
                "vercel" => Ok(Self::Vercel),
                _ => Err(Error::new(format!(
                    "LODGER_HOST is {name:?}, which is no host; it is `server`, `lambda` or `vercel`"
                ))),
            };
        }
        if is_user_server(program) && var("PORT").is_some() {
            Ok(Self::Server)
        } else if var("VERCEL_IPC_PATH").is_some() {
            // Before Lambda, in whose machines Vercel's functions run.
            Ok(Self::Vercel)
        } else if var("AWS_LAMBDA_RUNTIME_API").is_some() {
            Ok(Self::Lambda)
        } else {
            Ok(Self::Server)
        }
    }
}

/// The name that the process was started by.
pub(crate) fn program() -> Option<String> {
    std::env::args_os().next().and_then(|program| program.into_string().ok())
}

/// Whether that is the name by which Vercel's standalone proxy starts a server, to speak plain HTTP to it.
pub(crate) fn is_user_server(program: Option<&str>) -> bool {
    program.is_some_and(|path| path.rsplit('/').next() == Some("user-server"))
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Lambda => "lambda",
            Self::Vercel => "vercel",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(program: &str, vars: &[(&str, &str)]) -> Result<Host, Error> {
        Host::find(Some(program), &|name| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string()))
    }

    #[test]
    fn the_most_specific_sign_decides() {
        let api = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
        assert_eq!(find("app", &[]).unwrap(), Host::Server);
        assert_eq!(find("app", &[("PORT", "8080")]).unwrap(), Host::Server);
        assert_eq!(find("app", &[api]).unwrap(), Host::Lambda);
        assert_eq!(find("app", &[api, ("LODGER_HOST", "server")]).unwrap(), Host::Server);
        let ipc = ("VERCEL_IPC_PATH", "/ipc");
        assert_eq!(find("app", &[ipc, api, ("PORT", "3000")]).unwrap(), Host::Vercel);
        assert_eq!(find("app", &[ipc, ("LODGER_HOST", "lambda")]).unwrap(), Host::Lambda);
        let behind_proxy = [("PORT", "3000"), ("VERCEL_IPC_PATH", "/ipc")];
        assert_eq!(find("/x/user-server", &behind_proxy).unwrap(), Host::Server);
    }

    #[test]
    fn what_cannot_be_is_said() {
        let error = find("app", &[("LODGER_HOST", "heroku")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"LODGER_HOST is "heroku", which is no host; it is `server`, `lambda` or `vercel`"#
        );
    }
}
