//! The fronts: one file for each service. This file is the only one that names them all.
//!
//! # A new front
//!
//! A front is a `FrontSpec` and a public constructor, in a file of this folder, and a line in `FRONTS`. Other fronts do not
//! change. The following lists and tables need the front too, and a test fails for each that lacks it:
//!
//! | place | test that fails without it |
//! |---|---|
//! | `FRONTS` | `lists_every_front_of_the_folder` |
//! | the constructor, and the words of a failed function, in the tests of this file | the tests themselves |
//! | the limit of headers, in `front/decode.rs` | `rejects_headers_beyond_the_limit` |
//! | other rules of the front that differ from those of most fronts: tests in `event/` and `front/` | the tests themselves |
//! | the text of `Warning::BufferedReply`, if the front streams | `the_warning_of_a_buffered_reply_matches_the_response` |
//! | the usage of the command | made from `Front::all`; a test checks it |
//! | the tables in `gateway/README.md` and `gateway/src/lib.rs` | `tables_of_the_gateway_name_each_front` |
//! | lists in other documents, such as the README | `a_document_that_lists_fronts_names_all` |
//! | the record in `tests/src/losses/fronts.rs` | `has_one_record_for_each_front` |
//! | the test in `tests/tests/integration/matrix/mod.rs` | `has_a_test_for_each_front`, for each framework |
//! | the column in `docs/src/hosts/fronts.md` | `the_table_of_changes_has_a_column_for_each_front` |
//! | the name in spans, in `docs/src/guides/logging.md` | `the_table_of_spans_names_the_kind_of_each_front` |
//! | the model in `tests/oracles/models.py` | `the_oracle_of_events_has_a_model_of_each_front_of_aws` |

mod alb;
mod function_url;
mod http_api;
mod http_api_v1;
mod lattice;
mod rest_api;
pub(crate) mod vercel;

use std::{fmt, str::FromStr};

use crate::front::{Front, spec::FrontSpec};

/// All fronts, in the order of the documentation.
const FRONTS: &[&FrontSpec] = &[
    &function_url::FUNCTION_URL,
    &http_api::HTTP_API,
    &http_api_v1::HTTP_API_V1,
    &rest_api::REST_API,
    &alb::ALB,
    &alb::ALB_MULTI_VALUE,
    &lattice::LATTICE_V1,
    &lattice::LATTICE_V2,
    &vercel::VERCEL,
];

impl Front {
    /// Returns all fronts, with default settings.
    pub fn all() -> Vec<Self> {
        FRONTS.iter().copied().map(Self::new).collect()
    }
}

impl FromStr for Front {
    type Err = UnknownFront;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let spec = FRONTS.iter().find(|spec| spec.name == name);
        spec.map(|spec| Self::new(spec)).ok_or_else(|| UnknownFront(name.to_owned()))
    }
}

/// The error for a name that no front has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFront(String);

impl fmt::Display for UnknownFront {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown front {:?}: expected one of ", self.0)?;
        for (index, spec) in FRONTS.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}", spec.name)?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownFront {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FunctionError;
    use bytes::Bytes;
    use std::collections::BTreeSet;

    #[test]
    fn parses_the_name_of_each_front() {
        for front in Front::all() {
            assert_eq!(front.to_string().parse::<Front>().unwrap().name(), front.name());
        }
        assert_eq!(FRONTS.iter().map(|spec| spec.name).collect::<BTreeSet<_>>().len(), FRONTS.len());
        assert_eq!("rest-api".parse::<Front>().unwrap().settings.stage, "prod");
        let error = "cloudfront".parse::<Front>().unwrap_err().to_string();
        assert!(error.contains("\"cloudfront\"") && error.contains("alb-multi-value"), "{error}");
    }

    #[test]
    fn has_a_name_and_a_constructor_for_each_front() {
        let constructors = [
            Front::function_url(),
            Front::http_api(),
            Front::http_api_v1(),
            Front::rest_api(),
            Front::alb(),
            Front::alb_multi_value(),
            Front::lattice_v1(),
            Front::lattice_v2(),
            Front::vercel(),
        ];
        let names = |fronts: &[Front]| fronts.iter().map(Front::name).collect::<Vec<_>>();
        assert_eq!(names(&constructors), names(&Front::all()));
    }

    #[test]
    fn lists_every_front_of_the_folder() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fronts");
        let list = std::fs::read_to_string(folder.join("mod.rs")).unwrap();
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let module = path.file_stem().unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            for line in text.lines().filter(|line| line.ends_with(": FrontSpec = FrontSpec {")) {
                let name = line.split("const ").nth(1).unwrap().split(':').next().unwrap();
                assert!(list.contains(&format!("    &{module}::{name},\n")), "expected {module}::{name} in `FRONTS`");
                count += 1;
            }
        }
        assert_eq!(count, FRONTS.len());
    }

    #[test]
    fn responds_to_a_failed_function_in_the_words_of_the_front() {
        let failed = Err(FunctionError { error_type: "Function.Panic".into(), body: Bytes::new() });
        let (json, html, text) = ("application/json", "text/html", "text/plain");
        let expected = [
            ("function-url", 502, json, "Internal Server Error"),
            ("http-api", 500, json, r#"{"message":"Internal Server Error"}"#),
            ("http-api-v1", 500, json, r#"{"message":"Internal Server Error"}"#),
            ("rest-api", 502, json, r#"{"message": "Internal server error"}"#),
            ("alb", 502, html, "<html>\r\n<head><title>502 Bad Gateway</title>"),
            ("alb-multi-value", 502, html, "<html>\r\n<head><title>502 Bad Gateway</title>"),
            ("lattice-v1", 502, text, "Bad Gateway"),
            ("lattice-v2", 502, text, "Bad Gateway"),
            ("vercel", 500, "text/plain; charset=utf-8", "A server error has occurred\n\nFUNCTION_INVOCATION_FAILED\n"),
        ];
        assert_eq!(expected.map(|row| row.0)[..], FRONTS.iter().map(|spec| spec.name).collect::<Vec<_>>());
        for (name, status, content_type, body) in expected {
            let response = name.parse::<Front>().unwrap().response(&failed);
            assert_eq!(
                (response.status().as_u16(), &response.headers()["content-type"]),
                (status, &content_type.parse().unwrap()),
                "{name}"
            );
            if content_type == html {
                assert!(response.body().starts_with(body.as_bytes()), "{name}");
            } else {
                assert_eq!(response.body(), body, "{name}");
            }
        }
    }
}
