//! The parts of `host.json` and `function.json` that decide how the Functions host sends requests.
//!
//! .NET ignores the case of keys in both files, and so does this reader. Newtonsoft.Json, which reads both files, skips comments.

use super::comments::without_comments;
use crate::json::read::{Malformed, Reader, Text};

/// The parts of `host.json`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HostFile {
    /// Whether requests to functions whose bindings are only HTTP are forwarded, with their body in memory.
    pub(super) is_forwarding: bool,
    /// Whether the same requests are forwarded as streams.
    pub(super) is_proxying: bool,
    /// The prefix of all routes.
    pub(super) route_prefix: String,
    /// The routes of `customHandler.http.routes`, which need no `function.json`.
    pub(super) routes: Vec<String>,
    /// Whether there is a section `httpWorker`, the predecessor of `customHandler`. With it, the
    /// Functions host forwards requests of clients to the path of the function.
    ///
    /// Source: `GetPathValue` of `Azure/azure-functions-host`.
    pub(super) has_http_worker: bool,
}

impl Default for HostFile {
    fn default() -> Self {
        Self {
            is_forwarding: false,
            is_proxying: false,
            route_prefix: "api".to_owned(),
            routes: Vec::new(),
            has_http_worker: false,
        }
    }
}

impl HostFile {
    /// Whether requests to functions whose bindings are only HTTP are forwarded.
    pub(super) fn forwards(&self) -> bool {
        self.is_forwarding || self.is_proxying
    }

    /// Applies a variable such as `AzureFunctionsJobHost__extensions__http__routePrefix`, which overrides the file.
    ///
    /// .NET ignores the case of names, and takes `__` for `:`. Ignores other variables.
    ///
    /// # Errors
    /// The value is neither `true` nor `false`, but has to be.
    ///
    /// Source: [Override host.json values][override].
    ///
    /// [override]: https://learn.microsoft.com/en-us/azure/azure-functions/functions-host-json#override-hostjson-values
    pub(super) fn apply_variable(&mut self, name: &str, value: &str) -> Result<(), NotBoolean> {
        let name = name.replace("__", ":").to_ascii_lowercase();
        let Some(path) = name.strip_prefix("azurefunctionsjobhost:") else { return Ok(()) };
        match path.split(':').collect::<Vec<_>>()[..] {
            ["extensions", "http", "routeprefix"] => value.clone_into(&mut self.route_prefix),
            ["customhandler", "enableforwardinghttprequest"] => self.is_forwarding = boolean(value)?,
            ["customhandler", "enableproxyinghttprequest"] => self.is_proxying = boolean(value)?,
            // A replaced route of the file stays in the list. So the check of routes is stricter than necessary.
            ["customhandler", "http", "routes", _, "route"] => self.routes.push(value.to_owned()),
            ["httpworker", ..] => self.has_http_worker = true,
            _ => {}
        }
        Ok(())
    }
}

/// A value is neither `true` nor `false`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotBoolean;

/// Parses a boolean as .NET does.
fn boolean(value: &str) -> Result<bool, NotBoolean> {
    let value = value.trim();
    match value.eq_ignore_ascii_case("true") {
        false if !value.eq_ignore_ascii_case("false") => Err(NotBoolean),
        is_true => Ok(is_true),
    }
}

/// A binding of `function.json`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) is_output: bool,
    pub(super) route: Option<String>,
}

/// Parses `host.json`.
///
/// # Errors
/// The position of the first byte that is not JSON.
pub(super) fn parse_host(bytes: &[u8]) -> Result<HostFile, usize> {
    let mut host = HostFile::default();
    let read = |reader: &mut Reader<'_>| {
        read_object(reader, &mut |reader, key| {
            if is_named(key, "customHandler") {
                read_custom_handler(reader, &mut host)
            } else if is_named(key, "extensions") {
                read_extensions(reader, &mut host)
            } else {
                host.has_http_worker |= is_named(key, "httpWorker");
                reader.skip().map(drop)
            }
        })
    };
    document(bytes, read)?;
    Ok(host)
}

