//! Uploads in actix-web: a service that stores the files of a form in a folder, and serves them with ranges.
//!
//! ```text
//! cargo run -p ported-uploads
//! curl -F file=@Cargo.toml -F file=@README.md http://127.0.0.1:8080/files
//! curl -r 0-99 http://127.0.0.1:8080/files/README.md
//! ```
//!
//! `ADDR` sets the address, `UPLOADS` the folder of the files, and `LIMIT` the maximum size of a form in bytes.

mod error;
mod files;

use std::{env, fs, io, net::SocketAddr, path::PathBuf, str::FromStr};

use actix_multipart::form::{MultipartFormConfig, tempfile::TempFileConfig};
use actix_web::{
    App,
    middleware::{Logger, NormalizePath},
    web,
};
use lodger::Lodger;

use crate::{error::Error, files::Folder};

#[actix_web::main]
async fn main() -> io::Result<()> {
    env_logger::init_from_env(env_logger::Env::default().default_filter_or("info"));
    let addr = from_env("ADDR", SocketAddr::from(([127, 0, 0, 1], 8080)))?;
    let folder = from_env("UPLOADS", PathBuf::from("uploads"))?;
    let limit = from_env("LIMIT", 10 * 1024 * 1024)?;
    fs::create_dir_all(&folder)?;

    let app = move || {
        App::new()
            .app_data(MultipartFormConfig::default().total_limit(limit).error_handler(error::form_error))
            // In the same folder, so that storing a file is a rename.
            .app_data(TempFileConfig::default().directory(&folder))
            .app_data(web::Data::new(Folder::at(&folder)))
            .wrap(NormalizePath::trim())
            .wrap(Logger::default())
            .service(web::scope("/files").configure(files::routes))
            .default_service(web::to(async || Err::<&str, _>(Error::RouteNotFound)))
    };
    Lodger::new().addr(addr).run(app).await.map_err(io::Error::other)
}

/// Returns the value of a variable, or the default if the variable is not set.
fn from_env<T: FromStr<Err: ToString>>(name: &str, default: T) -> io::Result<T> {
    match env::var(name) {
        Ok(value) => value
            .parse()
            .map_err(|error: T::Err| io::Error::other(format!("invalid {name} {value:?}: {}", error.to_string()))),
        Err(_) => Ok(default),
    }
}
