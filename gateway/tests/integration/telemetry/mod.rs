//! Telemetry for extensions.

mod delivery;
mod records;
mod subscription;
