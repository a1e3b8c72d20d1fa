//! Extensions.

mod errors;
mod events;
mod registration;
