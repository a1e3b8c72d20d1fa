use std::{str::FromStr, time::Duration};

use super::{Settings, environment::Environment, names::invalid};
use crate::Error;

/// A variable of the environment that Lodger reads: its name, values, default and effect.
///
/// [`VARIABLES`](crate::VARIABLES) has all of them.
#[derive(Debug)]
#[non_exhaustive]
pub struct Variable {
    /// The name, such as `LODGER_GRACE`.
    pub name: &'static str,
    /// The method of `lodger::Lodger` for the same setting, if there is one.
    pub method: Option<&'static str>,
    /// The values that the variable can have, as Markdown. An error about another value contains this text.
    pub value: &'static str,
    /// The default if neither code nor the variable sets a value, as Markdown.
    pub default: &'static str,
    /// The effect of the variable in one or two sentences, as Markdown.
    pub effect: &'static str,
    /// Stores the value in the settings.
    pub(super) apply: fn(&mut Settings, &Value<'_>) -> Result<(), Error>,
}

/// The parts of a [`Variable`] that a process reads.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    value: &'static str,
    pub(super) apply: fn(&mut Settings, &Value<'_>) -> Result<(), Error>,
}

impl Variable {
    pub(super) const fn rule(&self) -> Rule {
        Rule { name: self.name, value: self.value, apply: self.apply }
    }
}

/// The value of a variable that is set.
pub(super) struct Value<'a> {
    pub(super) variable: Rule,
    pub(super) text: String,
    pub(super) environment: &'a Environment,
}

impl Value<'_> {
    pub(super) fn parse<T: FromStr>(&self) -> Result<T, Error> {
        self.text.parse().map_err(|_| self.invalid())
    }

    pub(super) fn on_or_off(&self) -> Result<bool, Error> {
        match self.text.as_str() {
            "on" => Ok(true),
            "off" => Ok(false),
            _ => Err(self.invalid()),
        }
    }

    pub(super) fn milliseconds(&self) -> Result<Duration, Error> {
        self.parse().map(Duration::from_millis)
    }

    /// Reads seconds, which may have a fraction.
    pub(super) fn seconds(&self) -> Result<Duration, Error> {
        Duration::try_from_secs_f64(self.parse()?).map_err(|_| self.invalid())
    }

    /// Whether the address to listen on comes from this variable.
    pub(super) fn decides_addr(&self, settings: &Settings) -> bool {
        let name = self.environment.addr_variable(settings.host(), settings.is_behind_vercels_proxy);
        name == Some(self.variable.name)
    }

    fn invalid(&self) -> Error {
        invalid(self.variable.name, &self.text, self.variable.value)
    }
}
