//! The pages of the book, whose code runs as doc tests: `cargo test -p lodger-book`.
//!
//! mdBook builds the same files: `tests/book.sh`. A new page is a line here and in `src/SUMMARY.md`.
//!
//! - A block of Rust is a whole program, or parts of one. Lines that begin with `# ` are compiled, and readers do not see them.
//! - Rustdoc takes a block without a language as Rust: name the language of each block.
//! - A block that mdBook includes from a file (`{{#include ..}}`) is `rust,ignore`: the example that it comes from compiles it.

macro_rules! pages {
    ($($name:ident = $path:literal,)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!($path)]
            pub mod $name {}
        )*

        #[cfg(test)]
        const PAGES: &[&str] = &[$($path),*];
    };
}

pages! {
    introduction = "src/introduction.md",
    start_axum = "src/start/axum.md",
    start_actix_web = "src/start/actix_web.md",
    start_warp = "src/start/warp.md",
    start_tower = "src/start/tower.md",
    start_hyper = "src/start/hyper.md",
    porting = "src/porting.md",
    hosts_request_path = "src/hosts/request_path.md",
    hosts_server = "src/hosts/server.md",
    hosts_platforms = "src/hosts/platforms.md",
    hosts_client_address = "src/hosts/client_address.md",
    hosts_lambda = "src/hosts/lambda.md",
    hosts_fronts = "src/hosts/fronts.md",
    hosts_redirects = "src/hosts/redirects.md",
    hosts_snap_start = "src/hosts/snap_start.md",
    hosts_web_functions = "src/hosts/web_functions.md",
    hosts_vercel = "src/hosts/vercel.md",
    hosts_vercel_projects = "src/hosts/vercel_projects.md",
    hosts_azure = "src/hosts/azure.md",
    settings = "src/settings.md",
    guides_streaming = "src/guides/streaming.md",
    guides_after_response = "src/guides/after_response.md",
    guides_several_tasks = "src/guides/several_tasks.md",
    guides_events = "src/guides/events.md",
    guides_batches = "src/guides/batches.md",
    guides_extensions = "src/guides/extensions.md",
    guides_logging = "src/guides/logging.md",
    guides_local = "src/guides/local.md",
    guides_testing = "src/guides/testing.md",
    deploy = "src/deploy/README.md",
    deploy_sam = "src/deploy/sam.md",
    deploy_cargo_lambda = "src/deploy/cargo_lambda.md",
    deploy_serverless = "src/deploy/serverless.md",
    deploy_cdk = "src/deploy/cdk.md",
    deploy_terraform = "src/deploy/terraform.md",
    deploy_container = "src/deploy/container.md",
    deploy_github_actions = "src/deploy/github_actions.md",
    production_performance = "src/production/performance.md",
    production_growth = "src/production/growth.md",
    production_security = "src/production/security.md",
    production_limits = "src/production/limits.md",
    production_checklist = "src/production/checklist.md",
    production_troubleshooting = "src/production/troubleshooting.md",
    migrate_lambda_http = "src/migrate/lambda_http.md",
    migrate_lambda_runtime = "src/migrate/lambda_runtime.md",
    migrate_vercel_runtime = "src/migrate/vercel_runtime.md",
    migrate_lambda_web = "src/migrate/lambda_web.md",
    migrate_lambda_web_adapter = "src/migrate/lambda_web_adapter.md",
    comparison = "src/comparison.md",
    design = "src/design.md",
    contributing_adapter = "src/contributing/adapter.md",
    contributing_front = "src/contributing/front.md",
    contributing_host = "src/contributing/host.md",
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use super::PAGES;

    fn files(folder: &Path) -> Vec<PathBuf> {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }

    /// The pages in the folder, as `src/start/axum.md`, with their text. Files in a folder `parts` belong to several pages.
    fn pages() -> Vec<(String, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let paths = files(&root.join("src")).into_iter().filter(|path| {
            path.extension().is_some_and(|extension| extension == "md") && !path.parent().unwrap().ends_with("parts")
        });
        let name = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        paths.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
    }

    #[test]
    fn every_page_is_in_the_summary_and_in_the_doc_tests() {
        let pages = pages();
        let (_, summary) = pages.iter().find(|(name, _)| name == "src/SUMMARY.md").unwrap();
        for (name, _) in pages.iter().filter(|(name, _)| name != "src/SUMMARY.md") {
            let link = format!("({})", name.trim_start_matches("src/"));
            assert!(summary.contains(&link), "src/SUMMARY.md: expected {link}");
            assert!(PAGES.contains(&name.as_str()), "lib.rs: expected {name:?}");
        }
        assert_eq!(PAGES.len() + 1, pages.len());
    }

    #[test]
    fn every_block_of_code_has_a_language() {
        for (name, text) in pages() {
            let fences = text.lines().filter(|line| line.trim_start().starts_with("```"));
            for fence in fences.step_by(2) {
                assert!(fence.trim() != "```", "{name}: expected a language after ```, such as `text`");
            }
        }
    }

    #[test]
    fn every_page_begins_with_a_title() {
        for (name, text) in pages() {
            assert!(text.starts_with("# "), "{name}: expected a title");
        }
    }
}
