//! The package of the function: its binary, its settings, and its build.

mod build;
mod cors;
mod settings;
mod sources;

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
};

use cargo_metadata::{Metadata, MetadataCommand, Package, camino::Utf8PathBuf};
use lodger_gateway::Route;

pub use self::{
    build::Build,
    cors::CorsSettings,
    settings::Settings,
    sources::{Sources, is_lock},
};
use crate::{Error, Result, args::BinaryArgs};

/// A binary, and its package in the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    pub name: String,
    pub package: String,
}

/// A package, and the binaries that are functions.
#[derive(Debug)]
pub struct Project {
    pub name: String,
    pub version: String,
    /// The binaries, the default one first. Without routes there is one.
    pub binaries: Vec<Binary>,
    /// The routes of the functions: `GET /pets/{id}` and the name of a binary.
    pub routes: Vec<(String, String)>,
    /// The folder of the package.
    pub folder: PathBuf,
    /// The folder of the workspace, whose `Cargo.toml` has the profiles.
    pub workspace_folder: PathBuf,
    /// The folders and files whose changes need a build: those of the package and of its local dependencies.
    pub watched: Vec<PathBuf>,
    /// The folder of build results, whose changes need none.
    pub target_folder: PathBuf,
    pub settings: Settings,
}

impl Project {
    /// Finds the package and the binary that the arguments select.
    ///
    /// # Errors
    /// There is no package, or the arguments select no binary, or more than one.
    pub fn find(args: &BinaryArgs) -> Result<Self> {
        Self::find_with_routes(args, None)
    }

    /// Finds the package, and the binaries of its routes if it has some. `routes` come from the command line, and replace routes of
    /// `Cargo.toml` with the same path.
    ///
    /// # Errors
    /// Like [`find`](Self::find), or a route has a binary that does not exist.
    pub fn find_with_routes(args: &BinaryArgs, routes: Option<&[(String, String)]>) -> Result<Self> {
        let mut command = MetadataCommand::new();
        if let Some(path) = &args.manifest_path {
            command.manifest_path(path);
        }
        let metadata = command.exec().map_err(|error| format!("cannot read the package: {error}"))?;
        let package = find_package(&metadata, args.package.as_deref())?;
        let settings = Settings::parse(&package.metadata)?;
        let routes = routes.map(|own| all_routes(&settings, own)).unwrap_or_default();
        let binaries = if routes.is_empty() {
            let name = find_binary(package, args.bin.as_deref().or(settings.bin.as_deref()))?;
            vec![Binary { name, package: package.name.to_string() }]
        } else {
            let default = args.bin.as_deref().or(settings.bin.as_deref());
            binaries_of(&routes, default, &metadata, package)?
        };
        let packages = metadata.workspace_packages().into_iter().filter(|member| {
            member.id == package.id || binaries.iter().any(|binary| binary.package == member.name.as_str())
        });
        let mut watched: Vec<_> = packages.flat_map(|package| local_folders(&metadata, package)).collect();
        watched.sort();
        watched.dedup();
        Ok(Self {
            name: package.name.to_string(),
            version: package.version.to_string(),
            binaries,
            routes,
            folder: folder_of(package).into_std_path_buf(),
            workspace_folder: metadata.workspace_root.clone().into_std_path_buf(),
            watched,
            target_folder: metadata.target_directory.clone().into_std_path_buf(),
            settings,
        })
    }

    /// The name of the default binary.
    pub fn binary(&self) -> &str {
        self.binaries.first().map_or(&self.name, |binary| &binary.name)
    }

    /// The zip file for Lambda, where `cargo lambda build --output-format zip` writes it too.
    pub fn zip_file(&self) -> PathBuf {
        relative(&self.target_folder).join("lambda").join(self.binary()).join("bootstrap.zip")
    }
}

/// The path of a file below the current folder, for short messages. Another path is returned unchanged.
pub fn relative(path: &Path) -> PathBuf {
    let current = env::current_dir().unwrap_or_default();
    path.strip_prefix(current).unwrap_or(path).to_owned()
}

/// The routes of `Cargo.toml` and of the command line.
fn all_routes(settings: &Settings, own: &[(String, String)]) -> Vec<(String, String)> {
    // `/pets` and `ANY /pets` are the same route.
    let key = |route: &str| route.parse::<Route>().map_or_else(|_| route.to_owned(), |route| route.to_string());
    let mut routes: BTreeMap<_, _> = settings.routes.iter().map(|(route, name)| (key(route), name.clone())).collect();
    routes.extend(own.iter().map(|(route, name)| (key(route), name.clone())));
    routes.into_iter().collect()
}

