use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::{cloudformation, function::TemplateFunction, hcl, json, terraform, yaml};
use crate::Result;

/// The maximum size of a template. CloudFormation accepts 1 MB.
const MAX_SIZE: u64 = 16 << 20;

/// Finds the templates in a folder, by their names. Each group of files is one template.
pub fn find(folder: &Path) -> Vec<Vec<PathBuf>> {
    let names = ["template.yaml", "template.yml", "template.json"];
    let mut found: Vec<_> = names.into_iter().map(|name| folder.join(name)).filter(|path| path.is_file()).collect();
    found.extend(files(&folder.join("cdk.out"), ".template.json"));
    let terraform = files(folder, ".tf");
    found.into_iter().map(|path| vec![path]).chain((!terraform.is_empty()).then_some(terraform)).collect()
}

/// The files of a folder whose names have an ending, in the order of their names.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    // The parent of `main.tf` is an empty path, which cannot be read.
    let readable = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = fs::read_dir(readable).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| folder.join(entry.file_name()))
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

/// Reads the functions of templates. A file of Terraform stands for all of its folder.
///
/// # Errors
/// A file cannot be read, or is not a template.
pub fn read(paths: &[PathBuf]) -> Result<Vec<TemplateFunction>> {
    let is_terraform = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "tf");
    let mut functions = Vec::new();
    for path in paths.iter().filter(|path| !is_terraform(path)) {
        let text = text(path)?;
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        let root = if is_json { json::parse(&text) } else { yaml::parse(&text) };
        functions.extend(cloudformation::functions(
            &path.display().to_string(),
            &root.map_err(|error| cannot(path, &error))?,
        ));
    }
    let folders: BTreeSet<_> = paths.iter().filter(is_terraform).filter_map(|path| path.parent()).collect();
    for folder in folders {
        let mut resources = Vec::new();
        for path in files(folder, ".tf") {
            let found = hcl::resources(&path.display().to_string(), &text(&path)?);
            resources.extend(found.map_err(|error| cannot(&path, &error))?);
        }
        functions.extend(terraform::functions(&resources));
    }
    Ok(functions)
}

fn text(path: &Path) -> Result<String> {
    let metadata = fs::metadata(path).map_err(|error| cannot(path, &error))?;
    if metadata.len() > MAX_SIZE {
        return Err(cannot(path, &"it is larger than 16 MB").into());
    }
    Ok(fs::read_to_string(path).map_err(|error| cannot(path, &error))?)
}

fn cannot(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("cannot read the template {}: {error}", path.display())
}
