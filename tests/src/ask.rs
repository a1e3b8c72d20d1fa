//! The previous names of [`client`](crate::client), for modules that still import them.

pub use crate::client::{
    ClientRequest as Sent, send as ask, send_bytes as raw, wait_until_refused as takes_no_new_clients,
};