/// The binaries of routes: those of the package, or else of another package of the workspace.
///
/// The default binary is the first one. It receives the events that are no requests.
fn binaries_of(
    routes: &[(String, String)],
    default: Option<&str>,
    metadata: &Metadata,
    package: &Package,
) -> Result<Vec<Binary>> {
    let mut binaries: Vec<Binary> = Vec::new();
    let default = default.map(|name| ("--bin", name));
    for (route, name) in default.into_iter().chain(routes.iter().map(|(route, name)| (&**route, &**name))) {
        if binaries.iter().any(|binary| binary.name == *name) {
            continue;
        }
        let has = |package: &&Package| package.targets.iter().any(|target| target.is_bin() && target.name == *name);
        let members = metadata.workspace_packages();
        let found = Some(package).filter(has).or_else(|| members.into_iter().find(has));
        let found = found.ok_or_else(|| {
            format!("cannot find the binary {name:?} of the route {route:?}: no package of the workspace has it")
        })?;
        binaries.push(Binary { name: name.to_owned(), package: found.name.to_string() });
    }
    Ok(binaries)
}

/// The package with a name, or that of the current folder.
fn find_package<'a>(metadata: &'a Metadata, name: Option<&str>) -> Result<&'a Package> {
    let members = metadata.workspace_packages();
    let names = || members.iter().map(|package| package.name.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(name) = name {
        let found = members.iter().find(|package| package.name.as_str() == name);
        return found.copied().ok_or_else(|| {
            Error::from(format!("cannot find the package {name:?} (--package): the workspace has {}", names()))
        });
    }
    if let Some(root) = metadata.root_package() {
        return Ok(root);
    }
    let current = env::current_dir().unwrap_or_default();
    let mut inside: Vec<_> = members.iter().filter(|package| current.starts_with(folder_of(package))).collect();
    inside.sort_by_key(|package| folder_of(package).as_str().len());
    match (inside.last().copied(), &*members) {
        (Some(package), _) | (None, [package]) => Ok(package),
        _ => Err(format!("cannot choose a package: the workspace has {}; select one with --package", names()).into()),
    }
}

/// The binary with a name, the default one, or the only one.
fn find_binary(package: &Package, name: Option<&str>) -> Result<String> {
    let binaries: Vec<&str> =
        package.targets.iter().filter(|target| target.is_bin()).map(|target| target.name.as_str()).collect();
    let list = || binaries.join(", ");
    match (name.or(package.default_run.as_deref()), &*binaries) {
        (Some(name), _) if binaries.contains(&name) => Ok(name.to_owned()),
        (Some(name), _) => {
            Err(format!("cannot find the binary {name:?} (--bin): the package {} has {}", package.name, list()).into())
        }
        (None, [binary]) => Ok((*binary).to_owned()),
        (None, []) => Err(format!(
            "cannot start the package {}: it has no binary; add src/main.rs, or select another package with --package",
            package.name
        )
        .into()),
        (None, _) => Err(format!(
            "cannot choose a binary of the package {}: it has {}; select one with --bin, or set `default-run` in Cargo.toml",
            package.name,
            list()
        )
        .into()),
    }
}

fn folder_of(package: &Package) -> Utf8PathBuf {
    package.manifest_path.parent().map(ToOwned::to_owned).unwrap_or_default()
}

/// The folders of a package and of its dependencies in the same repository, and the lock file.
fn local_folders(metadata: &Metadata, package: &Package) -> Vec<PathBuf> {
    let mut folders = vec![folder_of(package), metadata.workspace_root.join("Cargo.lock")];
    let mut pending = vec![package];
    let mut known = vec![&package.id];
    while let Some(package) = pending.pop() {
        for path in package.dependencies.iter().filter_map(|dependency| dependency.path.as_ref()) {
            let found = metadata.packages.iter().find(|package| folder_of(package) == *path);
            if let Some(found) = found.filter(|found| !known.contains(&&found.id)) {
                folders.push(path.clone());
                known.push(&found.id);
                pending.push(found);
            }
        }
    }
    folders.into_iter().map(Utf8PathBuf::into_std_path_buf).collect()
}
