//! The wait for the restore from a snapshot.

use crate::{
    Error,
    lambda::{
        api::{Api, VERSION},
        connection::Trouble,
    },
};

impl Api {
    /// Lets the snapshot be taken, and waits until this is an instance that was restored from it.
    ///
    /// The connection that it asks on is used for nothing else.
    ///
    /// # Errors
    /// The Runtime API is out of reach, says that there is none, or says nothing to the end. To ask again would be refused: the
    /// snapshot may have been taken.
    pub(crate) async fn restored(&mut self) -> Result<(), Error> {
        let head = format!("GET {}{VERSION}/restore/next HTTP/1.1\r\n{}\r\n", self.address.path(), self.headers);
        let asked = async {
            let mut connection = self.connected(None).await?;
            connection.send(head.as_bytes(), None, &mut self.patience).await?;
            connection.wait().await?;
            let (head, _) = connection.answer(&mut self.patience, |_, _, _| {}).await?;
            Ok::<_, Trouble>(head.status)
        };
        let why = match asked.await {
            Ok(200) => return Ok(()),
            Ok(status) => format!("the answer to restore/next was {status} instead of 200"),
            Err(trouble) => trouble.into_error().to_string(),
        };
        let address = self.address.authority();
        Err(Error::new(format!("no restore from a snapshot by the Lambda Runtime API at {address}: {why}")))
    }
}
