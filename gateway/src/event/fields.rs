//! Names with their values, in the order in which they came: the header fields and the query parameters of a request.

use bytes::Bytes;
use http::{Request, header};
use serde_json::{Map, Value};

use super::text;
use crate::{front::Front, kind::Kind};

#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, Vec<String>)>);

impl Fields {
    /// The header fields that a front passes on, and those that it adds. Names are in lower case.
    pub(super) fn of_headers(front: &Front, request: &Request<Bytes>) -> Self {
        let mut fields = Self::default();
        for (name, value) in request.headers() {
            // Rule 62: what is of one connection ends here.
            let is_of_connection = matches!(
                *name,
                header::CONNECTION
                    | header::EXPECT
                    | header::TE
                    | header::TRAILER
                    | header::TRANSFER_ENCODING
                    | header::UPGRADE
            ) || name == "keep-alive"
                || name.as_str().starts_with("proxy-");
            if !is_of_connection {
                fields.push(name.as_str(), text(value));
            }
        }
        let length = request.body().len();
        match front.kind {
            // Rule 57.
            Kind::RestApi => fields.remove("content-length"),
            Kind::HttpApi | Kind::HttpApiV1 => fields.set("content-length", length.to_string()),
            _ if length > 0 => fields.set("content-length", length.to_string()),
            _ => {}
        }
        if fields.get("host").is_none() {
            fields.set("host", front.domain.clone());
        }
        let client = front.client.to_string();
        if front.kind == Kind::Vercel {
            for name in ["x-forwarded-for", "x-real-ip", "x-vercel-forwarded-for"] {
                fields.set(name, client.clone());
            }
            let host = fields.get("host").and_then(<[String]>::first).cloned();
            fields.set("x-forwarded-host", host.unwrap_or_default());
            fields.set("x-forwarded-proto", "https".to_owned());
            fields.set("x-vercel-id", "iad1::iad1::abcde-1700000000000-0123456789ab".to_owned());
            return fields;
        }
        // Rule 55: the peer comes last.
        let forwarded = match fields.get("x-forwarded-for") {
            Some(before) => format!("{}, {client}", before.join(", ")),
            None => client,
        };
        let is_lattice = matches!(front.kind, Kind::LatticeV1 | Kind::LatticeV2);
        if !is_lattice {
            fields.set("x-amzn-trace-id", "Root=1-67d1d1be-0123456789abcdef01234567".to_owned());
        }
        fields.set("x-forwarded-for", forwarded);
        if !is_lattice {
            fields.set("x-forwarded-port", "443".to_owned());
            fields.set("x-forwarded-proto", "https".to_owned());
        }
        fields
    }

    pub(super) fn push(&mut self, name: &str, value: String) {
        match self.0.iter_mut().find(|field| field.0 == name) {
            Some((_, values)) => values.push(value),
            None => self.0.push((name.to_owned(), vec![value])),
        }
    }

    /// Puts one value in place of all.
    fn set(&mut self, name: &str, value: String) {
        match self.0.iter_mut().find(|field| field.0 == name) {
            Some((_, values)) => *values = vec![value],
            None => self.0.push((name.to_owned(), vec![value])),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&[String]> {
        self.0.iter().find(|field| field.0 == name).map(|(_, values)| values.as_slice())
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.retain(|field| field.0 != name);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn rename(&mut self, name: impl Fn(&str) -> String) {
        for field in &mut self.0 {
            field.0 = name(&field.0);
        }
    }

    /// An object of strings: the last value of each name.
    pub(super) fn last(&self) -> Value {
        self.object(|_, values| values.last().cloned().into())
    }

    /// An object of strings: the values of each name joined, but cookies as there is only one way to join them.
    pub(super) fn joined(&self, separator: &str) -> Value {
        self.object(|name, values| values.join(if name == "cookie" { "; " } else { separator }).into())
    }

    /// An object of arrays: all values of each name.
    pub(super) fn arrays(&self) -> Value {
        self.object(|_, values| values.into())
    }

    /// An object of strings, and of arrays where there are several values.
    pub(super) fn single_or_arrays(&self) -> Value {
        self.object(|_, values| match values {
            [value] => value.as_str().into(),
            values => values.into(),
        })
    }

    fn object(&self, value: impl Fn(&str, &[String]) -> Value) -> Value {
        self.0.iter().map(|(name, values)| (name.clone(), value(name, values))).collect::<Map<_, _>>().into()
    }
}
