//! SnapStart: snapshots of a Lambda function.
//!
//! With [SnapStart][snapstart], Lambda starts a function once, takes a snapshot before the first invocation, and
//! restores every instance from the snapshot. AWS's page says which runtimes have it. Lodger opens new connections to Lambda in every instance and restarts all
//! timeouts. Lodger has no random state that instances could share. The app renews its own state:
//!
//! | made before the snapshot | in a restored instance |
//! |---|---|
//! | an open connection | Dead, or soon dead. Close it before the snapshot and open one after the restore. |
//! | a connection pool, or a client that contains one | Contains dead connections, if it was used. Replace it after the restore, or connect only in the first request. |
//! | credentials, a token, the current time, an address from DNS | May have expired. Get a new one after the restore. |
//! | a random number generator, such as `rand::rng()` | Has the same state in every instance. Seed the generator after the restore. The operating system's generator, `getrandom`, is [unique in each instance][unique]. |
//! | an instance id, a temporary file | The same in every instance. Make a new one after the restore. |
//!
//! [`Lodger::before_snapshot`] and [`Lodger::after_restore`] run such code, only on a function with SnapStart. On other
//! hosts, build the state once at the start:
//!
//! ```no_run
//! use std::{io, sync::Arc};
//! use axum::{Router, extract::State, routing::get};
//! use lodger::Lodger;
//! use tokio::{io::AsyncWriteExt, net::TcpStream, sync::Mutex};
//!
//! /// A connection that can be closed and opened again while the app holds a clone of it.
//! #[derive(Clone, Default)]
//! struct Database(Arc<Mutex<Option<TcpStream>>>);
//!
//! impl Database {
//!     async fn open(self) -> io::Result<()> {
//!         *self.0.lock().await = Some(TcpStream::connect("database.internal:5432").await?);
//!         Ok(())
//!     }
//!
//!     async fn close(self) -> io::Result<()> {
//!         match self.0.lock().await.take() {
//!             Some(mut connection) => connection.shutdown().await,
//!             None => Ok(()),
//!         }
//!     }
//! }
//!
//! async fn is_open(State(Database(connection)): State<Database>) -> String {
//!     connection.lock().await.is_some().to_string()
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     let database = Database::default();
//!     Lodger::new()
//!         // Calling an `async fn` does not run it yet.
//!         .before_snapshot(database.clone().close())
//!         .after_restore(database.clone().open())
//!         .run_with(async || {
//!             // Runs on every host. With SnapStart it runs before the snapshot, so that a failed start is reported.
//!             database.clone().open().await?;
//!             Ok::<_, io::Error>(Router::new().route("/", get(is_open)).with_state(database))
//!         })
//!         .await
//! }
//! ```
//!
//! [`Lodger::before_snapshot`]: crate::Lodger::before_snapshot
//! [`Lodger::after_restore`]: crate::Lodger::after_restore
//! [snapstart]: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
//! [unique]: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
