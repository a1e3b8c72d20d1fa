//! The functions of a function app, from `host.json` and the files `function.json`.

mod comments;
mod files;
#[cfg(test)]
mod tests;

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::Path,
};

use self::files::{Binding, HostFile, NotBoolean, parse_function, parse_host};
use super::route::Route;
use crate::Error;

/// The functions whose invocations are messages.
#[derive(Debug, Default)]
pub(super) struct Functions {
    messages: Vec<Function>,
}

/// A function whose invocations are messages.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    /// The name of its folder, which is also the path of its messages.
    pub(super) name: String,
    /// The name of the HTTP trigger. `None` if the trigger is of another type, such as a queue.
    pub(super) http_trigger: Option<String>,
    /// The name of the HTTP output.
    pub(super) http_output: Option<String>,
}

impl Functions {
    /// Reads the files below `root`, and the environment variables that override `host.json`. Returns `None` if `host.json` does not exist.
    ///
    /// # Errors
    /// A file cannot be read or is not valid, or a forwarded request could have the path of a message.
    pub(super) fn read(
        root: &Path,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Option<Self>, Error> {
        let Some(host) = read_file(&root.join("host.json"))? else { return Ok(None) };
        let mut host = parse_host(&host).map_err(|at| not_json(&root.join("host.json"), at))?;
        for (name, value) in variables {
            // The names that count are ASCII.
            let Some(name) = name.to_str() else { continue };
            host.apply_variable(name, &value.to_string_lossy()).map_err(|NotBoolean| not_boolean(name, &value))?;
        }
        if host.has_http_worker {
            return Err(legacy_section());
        }
        let (mut messages, mut routes) = (Vec::new(), Vec::new());
        for (name, bindings) in read_functions(root)? {
            match forwarded_route(&host, &name, &bindings) {
                Some(route) => routes.push(Route::new(&host.route_prefix, &route)),
                None => messages.push(Function {
                    http_trigger: find(&bindings, "httpTrigger"),
                    http_output: find(&bindings, "http"),
                    name,
                }),
            }
        }
        // No page documents whether the prefix applies to these routes.
        let prefixes = [host.route_prefix.as_str(), ""];
        routes.extend(host.routes.iter().flat_map(|route| prefixes.map(|prefix| Route::new(prefix, route))));
        for function in &messages {
            if let Some(route) = routes.iter().find(|route| route.matches(&function.name)) {
                return Err(ambiguous(&function.name, route));
            }
        }
        Ok(Some(Self { messages }))
    }

    /// Whether any invocation is a message.
    pub(super) fn has_messages(&self) -> bool {
        !self.messages.is_empty()
    }

    /// The position of the function that a message of this path invokes.
    pub(super) fn position(&self, path: &str) -> Option<usize> {
        let name = path.strip_prefix('/')?;
        self.messages.iter().position(|function| function.name == name)
    }

    pub(super) fn get(&self, position: usize) -> Option<&Function> {
        self.messages.get(position)
    }
}

#[cfg(test)]
impl FromIterator<Function> for Functions {
    fn from_iter<I: IntoIterator<Item = Function>>(messages: I) -> Self {
        Self { messages: messages.into_iter().collect() }
    }
}

/// The route of a function whose requests are forwarded. `None` if its invocations are messages.
///
/// Source: `IsHttpInAndOutFunction` of `Azure/azure-functions-host`.
fn forwarded_route(host: &HostFile, name: &str, bindings: &[Binding]) -> Option<String> {
    let (outputs, inputs): (Vec<_>, Vec<_>) = bindings.iter().partition(|binding| binding.is_output);
    let is_only = |list: &[&Binding], kind| matches!(list, [one] if one.kind.eq_ignore_ascii_case(kind));
    let is_plain = is_only(&inputs, "httpTrigger") && is_only(&outputs, "http");
    (host.forwards() && is_plain).then(|| {
        let route = inputs.first().and_then(|trigger| trigger.route.clone());
        route.unwrap_or_else(|| name.to_owned())
    })
}

fn find(bindings: &[Binding], kind: &str) -> Option<String> {
    bindings.iter().find(|binding| binding.kind.eq_ignore_ascii_case(kind)).map(|binding| binding.name.clone())
}

/// Reads `function.json` in each folder that has one.
fn read_functions(root: &Path) -> Result<Vec<(String, Vec<Binding>)>, Error> {
    let folders = fs::read_dir(root).map_err(|error| unreadable(root, error))?;
    let mut functions = Vec::new();
    for folder in folders {
        let folder = folder.map_err(|error| unreadable(root, error))?;
        let path = folder.path().join("function.json");
        if let (Some(file), Ok(name)) = (read_file(&path)?, folder.file_name().into_string()) {
            functions.push((name, parse_function(&file).map_err(|at| not_json(&path, at))?));
        }
    }
    Ok(functions)
}

/// Reads a file. Returns `None` if it does not exist.
fn read_file(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(unreadable(path, error)),
    }
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    Error::invalid_setting(format!("cannot read {}", path.display())).with_source(error)
}

fn not_json(path: &Path, at: usize) -> Error {
    Error::invalid_setting(format!("cannot read {}: byte {at} is not valid in JSON; correct the file", path.display()))
}

fn not_boolean(name: &str, value: &OsStr) -> Error {
    Error::invalid_setting(format!("invalid {name} {value:?}: expected `true` or `false`"))
}

fn legacy_section() -> Error {
    Error::invalid_setting(
        "cannot use the section `httpWorker` of host.json: it forwards requests of clients to the paths of messages; rename the section to \
         `customHandler`, and set `enableProxyingHttpRequest` there",
    )
}

fn ambiguous(name: &str, route: &Route) -> Error {
    Error::invalid_setting(format!(
        "cannot distinguish the events of the function {name:?} from requests of clients: the forwarded route \"{route}\" contains \
         the path /{name}; set `extensions.http.routePrefix` in host.json to a prefix such as \"api\", or choose a route \
         without this path"
    ))
}
