use super::*;

#[test]
fn ignores_deadlines_in_the_past() {
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let deadline = |value: &str| parse_deadline(value.as_bytes(), now);
    assert_eq!(deadline("1700000003000"), Some(now + Duration::from_secs(3)));
    assert_eq!(deadline("1700000000000"), None);
    // cargo-lambda sends a duration.
    assert_eq!(deadline("600000"), None);
    for garbage in ["", "soon", "-1", "1e12", "99999999999999999999999", "18446744073709551615"] {
        let _ = deadline(garbage);
    }
    assert_eq!(deadline("soon"), None);
}

#[test]
fn accepts_request_ids_that_need_no_escaping() {
    let is_valid = |id: &str| Context::from_headers([("lambda-runtime-aws-request-id", id)]).has_valid_request_id();
    assert!(is_valid("8476a536-e9f4-11e8-9739-2dfe598c3fcd"));
    for bad in ["", "a/b", "a b", "..%2f", "..", &"a".repeat(129)] {
        assert!(!is_valid(bad), "{bad:?}");
    }
}

#[test]
fn ignores_empty_and_malformed_values() {
    let head = Bytes::from_static(b"\xff");
    let mut context = Context::from_headers([("lambda-runtime-aws-tenant-id", " ")]);
    assert_eq!((context.request_id(), context.tenant_id()), ("", None));
    context = Context::default();
    context.read_header(&head, b"Lambda-Runtime-Trace-Id", &head);
    assert_eq!((context.trace_id(), context.trace_id_bytes()), (None, Some(head)));
}

#[test]
fn reads_each_header_into_its_own_field() {
    let context = Context::from_headers([
        ("Lambda-Runtime-Aws-Request-Id", "id"),
        ("lambda-runtime-invoked-function-arn", " arn "),
        ("lambda-runtime-trace-id", "Root=1"),
        ("lambda-runtime-client-context", "{}"),
        ("lambda-runtime-cognito-identity", "[]"),
        ("lambda-runtime-aws-tenant-id", "blue"),
        ("lambda-runtime-invocation-id", "try-2"),
        ("Lambda-Runtime-Deadline-Ms", "253402300799000"),
        ("lambda-runtime-function-response-mode", "ignored"),
        ("content-type", "ignored"),
    ]);
    assert_eq!((context.request_id(), context.invoked_function_arn()), ("id", Some("arn")));
    assert_eq!((context.trace_id(), context.client_context()), (Some("Root=1"), Some("{}")));
    assert_eq!((context.cognito_identity(), context.tenant_id()), (Some("[]"), Some("blue")));
    assert_eq!(context.invocation_id(), Some("try-2"));
    assert_eq!(context.deadline(), Some(UNIX_EPOCH + Duration::from_secs(253_402_300_799)));
    // The client context and the identity may identify a person.
    let debug = format!("{context:?}");
    assert!(debug.contains("request_id: \"id\"") && !debug.contains("{}") && !debug.contains("[]"), "{debug}");
}
