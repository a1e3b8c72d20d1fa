//! Errors of the command line.

use tokio::net::TcpListener;

use super::command;

#[cfg(unix)]
#[tokio::test]
async fn rejects_an_argument_that_is_not_utf_8() {
    use std::os::unix::ffi::OsStrExt as _;
    let invalid = std::ffi::OsStr::from_bytes(b"\xff");
    let output = command(&["--", "true"]).arg(invalid).output().await.unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2)
            && error.starts_with("lodger-gateway: invalid argument \"\\xFF\": expected UTF-8\n"),
        "{error}"
    );
}

#[tokio::test]
async fn errors_name_the_value() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let (taken, message) = (&*taken, format!("cannot listen on {taken}: "));
    for (arguments, code, words) in [
        (&["--front", "cloudfront"][..], 2, ["cloudfront", "lattice-v2"]),
        (&["--", "/no/such/function"], 1, ["cannot start /no/such/function: ", "No such file"]),
        (&["--runtime-api", "nowhere"], 2, ["invalid --runtime-api \"nowhere\": ", "127.0.0.1:3000"]),
        (&["--listen", taken], 1, [&message, "choose another address with --listen"]),
        (&["--runtime-api", taken], 1, [&message, "choose another address with --runtime-api"]),
    ] {
        let output = command(arguments).output().await.unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{error}");
        assert!(error.starts_with("lodger-gateway: ") && words.iter().all(|word| error.contains(word)), "{error}");
        // The error, and a reference to the help.
        assert!(error.lines().count() <= 2, "{error}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "the command serves nothing");
    }
}
