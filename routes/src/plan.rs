//! From files to routes, or to what is wrong with them.

use std::collections::BTreeMap;

use crate::{collect::File, name::Segment};

/// A route: where it is, as axum writes it, and who answers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// One path, or two where the rest may be missing.
    pub(crate) paths: Vec<Placed>,
    pub(crate) file: File,
}

/// A path of a route.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) path: String,
    /// A router cannot tell a rest from a parameter at its place. So a path that takes one is looked at after those that take
    /// none, and after those with more than these segments before the rest.
    pub(crate) after: Option<usize>,
}

/// The routes that files stand for.
///
/// # Errors
/// All that is wrong, each with the file that it is about.
pub(crate) fn routes(files: Vec<File>, mount: &str) -> Result<Vec<Route>, Vec<String>> {
    let mut errors = vec![];
    let mount = mount.trim_end_matches('/');
    if !mount.is_empty() && !is_static(mount) {
        errors.push(format!("routes cannot be mounted at {mount:?}; a path is one such as \"/api\""));
    }
    let mut planned = vec![];
    // Who is first at each path, parameters without their names, and how each parameter is called by whom.
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    let mut named: BTreeMap<String, (String, String)> = BTreeMap::new();
    for file in files {
        let shown = file.shown.clone();
        match paths(&file.names) {
            Err(why) => errors.push(format!("{shown}: {why}")),
            Ok(segments) => {
                if let Err(why) = &file.handlers {
                    errors.push(format!("{shown}: {why}"));
                }
                let conflicts = conflicts(&segments, &shown, &mut taken, &mut named);
                errors.extend(conflicts);
                planned.push((segments, file));
            }
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let route = |(paths, file): (Vec<Vec<Segment>>, File)| {
        let placed = |path: &Vec<Segment>| Placed { path: written(mount, path), after: after(path) };
        Route { paths: paths.iter().map(placed).collect(), file }
    };
    Ok(planned.into_iter().map(route).collect())
}

fn is_static(path: &str) -> bool {
    let is_static = |name: &str| matches!(Segment::of(name), Ok(Segment::Static(_)));
    path.strip_prefix('/').is_some_and(|path| path.split('/').all(is_static))
}

/// The paths of a file: one, or one with the rest and one without.
fn paths(names: &[String]) -> Result<Vec<Vec<Segment>>, String> {
    let segments = names.iter().map(|name| Segment::of(name)).collect::<Result<Vec<_>, _>>()?;
    let Some((last, folders)) = segments.split_last() else { return Ok(vec![]) };
    for folder in folders {
        match folder {
            Segment::Rest(name) | Segment::MaybeRest(name) => {
                return Err(format!("nothing can follow `{name}`, which takes the rest of a path"));
            }
            Segment::Index => return Err("a folder cannot be named `index`".to_owned()),
            Segment::Static(_) | Segment::Dynamic(_) => {}
        }
    }
    let mut parameters: Vec<&String> = segments.iter().filter_map(parameter).collect();
    parameters.sort();
    if let Some((twice, _)) = parameters.iter().zip(parameters.iter().skip(1)).find(|(one, next)| one == next) {
        return Err(format!("there are two parameters named `{twice}`"));
    }
    let with = |last: Option<Segment>| folders.iter().cloned().chain(last).collect::<Vec<_>>();
    Ok(match last {
        Segment::Index => vec![with(None)],
        Segment::MaybeRest(name) => vec![with(None), with(Some(Segment::Rest(name.clone())))],
        _ => vec![with(Some(last.clone()))],
    })
}

fn parameter(segment: &Segment) -> Option<&String> {
    match segment {
        Segment::Dynamic(name) | Segment::Rest(name) | Segment::MaybeRest(name) => Some(name),
        Segment::Static(_) | Segment::Index => None,
    }
}

/// What other files are in the way of.
fn conflicts(
    paths: &[Vec<Segment>],
    shown: &str,
    taken: &mut BTreeMap<String, String>,
    named: &mut BTreeMap<String, (String, String)>,
) -> Vec<String> {
    let mut conflicts = vec![];
    for path in paths {
        // A router has one name for what is at one place.
        for (at, segment) in path.iter().enumerate() {
            let (Segment::Dynamic(name) | Segment::Rest(name)) = segment else { continue };
            let place = place(path.get(..=at).unwrap_or_default());
            let (first, by) = named.entry(place).or_insert_with(|| (name.clone(), shown.to_owned()));
            if first != name {
                return vec![format!(
                    "{shown}: its parameter `{name}` is `{first}` in {by}; what is at one place has one name"
                )];
            }
        }
        if let Some(by) = taken.insert(place(path), shown.to_owned()) {
            conflicts.push(format!("{shown}: {by} is for the same path"));
        }
    }
    conflicts
}

/// How many segments stand before the rest that `path` takes, if it takes one.
fn after(path: &[Segment]) -> Option<usize> {
    match path.split_last() {
        Some((Segment::Rest(_), before)) => Some(before.len()),
        _ => None,
    }
}

/// A path without the names of its parameters.
fn place(path: &[Segment]) -> String {
    let mut place = String::new();
    for segment in path {
        place.push('/');
        match segment {
            Segment::Static(name) => place.push_str(name),
            Segment::Dynamic(_) => place.push('?'),
            Segment::Rest(_) | Segment::MaybeRest(_) => place.push('*'),
            Segment::Index => {}
        }
    }
    place
}

/// A path as axum has it.
fn written(mount: &str, path: &[Segment]) -> String {
    let mut written = mount.to_owned();
    for segment in path {
        written.push('/');
        match segment {
            Segment::Static(name) => written.push_str(name),
            Segment::Dynamic(name) => written.extend(["{", name, "}"]),
            Segment::Rest(name) | Segment::MaybeRest(name) => written.extend(["{*", name, "}"]),
            Segment::Index => {}
        }
    }
    if written.is_empty() { "/".to_owned() } else { written }
}
