//! The checks of a binary, alone or in a package.

use super::{
    finding::{Check, CheckedHost, Finding, Severity},
    report::Report,
};
use crate::binary::{ElfBinary, GlibcVersion, Machine, MismatchKind, Requirement};

/// The function that a binary has to fit.
#[derive(Debug, Clone)]
pub(super) struct Destination {
    /// The hosts that the binary is for.
    pub hosts: Vec<CheckedHost>,
    /// Whether the user or the kind of the package has chosen the hosts. Otherwise they are all hosts, of which the user may need one.
    pub is_chosen: bool,
    /// The architecture of the function, if it is known.
    pub machine: Option<Machine>,
    /// The runtime on Lambda, if a template names it.
    pub runtime: Option<String>,
}

impl Destination {
    /// Returns the version of glibc on a host, with the name of the system for messages. That of a server is unknown.
    fn glibc(&self, host: CheckedHost) -> Option<(String, GlibcVersion)> {
        match (host, self.runtime.as_deref()) {
            (CheckedHost::Lambda, Some(runtime @ "provided.al2")) => {
                Some((runtime.to_owned(), GlibcVersion::AMAZON_LINUX_2))
            }
            (CheckedHost::Lambda | CheckedHost::Vercel, _) => Some((host.to_string(), GlibcVersion::AMAZON_LINUX_2023)),
            (CheckedHost::Server, _) => None,
        }
    }
}

/// Checks the architecture, the glibc and the features of a binary.
pub(super) fn check(binary: &ElfBinary, place: &str, destination: &Destination, report: &mut Report) {
    for host in &destination.hosts {
        if let Some((system, glibc)) = destination.glibc(*host) {
            let requirement = Requirement { host: system, glibc, machine: destination.machine };
            check_requirement(binary, place, *host, &requirement, report);
        }
        check_features(binary, place, *host, destination.is_chosen, report);
    }
}

fn check_requirement(
    binary: &ElfBinary,
    place: &str,
    host: CheckedHost,
    requirement: &Requirement,
    report: &mut Report,
) {
    report.done(Check::Architecture, &[host]);
    report.done(Check::Glibc, &[host]);
    for mismatch in requirement.mismatches(binary) {
        let check = match mismatch.kind {
            MismatchKind::Architecture => Check::Architecture,
            MismatchKind::Glibc => Check::Glibc,
        };
        report.add(Finding {
            severity: Severity::Error,
            check,
            hosts: vec![host],
            place: place.to_owned(),
            problem: format!("cannot start on {host}: {}", mismatch.cause),
            fix: mismatch.fix,
        });
    }
}

/// Checks that Lodger was built for a host. A binary without Lodger is not checked.
fn check_features(binary: &ElfBinary, place: &str, host: CheckedHost, is_chosen: bool, report: &mut Report) {
    let Some(features) = binary.features else { return };
    report.done(Check::Features, &[host]);
    let (has_feature, feature) = match host {
        CheckedHost::Lambda => (features.has_lambda, "lambda"),
        CheckedHost::Vercel => (features.has_vercel, "vercel"),
        CheckedHost::Server => (features.has_server, "server"),
    };
    if !has_feature {
        report.add(Finding {
            severity: if is_chosen { Severity::Error } else { Severity::Warning },
            check: Check::Features,
            hosts: vec![host],
            place: place.to_owned(),
            problem: format!("cannot run on {host}: Lodger was built without the feature `{feature}`"),
            fix: format!("add `{feature}` to the features of `lodger` in Cargo.toml"),
        });
    }
}
