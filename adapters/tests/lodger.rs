//! The settings of `Lodger` that need no host.
#![cfg(all(feature = "axum", feature = "server"))]

use lodger::Lodger;

#[test]
fn debug_output_has_the_settings() {
    let text = format!("{:?}", Lodger::new().health_path("/healthy"));
    assert!(text.starts_with("Lodger {") && text.contains("/healthy"), "{text}");
}

#[cfg(unix)]
#[test]
fn debug_output_has_the_path_of_a_unix_socket() {
    let text = format!("{:?}", Lodger::new().unix_socket("/run/app/app.sock"));
    assert!(text.contains("/run/app/app.sock"), "{text}");
}
