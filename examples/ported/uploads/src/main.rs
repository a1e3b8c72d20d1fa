//! Uploads: files that are sent as a form, kept in a folder and served again, in actix-web.
//!
//! ```text
//! cargo run -p ported-uploads
//! curl -F file=@Cargo.toml -F file=@README.md http://127.0.0.1:8080/files
//! curl -r 0-99 http://127.0.0.1:8080/files/README.md
//! ```
//!
//! `ADDR` says where it listens, `UPLOADS` which folder has the files, `LIMIT` how many bytes a form may have.

mod files;
mod problem;

use std::{env, fs, io, net::SocketAddr, path::PathBuf, str::FromStr};

use actix_multipart::form::{MultipartFormConfig, tempfile::TempFileConfig};
use actix_web::{
    App,
    middleware::{Logger, NormalizePath},
    web,
};
use lodger::Lodger;

use crate::{files::Folder, problem::Problem};

#[actix_web::main]
async fn main() -> io::Result<()> {
    env_logger::init_from_env(env_logger::Env::default().default_filter_or("info"));
    let addr = from_env("ADDR", SocketAddr::from(([127, 0, 0, 1], 8080)))?;
    let folder = from_env("UPLOADS", PathBuf::from("uploads"))?;
    let limit = from_env("LIMIT", 10 * 1024 * 1024)?;
    fs::create_dir_all(&folder)?;

    let app = move || {
        App::new()
            .app_data(MultipartFormConfig::default().total_limit(limit).error_handler(problem::of_form))
            // In the same folder, so that to keep a file is to rename it.
            .app_data(TempFileConfig::default().directory(&folder))
            .app_data(web::Data::new(Folder::at(&folder)))
            .wrap(NormalizePath::trim())
            .wrap(Logger::default())
            .service(web::scope("/files").configure(files::routes))
            .default_service(web::to(async || Err::<&str, _>(Problem::Nowhere)))
    };
    Lodger::new().addr(addr).run(app).await.map_err(io::Error::other)
}

/// The value of a variable, if it is set.
fn from_env<T: FromStr<Err: ToString>>(name: &str, default: T) -> io::Result<T> {
    match env::var(name) {
        Ok(value) => value.parse().map_err(|error: T::Err| io::Error::other(format!("{name}: {}", error.to_string()))),
        Err(_) => Ok(default),
    }
}
