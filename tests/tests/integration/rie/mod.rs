//! Processes under AWS's Runtime Interface Emulator.
//!
//! `tests/oracles/rie.sh` installs the emulator. These tests are skipped without the emulator, and fail if `LODGER_TEST_RIE` is `required`.
#![cfg(target_os = "linux")]

mod emulator;
mod extensions;
mod install;
mod managed_instances;
mod requests;
mod root;
mod snap_start;
mod start_and_stop;
mod streams;

use bytes::Bytes;
use http::Response;
use lodger_gateway::Front;
use serde_json::Value;

use emulator::Emulator;
use root::Root;

/// A front that can stream, and a front that cannot.
fn fronts() -> [Front; 2] {
    [Front::function_url(), Front::http_api()]
}

/// The JSON of a body.
fn json(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap_or_else(|error| panic!("{error}: {response:?}"))
}

/// The values of a header of a response.
fn header_values<'a>(response: &'a Response<Bytes>, name: &str) -> Vec<&'a str> {
    let values = response.headers().get_all(name).iter();
    values.map(|value| value.to_str().unwrap()).collect()
}

/// The values of a header in the request that the probe has seen.
fn seen_header<'a>(seen: &'a Value, name: &str) -> Vec<&'a str> {
    let headers = seen["headers"].as_array().unwrap().iter();
    headers.filter(|header| header[0] == name).map(|header| header[1].as_str().unwrap()).collect()
}
