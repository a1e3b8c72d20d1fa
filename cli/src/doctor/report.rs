use std::collections::BTreeSet;

use super::finding::{Check, CheckedHost, Finding, Severity};

/// The results of all checks.
#[derive(Debug, Default)]
pub struct Report {
    findings: Vec<Finding>,
    /// The checks that ran, with and without a finding.
    done: BTreeSet<(Check, CheckedHost)>,
}

impl Report {
    /// Records that a check ran for hosts.
    pub(super) fn done(&mut self, check: Check, hosts: &[CheckedHost]) {
        self.done.extend(hosts.iter().map(|host| (check, *host)));
    }

    /// Adds a finding, except one that the report has. Templates of one stack repeat each other.
    pub(super) fn add(&mut self, finding: Finding) {
        self.done(finding.check, &finding.hosts);
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }

    /// The findings: first the errors, in the order of the checks.
    pub(super) fn findings(&self) -> Vec<&Finding> {
        let mut findings: Vec<_> = self.findings.iter().collect();
        findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.check));
        findings
    }

    pub(super) fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// Whether any check of a row ran.
    pub(super) fn has_row(&self, check: Check) -> bool {
        self.done.iter().any(|(done, _)| *done == check)
    }

    /// The worst severity of a check for a host. `None` if the check did not run, `Some(None)` if it found nothing.
    pub(super) fn result(&self, check: Check, host: CheckedHost) -> Option<Option<Severity>> {
        let matching = |finding: &&Finding| finding.check == check && finding.hosts.contains(&host);
        self.done
            .contains(&(check, host))
            .then(|| self.findings.iter().filter(matching).map(|found| found.severity).max())
    }
}