/// Parses `function.json`.
///
/// # Errors
/// The position of the first byte that is not JSON.
pub(super) fn parse_function(bytes: &[u8]) -> Result<Vec<Binding>, usize> {
    let mut bindings = Vec::new();
    document(bytes, |reader| {
        read_object(reader, &mut |reader, key| {
            if !is_named(key, "bindings") {
                return reader.skip().map(drop);
            }
            let binding = |reader: &mut Reader<'_>| read_binding(reader).map(|binding| bindings.push(binding));
            reader.array(binding).map(drop)
        })
    })?;
    Ok(bindings)
}

fn document(bytes: &[u8], read: impl FnOnce(&mut Reader<'_>) -> Result<bool, Malformed>) -> Result<(), usize> {
    let bytes = without_comments(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let mut reader = Reader::new(&bytes);
    match read(&mut reader) {
        Ok(_) if reader.is_at_end() => Ok(()),
        Ok(_) => Err(reader.malformed().at),
        Err(malformed) => Err(malformed.at),
    }
}

fn read_custom_handler(reader: &mut Reader<'_>, host: &mut HostFile) -> Result<(), Malformed> {
    read_object(reader, &mut |reader, key| {
        if is_named(key, "enableForwardingHttpRequest") {
            host.is_forwarding = read_boolean(reader)?;
            return Ok(());
        }
        if is_named(key, "enableProxyingHttpRequest") {
            host.is_proxying = read_boolean(reader)?;
            return Ok(());
        }
        if !is_named(key, "http") {
            return reader.skip().map(drop);
        }
        read_object(reader, &mut |reader, key| {
            if !is_named(key, "routes") {
                return reader.skip().map(drop);
            }
            reader.array(|reader| {
                read_object(reader, &mut |reader, key| match is_named(key, "route") {
                    true => reader.string().map(|route| host.routes.extend(route.and_then(text))),
                    false => reader.skip().map(drop),
                })
                .map(drop)
            })?;
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

/// Reads a boolean, which .NET also accepts as a string.
fn read_boolean(reader: &mut Reader<'_>) -> Result<bool, Malformed> {
    let value = reader.skip()?;
    let value = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value);
    Ok(value.trim_ascii().eq_ignore_ascii_case(b"true"))
}

fn read_extensions(reader: &mut Reader<'_>, host: &mut HostFile) -> Result<(), Malformed> {
    read_object(reader, &mut |reader, key| {
        if !is_named(key, "http") {
            return reader.skip().map(drop);
        }
        read_object(reader, &mut |reader, key| {
            if !is_named(key, "routePrefix") {
                return reader.skip().map(drop);
            }
            if let Some(prefix) = reader.string()?.and_then(text) {
                host.route_prefix = prefix;
            }
            Ok(())
        })
        .map(drop)
    })?;
    Ok(())
}

fn read_binding(reader: &mut Reader<'_>) -> Result<Binding, Malformed> {
    let mut binding = Binding::default();
    read_object(reader, &mut |reader, key| {
        let value = reader.string()?.and_then(text);
        let Some(value) = value else { return Ok(()) };
        if is_named(key, "name") {
            binding.name = value;
        } else if is_named(key, "type") {
            binding.kind = value;
        } else if is_named(key, "direction") {
            binding.is_output = value.eq_ignore_ascii_case("out");
        } else if is_named(key, "route") {
            binding.route = Some(value);
        }
        Ok(())
    })?;
    Ok(binding)
}

/// Reads an object, like [`Reader::object`], whose code is compiled once for each closure: 1 KB.
fn read_object<'a>(
    reader: &mut Reader<'a>,
    member: &mut dyn FnMut(&mut Reader<'a>, Text<'a>) -> Result<(), Malformed>,
) -> Result<bool, Malformed> {
    reader.object(member)
}

// Not inlined: the standard library's comparison takes 200 bytes of code.
#[inline(never)]
fn is_named(key: Text<'_>, name: &str) -> bool {
    key.raw().eq_ignore_ascii_case(name.as_bytes())
}

fn text(text: Text<'_>) -> Option<String> {
    String::from_utf8(text.decode()?.into_owned()).ok()
}
