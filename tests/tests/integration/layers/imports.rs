//! Reads the imports between the files of a crate.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// The source of each file, by the path of its module, such as `server::connection`. The root is `""`.
pub type Sources = BTreeMap<String, String>;

/// The names that a file uses, by the module that defines them.
pub type Imports = BTreeMap<String, BTreeSet<String>>;

/// The imports of a file, from its own crate and from others.
#[derive(Default)]
pub struct File {
    pub imports: Imports,
    /// The first segments of paths into other crates.
    pub externals: BTreeSet<String>,
}

/// Reads the files below `src`, except tests and binaries.
pub fn read_sources(src: &Path) -> Sources {
    fn visit(folder: &Path, module: &[String], sources: &mut Sources) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let within = [module, &[name.to_owned()]].concat();
            match path.extension() {
                _ if name == "tests" || name == "bin" => {}
                None => visit(&path, &within, sources),
                // A page that the crate embeds.
                Some(extension) if extension != "rs" => {}
                Some(_) if matches!(name, "mod" | "lib") => {
                    sources.insert(module.join("::"), fs::read_to_string(&path).unwrap());
                }
                Some(_) => {
                    sources.insert(within.join("::"), fs::read_to_string(&path).unwrap());
                }
            }
        }
    }
    let mut sources = Sources::new();
    visit(src, &[], &mut sources);
    sources
}

/// Finds the imports of each file. A name that a module re-exports belongs to the file that defines the name.
pub fn read_imports(sources: &Sources) -> BTreeMap<String, File> {
    let names: BTreeMap<_, _> =
        sources.iter().map(|(module, text)| (module, Names::read(module, text, sources))).collect();
    let mut files = BTreeMap::new();
    for (module, found) in &names {
        let mut file = File { externals: found.externals.clone(), ..File::default() };
        for path in &found.used {
            let home = home(&names, path, 0);
            // A module that is named without a part of it, such as in `pub(in crate::log)`, is not an import.
            if home != **module && home != path.join("::") {
                file.imports.entry(home).or_default().extend(path.last().cloned());
            }
        }
        files.insert((*module).clone(), file);
    }
    files
}

fn home(names: &BTreeMap<&String, Names>, path: &[String], depth: usize) -> String {
    for cut in (0..=path.len()).rev() {
        let (module, rest) = path.split_at(cut);
        if let Some(found) = names.get(&module.join("::")) {
            return match rest.first().and_then(|name| found.exported.get(name)) {
                Some(target) if depth < 8 => home(names, &[target.as_slice(), &rest[1..]].concat(), depth + 1),
                _ => module.join("::"),
            };
        }
    }
    String::new()
}

/// The paths in a file. Those into its own crate begin at the root.
#[derive(Default)]
struct Names {
    used: Vec<Vec<String>>,
    exported: BTreeMap<String, Vec<String>>,
    externals: BTreeSet<String>,
}

impl Names {
    fn read(module: &str, text: &str, sources: &Sources) -> Self {
        let mut tokens = Vec::new();
        flatten(text.parse().unwrap_or_else(|error| panic!("cannot read {module}: {error}")), &mut tokens);
        let (mut names, mut modules) = (Self::default(), BTreeMap::new());
        let mut rest = Vec::new();
        for item in tokens.split_inclusive(|token| token == ";") {
            let Some(at) = item.iter().position(|token| token == "use") else {
                rest.extend_from_slice(item);
                continue;
            };
            rest.extend_from_slice(&item[..at]);
            let is_public = at > 0 && matches!(item[at - 1].as_str(), "pub" | ")");
            for (alias, path) in use_tree(&item[at + 1..item.len() - 1], &[]) {
                match absolute(module, &path, sources) {
                    Some(path) if is_public => drop(names.exported.insert(alias, path)),
                    Some(path) if sources.contains_key(&path.join("::")) => drop(modules.insert(alias, path)),
                    Some(path) => names.used.push(path),
                    None => names.externals.extend(path.into_iter().next()),
                }
            }
        }
        for path in paths(&rest) {
            if let Some(path) = absolute(module, &path, sources) {
                names.used.push(path);
            } else if let Some(target) = modules.get(&path[0]) {
                names.used.push([target.as_slice(), &path[1..]].concat());
            } else {
                names.externals.extend(path.into_iter().next());
            }
        }
        names
    }
}

