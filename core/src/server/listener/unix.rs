//! A Unix socket at a path.

use std::{
    fs, io,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixStream};

use crate::Error;

/// The file of a Unix socket, which is removed on drop, unless another process has replaced it.
#[derive(Debug)]
pub(in crate::server) struct SocketFile {
    path: PathBuf,
    /// The device and the inode.
    id: (u64, u64),
}

/// Listens on a Unix socket. The umask of the process decides who may connect.
///
/// Replaces the file of a process that has ended.
///
/// # Errors
/// Another process listens on the socket, the path is another kind of file, or its folder cannot be written.
pub(super) async fn bind(path: &Path) -> Result<(UnixListener, SocketFile), Error> {
    let bound = match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && remove_stale(path).await => UnixListener::bind(path),
        bound => bound,
    };
    let listener = bound.map_err(|error| cannot_listen(path, &error))?;
    let file = SocketFile::new(path).map_err(|error| cannot_listen(path, &error))?;
    Ok((listener, file))
}

/// Removes the file of a socket that no process listens on. Returns whether there was one.
async fn remove_stale(path: &Path) -> bool {
    let Ok(stale) = id(path) else { return false };
    let is_socket = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
    // A process whose queue of connections is full has another error.
    let is_refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    is_socket
        && UnixStream::connect(path).await.is_err_and(is_refused)
        // Another process may have replaced the file.
        && id(path).is_ok_and(|id| id == stale)
        && fs::remove_file(path).is_ok()
}

/// The error of a Unix socket that cannot listen, with the fix.
fn cannot_listen(path: &Path, error: &io::Error) -> Error {
    let kind = error.kind();
    let cause = match kind {
        io::ErrorKind::AddrInUse => "another process listens there, or the file is not a socket; set LODGER_ADDR to \
                                     another path"
            .to_owned(),
        io::ErrorKind::NotFound => {
            "the folder does not exist; create it, or set LODGER_ADDR to another path".to_owned()
        }
        _ => format!("{error}; set LODGER_ADDR to another path"),
    };
    Error::listen(format!("cannot listen on unix:{}", path.display())).with_source(io::Error::new(kind, cause))
}

impl SocketFile {
    fn new(path: &Path) -> io::Result<Self> {
        // Absolute, because the app may change its working directory.
        Ok(Self { path: std::path::absolute(path)?, id: id(path)? })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if id(&self.path).is_ok_and(|id| id == self.id) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn id(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A path in a folder of its own, which is removed on drop.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("lodger-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn socket(&self) -> PathBuf {
            self.0.join("app.sock")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[tokio::test]
    async fn replaces_the_file_of_a_process_that_has_ended() {
        let folder = Folder::new("stale");
        // A listener of std leaves its file.
        drop(std::os::unix::net::UnixListener::bind(folder.socket()).unwrap());
        let (listener, file) = bind(&folder.socket()).await.unwrap();
        UnixStream::connect(folder.socket()).await.unwrap();
        drop((listener, file));
        assert!(!folder.socket().exists());
    }

    #[tokio::test]
    async fn keeps_the_socket_of_another_process() {
        let folder = Folder::new("used");
        let _other = std::os::unix::net::UnixListener::bind(folder.socket()).unwrap();
        let error = bind(&folder.socket()).await.unwrap_err();
        assert!(error.is_listen());
        let message = format!("cannot listen on unix:{}: another process listens there", folder.socket().display());
        assert!(format!("{error:?}").starts_with(&message), "{error:?}");
        UnixStream::connect(folder.socket()).await.unwrap();
    }

    #[tokio::test]
    async fn keeps_a_file_that_is_not_a_socket() {
        let folder = Folder::new("file");
        fs::write(folder.socket(), "data").unwrap();
        bind(&folder.socket()).await.unwrap_err();
        assert_eq!(fs::read(folder.socket()).unwrap(), b"data");
    }

    #[tokio::test]
    async fn keeps_the_file_that_replaced_its_own() {
        let folder = Folder::new("replaced");
        let (_listener, file) = bind(&folder.socket()).await.unwrap();
        // A rename, because a removed file's inode may be used again.
        fs::write(folder.0.join("other"), "").unwrap();
        fs::rename(folder.0.join("other"), folder.socket()).unwrap();
        drop(file);
        assert!(folder.socket().exists());
    }
}
