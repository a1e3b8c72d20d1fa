//! Conversions between the values of an enum and the names that a variable has for them.

use crate::Error;

/// Implements `FromStr` and `Display` for an enum, and `EXPECTED`: the names as an error message lists them.
macro_rules! impl_names {
    ($enum:ident, $noun:literal, $expected:literal, { $($variant:ident: $name:literal),+ $(,)? }) => {
        impl $enum {
            pub(super) const EXPECTED: &str = $expected;
        }

        impl std::str::FromStr for $enum {
            type Err = $crate::Error;

            /// Reads a name as [`Display`](std::fmt::Display) writes it. Case matters.
            ///
            /// # Errors
            /// The name is unknown.
            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err($crate::settings::names::invalid($noun, name, Self::EXPECTED)),
                }
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => $name,)+
                })
            }
        }
    };
}

pub(super) use impl_names;

/// The error for a value that is not valid. `subject` is the variable or the setting.
pub(super) fn invalid(subject: &str, value: &str, expected: &str) -> Error {
    Error::invalid_setting(format!("invalid {subject} {value:?}: expected {expected}"))
}

#[cfg(test)]
mod tests {
    use std::{fmt, str::FromStr};

    use crate::{Error, Host, ResponseMode, Stage};

    fn assert_names<T: FromStr<Err = Error> + fmt::Display>(noun: &str, expected: &str, names: &[&str]) {
        for name in names {
            assert!(expected.contains(&format!("`{name}`")), "{name}");
            match name.parse::<T>() {
                Ok(value) => assert_eq!(value.to_string(), *name),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(expected.matches('`').count(), 2 * names.len());
        for name in ["", "heroku", " server", "STRIP", "buffered "] {
            let error = name.parse::<T>().err().map(|error| error.to_string());
            assert_eq!(error, Some(format!("invalid {noun} {name:?}: expected {expected}")));
        }
    }

    #[test]
    fn displays_and_parses_every_name() {
        assert_names::<Host>(
            "host",
            Host::EXPECTED,
            &["server", "lambda", "vercel", "web-functions", "azure-functions"],
        );
        assert_names::<Stage>("stage", Stage::EXPECTED, &["strip", "keep"]);
        let modes = ["buffered", "stream", "stream-url", "stream-rest"];
        assert_names::<ResponseMode>("response mode", ResponseMode::EXPECTED, &modes);
    }
}