/// The path from the root of the crate. `None` if the path leads into another crate, or begins with a local name.
fn absolute(module: &str, path: &[String], sources: &Sources) -> Option<Vec<String>> {
    let mut here: Vec<String> = module.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let mut path = path;
    match path.first()?.as_str() {
        "crate" => return Some(path[1..].to_vec()),
        "self" => path = &path[1..],
        "super" => {
            while path.first().is_some_and(|part| part == "super") {
                here.pop();
                path = &path[1..];
            }
        }
        child => {
            let is_child = sources.contains_key(&[here.as_slice(), &[child.to_owned()]].concat().join("::"));
            is_child.then_some(())?;
        }
    }
    Some([here.as_slice(), path].concat())
}

/// The paths of a `use` declaration, each with the name that it has in the file.
fn use_tree(tokens: &[String], before: &[String]) -> Vec<(String, Vec<String>)> {
    let Some(brace) = tokens.iter().position(|token| token == "{") else {
        let (path, alias) = match tokens {
            [path @ .., keyword, alias] if keyword == "as" => (path, Some(alias)),
            path => (path, None),
        };
        let parts = path.iter().filter(|part| !matches!(part.as_str(), "::" | "*"));
        let mut path: Vec<_> = before.iter().chain(parts).cloned().collect();
        if path.len() > 1 && path.last().is_some_and(|part| part == "self") {
            path.pop();
        }
        return path.last().cloned().map(|name| (alias.cloned().unwrap_or(name), path)).into_iter().collect();
    };
    let parts = tokens[..brace].iter().filter(|part| *part != "::");
    let before: Vec<_> = before.iter().chain(parts).cloned().collect();
    let mut depth = 0;
    let branches = tokens[brace + 1..tokens.len() - 1].split(|token| {
        depth += i32::from(token == "{") - i32::from(token == "}");
        depth == 0 && token == ","
    });
    branches.filter(|branch| !branch.is_empty()).flat_map(|branch| use_tree(branch, &before)).collect()
}

/// The paths of two or more segments.
fn paths(tokens: &[String]) -> Vec<Vec<String>> {
    let is_name = |token: &String| token.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let mut path = vec![tokens[at].clone()];
        if is_name(&tokens[at]) && (at == 0 || tokens[at - 1] != "::") {
            while tokens.get(at + 1).is_some_and(|token| token == "::") && tokens.get(at + 2).is_some_and(is_name) {
                path.push(tokens[at + 2].clone());
                at += 2;
            }
        }
        found.extend((path.len() > 1).then_some(path));
        at += 1;
    }
    found
}

/// Writes the tokens in one list, without attributes and without items for tests only.
fn flatten(stream: TokenStream, out: &mut Vec<String>) {
    let mut tokens = stream.into_iter().peekable();
    let mut is_test = false;
    while let Some(token) = tokens.next() {
        let is_end = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            _ => false,
        };
        match (token, tokens.peek()) {
            (TokenTree::Punct(punct), Some(TokenTree::Group(group)))
                if punct.as_char() == '#' && group.delimiter() == Delimiter::Bracket =>
            {
                let attribute = group.stream().to_string().replace(' ', "");
                is_test |= ["cfg(test)", "cfg(all(test,"].iter().any(|test| attribute.starts_with(test));
                tokens.next();
            }
            _ if is_test => is_test = !is_end,
            (TokenTree::Punct(punct), _) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint => {
                out.push("::".to_owned());
                tokens.next();
            }
            (TokenTree::Group(group), _) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket | Delimiter::None => ("[", "]"),
                };
                out.push(open.to_owned());
                flatten(group.stream(), out);
                out.push(close.to_owned());
            }
            (token, _) => out.push(token.to_string()),
        }
    }
}
