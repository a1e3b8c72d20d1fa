//! The routes of files, and the conflicts between them.

use std::collections::BTreeMap;

use crate::{folder::RouteFile, segment::Segment};

/// A route of the router.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// One path, or two if the rest is optional.
    pub(crate) paths: Vec<RoutePath>,
    pub(crate) file: RouteFile,
}

/// A path of a route, in the syntax of axum.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RoutePath {
    pub(crate) path: String,
    /// The number of segments before the rest, if the path has one.
    ///
    /// axum's router does not accept a rest and a parameter at the same place. Therefore paths with a rest are in fallback
    /// routers. Those with more segments before the rest come first.
    pub(crate) rest_depth: Option<usize>,
}

/// The files that have taken a path or named a parameter.
#[derive(Default)]
struct Taken {
    /// The file of each path, by its [`pattern`].
    paths: BTreeMap<String, String>,
    /// The name of each parameter and the file with it, by the [`pattern`] up to the parameter.
    parameters: BTreeMap<String, (String, String)>,
}

/// Plans the routes of files below the path `mount`.
///
/// # Errors
/// A message for each problem, which begins with the path of the file.
pub(crate) fn plan(files: Vec<RouteFile>, mount: &str) -> Result<Vec<Route>, Vec<String>> {
    let mut errors = vec![];
    let mount = mount.trim_end_matches('/');
    if !mount.is_empty() && !is_static(mount) {
        errors.push(format!("invalid mount path {mount:?}: expected a path such as \"/api\""));
    }
    let mut planned = vec![];
    let mut taken = Taken::default();
    for file in files {
        let display_path = file.display_path.clone();
        match parse_paths(&file.names) {
            Err(error) => errors.push(format!("{display_path}: {error}")),
            Ok(segments) => {
                if let Err(error) = &file.handlers {
                    errors.push(format!("{display_path}: {error}"));
                }
                errors.extend(taken.add(&segments, &display_path));
                planned.push((segments, file));
            }
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let route = |(paths, file): (Vec<Vec<Segment>>, RouteFile)| {
        let path = |path: &Vec<Segment>| RoutePath { path: axum_path(mount, path), rest_depth: rest_depth(path) };
        Route { paths: paths.iter().map(path).collect(), file }
    };
    Ok(planned.into_iter().map(route).collect())
}

fn is_static(path: &str) -> bool {
    let is_static = |name: &str| matches!(Segment::parse(name), Ok(Segment::Static(_)));
    path.strip_prefix('/').is_some_and(|path| path.split('/').all(is_static))
}

/// Returns the paths of a file: two if the rest is optional, else one.
fn parse_paths(names: &[String]) -> Result<Vec<Vec<Segment>>, String> {
    let segments = names.iter().map(|name| Segment::parse(name)).collect::<Result<Vec<_>, _>>()?;
    let Some((last, folders)) = segments.split_last() else { return Ok(vec![]) };
    for folder in folders {
        match folder {
            Segment::Rest(name) | Segment::OptionalRest(name) => {
                return Err(format!(
                    "the folder of `{name}` cannot have routes: the parameter takes the rest of the path"
                ));
            }
            Segment::Index => return Err("a folder cannot have the name `index`".to_owned()),
            Segment::Static(_) | Segment::Dynamic(_) => {}
        }
    }
    let mut parameters: Vec<&String> = segments.iter().filter_map(parameter).collect();
    parameters.sort();
    if let Some((twice, _)) = parameters.iter().zip(parameters.iter().skip(1)).find(|(one, next)| one == next) {
        return Err(format!("duplicate parameter `{twice}`; rename one of the two"));
    }
    let with = |last: Option<Segment>| folders.iter().cloned().chain(last).collect::<Vec<_>>();
    Ok(match last {
        Segment::Index => vec![with(None)],
        Segment::OptionalRest(name) => vec![with(None), with(Some(Segment::Rest(name.clone())))],
        _ => vec![with(Some(last.clone()))],
    })
}

fn parameter(segment: &Segment) -> Option<&String> {
    match segment {
        Segment::Dynamic(name) | Segment::Rest(name) | Segment::OptionalRest(name) => Some(name),
        Segment::Static(_) | Segment::Index => None,
    }
}

impl Taken {
    /// Adds the paths of a file. Returns the conflicts with earlier files.
    fn add(&mut self, paths: &[Vec<Segment>], file: &str) -> Vec<String> {
        let mut conflicts = vec![];
        for path in paths {
            // axum's router requires one name for all parameters at the same place.
            for (index, segment) in path.iter().enumerate() {
                let (Segment::Dynamic(name) | Segment::Rest(name)) = segment else { continue };
                let key = pattern(path.get(..=index).unwrap_or_default());
                let (first, other) = self.parameters.entry(key).or_insert_with(|| (name.clone(), file.to_owned()));
                if first != name {
                    return vec![format!(
                        "{file}: the parameter `{name}` has the name `{first}` in {other}; use the same name in both"
                    )];
                }
            }
            if let Some(other) = self.paths.insert(pattern(path), file.to_owned()) {
                conflicts.push(format!("{file}: same path as {other}; remove or rename one of them"));
            }
        }
        conflicts
    }
}

/// Returns the number of segments before the rest.
fn rest_depth(path: &[Segment]) -> Option<usize> {
    match path.split_last() {
        Some((Segment::Rest(_), before)) => Some(before.len()),
        _ => None,
    }
}

/// Returns a path without the names of its parameters.
fn pattern(path: &[Segment]) -> String {
    let mut pattern = String::new();
    for segment in path {
        pattern.push('/');
        match segment {
            Segment::Static(name) => pattern.push_str(name),
            Segment::Dynamic(_) => pattern.push('?'),
            Segment::Rest(_) | Segment::OptionalRest(_) => pattern.push('*'),
            Segment::Index => {}
        }
    }
    pattern
}

/// Returns a path in the syntax of axum.
fn axum_path(mount: &str, path: &[Segment]) -> String {
    let mut axum_path = mount.to_owned();
    for segment in path {
        axum_path.push('/');
        match segment {
            Segment::Static(name) => axum_path.push_str(name),
            Segment::Dynamic(name) => axum_path.extend(["{", name, "}"]),
            Segment::Rest(name) | Segment::OptionalRest(name) => axum_path.extend(["{*", name, "}"]),
            Segment::Index => {}
        }
    }
    if axum_path.is_empty() { "/".to_owned() } else { axum_path }
}
