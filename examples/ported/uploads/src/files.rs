use std::{
    fs, io,
    path::{Path, PathBuf},
};

use actix_files::NamedFile;
use actix_multipart::form::{MultipartForm, tempfile::TempFile};
use actix_web::{
    HttpResponse, Responder,
    http::header::{ContentDisposition, DispositionType},
    web,
};
use serde::Serialize;

use crate::error::Error;

/// Adds the routes below `/files`.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("").get(list).post(upload))
        .service(web::resource("/{name}").get(download).delete(delete));
}

/// The folder of the files.
pub struct Folder(PathBuf);

impl Folder {
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Returns the path of a file. A name that begins with a dot is invalid, because unfinished uploads have such names.
    fn path(&self, name: &str) -> Result<PathBuf, Error> {
        let is_invalid = name.is_empty()
            || name.len() > 255
            || name.starts_with('.')
            || name.contains(|c: char| matches!(c, '/' | '\\') || c.is_control());
        if is_invalid { Err(Error::InvalidName(name.to_owned())) } else { Ok(self.0.join(name)) }
    }
}

/// A file in a list, without its content.
#[derive(Serialize)]
struct Entry {
    name: String,
    size: u64,
}

#[derive(MultipartForm)]
struct Upload {
    #[multipart(rename = "file")]
    files: Vec<TempFile>,
}

async fn list(folder: web::Data<Folder>) -> Result<impl Responder, Error> {
    let entries = web::block(move || {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&folder.0)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') {
                entries.push(Entry { name, size: entry.metadata()?.len() });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok::<_, io::Error>(entries)
    });
    Ok(web::Json(entries.await??))
}

/// Stores the files of a form under their names. The first error stops the upload, but not the files before it.
async fn upload(folder: web::Data<Folder>, form: MultipartForm<Upload>) -> Result<impl Responder, Error> {
    let files = form.into_inner().files;
    if files.is_empty() {
        return Err(Error::NoFile);
    }
    let stored = web::block(move || files.into_iter().map(|file| store(&folder, file)).collect::<Result<Vec<_>, _>>());
    Ok(HttpResponse::Created().json(stored.await??))
}

fn store(folder: &Folder, file: TempFile) -> Result<Entry, Error> {
    let name = file.file_name.unwrap_or_default();
    let size = file.size as u64;
    match file.file.persist_noclobber(folder.path(&name)?) {
        Ok(_) => Ok(Entry { name, size }),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(Error::NameExists(name)),
        Err(error) => Err(error.error.into()),
    }
}

/// Sends a file or a range of a file. It is an attachment: a browser must not show a file of another user.
async fn download(folder: web::Data<Folder>, name: web::Path<String>) -> Result<NamedFile, Error> {
    let path = folder.path(&name)?;
    let file = NamedFile::open_async(path).await.map_err(|error| file_error(error, &name))?;
    let parameters = file.content_disposition().parameters.clone();
    let disposition = ContentDisposition { disposition: DispositionType::Attachment, parameters };
    Ok(file.set_content_disposition(disposition))
}

async fn delete(folder: web::Data<Folder>, name: web::Path<String>) -> Result<impl Responder, Error> {
    let path = folder.path(&name)?;
    web::block(move || fs::remove_file(path)).await?.map_err(|error| file_error(error, &name))?;
    Ok(HttpResponse::NoContent())
}

fn file_error(error: io::Error, name: &str) -> Error {
    if error.kind() == io::ErrorKind::NotFound { Error::FileNotFound(name.to_owned()) } else { error.into() }
}
