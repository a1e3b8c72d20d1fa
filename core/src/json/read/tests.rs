use super::*;
use proptest::prelude::*;

fn text(json: &str) -> Option<String> {
    let text = Reader::new(json.as_bytes()).string().unwrap().unwrap();
    text.decode().map(|bytes| String::from_utf8(bytes.into_owned()).unwrap())
}

#[test]
fn decodes_strings() {
    assert_eq!(text(r#""plain""#).unwrap(), "plain");
    assert_eq!(text(r#""a\"b\\c\/d\b\f\n\r\t""#).unwrap(), "a\"b\\c/d\u{8}\u{c}\n\r\t");
    assert_eq!(text(r#""\u00e9\u4e16\ud83d\ude00""#).unwrap(), "é世😀");
    assert_eq!(text(r#""\\""#).unwrap(), "\\");
}

#[test]
fn rejects_unknown_escapes_and_lone_surrogates() {
    for json in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\u0041""#, r#""\x""#, r#""\u12g4""#, r#""\u12""#] {
        assert_eq!(text(json), None, "{json}");
    }
}

#[test]
fn skips_other_members() {
    let json = br#" { "a" : [1, {"b": "]}\"" }, [] ], "n": null, "e": -1.5e+3, "t":true , "want" : "this" } "#;
    let mut reader = Reader::new(json);
    let mut found = None;
    let is_object = reader.object(|reader, key| {
        if key.verbatim() == Some(b"want") {
            found = reader.string()?
        } else {
            reader.skip().map(drop)?
        }
        Ok(())
    });
    assert_eq!(is_object, Ok(true));
    assert_eq!(found.unwrap().verbatim().unwrap(), b"this");
    assert!(reader.is_at_end());
}

#[test]
fn treats_values_of_another_type_as_absent() {
    assert_eq!(Reader::new(b"null").object(|_, _| unreachable!()), Ok(false));
    assert_eq!(Reader::new(b"{}").array(|_| unreachable!()), Ok(false));
    assert!(Reader::new(b"12").string().unwrap().is_none());
    assert_eq!(Reader::new(b"\"true\"").boolean(), Ok(false));
    assert_eq!(Reader::new(b"true").boolean(), Ok(true));
}

#[test]
fn reports_the_position_of_malformed_json() {
    for (json, at) in [
        ("", 0),
        ("  ", 2),
        ("{", 1),
        (r#"{"a"#, 3),
        (r#"{"a""#, 4),
        (r#"{"a":"#, 5),
        (r#"{"a":1"#, 6),
        (r#"{"a":1,"#, 7),
        (r#"{"a":"\"#, 7),
        (r#"{"a":[{"#, 7),
        (r#"{a:1}"#, 1),
        (r#"{"a";1}"#, 4),
        (r#"{"a":?}"#, 5),
        (r#"{"a":1;}"#, 6),
    ] {
        let read = Reader::new(json.as_bytes()).object(|reader, _| reader.skip().map(drop));
        assert_eq!(read, Err(Malformed { at }), "{json}");
    }
}

#[test]
fn skips_a_million_nested_arrays() {
    let json = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
    assert_eq!(Reader::new(json.as_bytes()).skip().unwrap().len(), 2_000_000);
}

proptest! {
    #[test]
    fn reads_any_string_that_serde_json_writes(string in any::<String>()) {
        let json = serde_json::to_string(&string).unwrap();
        prop_assert_eq!(text(&json).unwrap(), string);
    }

    #[test]
    fn does_not_panic_on_any_bytes(bytes in any::<Vec<u8>>()) {
        let mut reader = Reader::new(&bytes);
        let _ = reader.object(|reader, key| {
            let _ = key.decode();
            reader.array(|reader| reader.skip().map(drop)).map(drop)
        });
    }
}
