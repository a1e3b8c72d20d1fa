use super::*;

fn keys() -> KeyTable {
    KeyTable::new(std::iter::empty())
}

fn read(event: &[u8]) -> EventFields<'_> {
    EventFields::read(event, &keys()).unwrap()
}

#[test]
fn reads_members_in_any_order() {
    let fields = read(
        br#" {"isBase64Encoded":true, "unknown":[{"rawPath":"/no"}], "requestContext":{"time":1,"http":{"sourceIp":"::1",
            "path":"/no","method":"GET"},"stage":"s"}, "headers":{"a":"1","n":null,"x":2,"b":"2"},
            "cookies":["c=1",null,"d=2"], "body":"", "rawPath":"/yes"} "#,
    );
    let raw = |text: Option<Text<'_>>| String::from_utf8(text.unwrap().verbatim().unwrap().to_vec()).unwrap();
    assert_eq!(raw(fields.raw_path), "/yes");
    assert_eq!(raw(fields.context.stage), "s");
    assert_eq!(raw(fields.context.http.as_ref().unwrap().method), "GET");
    assert_eq!(raw(fields.context.http.unwrap().source_ip), "::1");
    assert!(fields.context.raw.starts_with(br#"{"time":1"#) && fields.context.raw.ends_with(br#""stage":"s"}"#));
    assert_eq!(fields.headers.len(), 2);
    assert_eq!(fields.cookies.len(), 2);
    assert!(fields.is_base64 && fields.multi_headers.is_none());
    assert!(matches!(&fields.body, BodyMember::Text(text) if text.as_bytes() == Some(b"")));
}

#[test]
fn treats_members_of_another_type_as_absent() {
    let fields =
        read(br#"{"rawPath":null,"headers":[],"cookies":{},"body":null,"isBase64Encoded":null,"requestContext":"x"}"#);
    assert!(fields.raw_path.is_none() && fields.headers.is_empty() && fields.cookies.is_empty());
    assert!(matches!(fields.body, BodyMember::Absent) && !fields.is_base64 && fields.context.http.is_none());
    assert!(matches!(read(br#"{"body":{}}"#).body, BodyMember::Other));
}

#[test]
fn reads_maps_of_strings_and_of_lists() {
    let fields = read(
        br#"{"multiValueHeaders":{"a":["1","2"],"n":null,"m":[null,"3"],"s":"4"},"headers":null,
            "queryStringParameters":{"q":"1"},"requestContext":{"elb":{},"identity":{"sourceIp":"::1"}}}"#,
    );
    let texts = |pairs: &Pairs<'_>| -> Vec<String> {
        let text = |text: Text<'_>| String::from_utf8(text.decode().unwrap().into_owned()).unwrap();
        pairs.iter().map(|(key, value)| format!("{}={}", text(*key), text(*value))).collect()
    };
    assert_eq!(texts(fields.multi_headers.as_ref().unwrap()), ["a=1", "a=2", "m=3", "s=4"]);
    assert_eq!(texts(&Pairs::read(fields.query)), ["q=1"]);
    assert!(fields.headers.is_empty() && Pairs::read(fields.multi_query).is_empty());
    assert!(fields.context.source_ip.is_some());
}

#[test]
fn keeps_one_item_more_than_the_maximum() {
    let many = vec!["\"k\":\"v\""; 3 * MAX_ITEMS].join(",");
    let cookies = vec!["\"c=1\""; 3 * MAX_ITEMS].join(",");
    let event =
        format!(r#"{{"headers":{{{many}}},"multiValueQueryStringParameters":{{{many}}},"cookies":[{cookies}]}}"#);
    let fields = read(event.as_bytes());
    let parameters = Pairs::read(fields.multi_query);
    assert_eq!([fields.headers.len(), parameters.len(), fields.cookies.len()], [MAX_ITEMS + 1; 3]);
}

#[test]
fn rejects_json_after_the_event() {
    assert_eq!(EventFields::read(b"{} {}", &keys()).unwrap_err(), Malformed { at: 3 });
}
