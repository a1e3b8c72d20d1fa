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

use crate::problem::Problem;

/// The routes under `/files`.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("").get(list).post(upload))
        .service(web::resource("/{name}").get(download).delete(delete));
}

/// Where the files are.
pub struct Folder(PathBuf);

impl Folder {
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Where a file of this name is, if one may be called so. Those that begin with a dot are uploads under way.
    fn path(&self, name: &str) -> Result<PathBuf, Problem> {
        let bad = name.is_empty()
            || name.len() > 255
            || name.starts_with('.')
            || name.contains(|c: char| matches!(c, '/' | '\\') || c.is_control());
        if bad { Err(Problem::BadName(name.to_owned())) } else { Ok(self.0.join(name)) }
    }
}

/// What is told of a file.
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

async fn list(folder: web::Data<Folder>) -> Result<impl Responder, Problem> {
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

/// Keeps the files of a form, each under the name that it came with, up to the first that cannot be kept.
async fn upload(folder: web::Data<Folder>, form: MultipartForm<Upload>) -> Result<impl Responder, Problem> {
    let files = form.into_inner().files;
    if files.is_empty() {
        return Err(Problem::NoFile);
    }
    let kept = web::block(move || files.into_iter().map(|file| keep(&folder, file)).collect::<Result<Vec<_>, _>>());
    Ok(HttpResponse::Created().json(kept.await??))
}

fn keep(folder: &Folder, file: TempFile) -> Result<Entry, Problem> {
    let name = file.file_name.unwrap_or_default();
    let size = file.size as u64;
    match file.file.persist_noclobber(folder.path(&name)?) {
        Ok(_) => Ok(Entry { name, size }),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(Problem::Taken(name)),
        Err(error) => Err(error.error.into()),
    }
}

/// Sends a file or a range of it, to be saved and not to be shown: it is of somebody else.
async fn download(folder: web::Data<Folder>, name: web::Path<String>) -> Result<NamedFile, Problem> {
    let path = folder.path(&name)?;
    let file = NamedFile::open_async(path).await.map_err(|error| named(error, &name))?;
    let named_so = file.content_disposition().parameters.clone();
    let disposition = ContentDisposition { disposition: DispositionType::Attachment, parameters: named_so };
    Ok(file.set_content_disposition(disposition))
}

async fn delete(folder: web::Data<Folder>, name: web::Path<String>) -> Result<impl Responder, Problem> {
    let path = folder.path(&name)?;
    web::block(move || fs::remove_file(path)).await?.map_err(|error| named(error, &name))?;
    Ok(HttpResponse::NoContent())
}

fn named(error: io::Error, name: &str) -> Problem {
    if error.kind() == io::ErrorKind::NotFound { Problem::NoSuchFile(name.to_owned()) } else { error.into() }
}
