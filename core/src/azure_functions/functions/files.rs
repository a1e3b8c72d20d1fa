//! The parts of `host.json` and `function.json` that decide how the Functions host sends requests.
//!
//! .NET ignores the case of keys in both files, and so does this reader.

use crate::json::read::{Malformed, Reader, Text};

/// The parts of `host.json`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HostFile {
    /// Whether requests to functions whose bindings are only HTTP are forwarded.
    pub(super) forwards: bool,
    /// The prefix of all routes.
    pub(super) route_prefix: String,
    /// The routes of `customHandler.http.routes`, which need no `function.json`.
    pub(super) routes: Vec<String>,
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
    let mut host = HostFile { forwards: false, route_prefix: "api".to_owned(), routes: Vec::new() };
    let read = |reader: &mut Reader<'_>| {
        reader.object(|reader, key| {
            if is(key, "customHandler") {
                read_custom_handler(reader, &mut host)
            } else if is(key, "extensions") {
                read_extensions(reader, &mut host)
            } else {
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
        reader.object(|reader, key| {
            if !is(key, "bindings") {
                return reader.skip().map(drop);
            }
            let binding = |reader: &mut Reader<'_>| read_binding(reader).map(|binding| bindings.push(binding));
            reader.array(binding).map(drop)
        })
    })?;
    Ok(bindings)
}

fn document<'a>(bytes: &'a [u8], read: impl FnOnce(&mut Reader<'a>) -> Result<bool, Malformed>) -> Result<(), usize> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = Reader::new(bytes);
    match read(&mut reader) {
        Ok(_) if reader.is_at_end() => Ok(()),
        Ok(_) => Err(reader.malformed().at),
        Err(malformed) => Err(malformed.at),
    }
}

fn read_custom_handler(reader: &mut Reader<'_>, host: &mut HostFile) -> Result<(), Malformed> {
    reader.object(|reader, key| {
        if is(key, "enableForwardingHttpRequest") || is(key, "enableProxyingHttpRequest") {
            host.forwards |= reader.boolean()?;
            return Ok(());
        }
        if !is(key, "http") {
            return reader.skip().map(drop);
        }
        reader.object(|reader, key| {
            if !is(key, "routes") {
                return reader.skip().map(drop);
            }
            reader.array(|reader| {
                let route = |reader: &mut Reader<'_>, key| match is(key, "route") {
                    true => reader.string().map(|route| host.routes.extend(route.and_then(text))),
                    false => reader.skip().map(drop),
                };
                reader.object(route).map(drop)
            })?;
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

fn read_extensions(reader: &mut Reader<'_>, host: &mut HostFile) -> Result<(), Malformed> {
    reader.object(|reader, key| {
        if !is(key, "http") {
            return reader.skip().map(drop);
        }
        let member = |reader: &mut Reader<'_>, key| {
            if !is(key, "routePrefix") {
                return reader.skip().map(drop);
            }
            if let Some(prefix) = reader.string()?.and_then(text) {
                host.route_prefix = prefix;
            }
            Ok(())
        };
        reader.object(member).map(drop)
    })?;
    Ok(())
}

fn read_binding(reader: &mut Reader<'_>) -> Result<Binding, Malformed> {
    let mut binding = Binding::default();
    reader.object(|reader, key| {
        let value = reader.string()?.and_then(text);
        let Some(value) = value else { return Ok(()) };
        if is(key, "name") {
            binding.name = value;
        } else if is(key, "type") {
            binding.kind = value;
        } else if is(key, "direction") {
            binding.is_output = value.eq_ignore_ascii_case("out");
        } else if is(key, "route") {
            binding.route = Some(value);
        }
        Ok(())
    })?;
    Ok(binding)
}

fn is(key: Text<'_>, name: &str) -> bool {
    key.raw().eq_ignore_ascii_case(name.as_bytes())
}

fn text(text: Text<'_>) -> Option<String> {
    String::from_utf8(text.decode()?.into_owned()).ok()
}
