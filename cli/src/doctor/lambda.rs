//! The checks of a function of a template.

use super::{
    finding::{Check, CheckedHost, Finding, Severity},
    report::Report,
    secrets,
    template::TemplateFunction,
};
use crate::size::LAMBDA_MAX_VARIABLES;

/// Checks the permissions of URLs, SnapStart and the variables of a function.
pub(super) fn check(function: &TemplateFunction, report: &mut Report) {
    check_permissions(function, report);
    check_snap_start(function, report);
    check_variables(function, report);
}

fn check_permissions(function: &TemplateFunction, report: &mut Report) {
    for url in &function.urls {
        report.done(Check::Permissions, &[CheckedHost::Lambda]);
        if url.missing_actions.is_empty() {
            continue;
        }
        let actions = url.missing_actions.join(" and ");
        let (severity, fix) = if url.is_tool_adding {
            let fix = "add the resource `aws_lambda_permission`, or use version 6.29 or later of the AWS provider";
            (Severity::Warning, fix.to_owned())
        } else {
            let resources = match *url.missing_actions {
                [_] => "a resource `AWS::Lambda::Permission`",
                _ => "two resources `AWS::Lambda::Permission`",
            };
            (Severity::Error, format!("add {resources} with the action {actions} and the principal `*`"))
        };
        let problem =
            format!("responds with 403: no permission allows {actions}, which a URL without authorization needs");
        report.add(finding(severity, Check::Permissions, &url.place, problem, fix));
    }
}

fn check_snap_start(function: &TemplateFunction, report: &mut Report) {
    report.done(Check::SnapStart, &[CheckedHost::Lambda]);
    let runtime = function.runtime.as_deref().filter(|runtime| runtime.starts_with("provided"));
    if let Some(runtime) = runtime.filter(|_| function.has_snap_start) {
        let problem = format!("SnapStart is on, and Lambda does not offer SnapStart for the runtime {runtime}");
        report.add(finding(Severity::Error, Check::SnapStart, &function.place, problem, "remove SnapStart".to_owned()));
    }
}

fn check_variables(function: &TemplateFunction, report: &mut Report) {
    report.done(Check::Variables, &[CheckedHost::Lambda]);
    let place = &function.place;
    for (name, value) in &function.variables.entries {
        if secrets::is_secret(name, value.as_deref().unwrap_or_default()) {
            report.add(secrets::finding(place, name, vec![CheckedHost::Lambda]));
        }
    }
    let sizes =
        function.variables.entries.iter().map(|(name, value)| name.len() + value.as_ref().map_or(0, String::len));
    let size: usize = sizes.sum();
    if size > LAMBDA_MAX_VARIABLES {
        let problem = format!("the variables have {size} bytes, and the limit is {LAMBDA_MAX_VARIABLES}");
        let fix = "move values to a file of the package, to Parameter Store or to Amazon S3".to_owned();
        report.add(finding(Severity::Error, Check::Variables, place, problem, fix));
    }
}

fn finding(severity: Severity, check: Check, place: &str, problem: String, fix: String) -> Finding {
    Finding { severity, check, hosts: vec![CheckedHost::Lambda], place: place.to_owned(), problem, fix }
}

#[cfg(test)]
mod tests {
    use super::{super::template::Variables, *};

    fn findings(function: &TemplateFunction) -> Vec<String> {
        let mut report = Report::default();
        check(function, &mut report);
        report.findings().iter().map(|finding| finding.problem.clone()).collect()
    }

    #[test]
    fn only_runtimes_without_snap_start_are_an_error() {
        for (runtime, expected) in [(Some("provided.al2023"), 1), (Some("python3.13"), 0), (Some(""), 0), (None, 0)] {
            let runtime = runtime.map(str::to_owned);
            let function = TemplateFunction { runtime, has_snap_start: true, ..TemplateFunction::default() };
            assert_eq!(findings(&function).len(), expected, "{:?}", function.runtime);
        }
    }

    #[test]
    fn adds_the_sizes_of_names_and_values() {
        let variables =
            |length| Variables { entries: vec![("NAME".to_owned(), Some("x".repeat(length)))], is_complete: true };
        let function = |length| TemplateFunction { variables: variables(length), ..TemplateFunction::default() };
        assert_eq!(findings(&function(4_092)).len(), 0);
        assert_eq!(findings(&function(4_093)), ["the variables have 4097 bytes, and the limit is 4096"]);
    }

    #[test]
    fn no_message_contains_the_value_of_a_secret() {
        let entries = vec![("API_TOKEN".to_owned(), Some("hunter2".to_owned())), ("OTHER_TOKEN".to_owned(), None)];
        let variables = Variables { entries, is_complete: true };
        let mut report = Report::default();
        check(&TemplateFunction { variables, ..TemplateFunction::default() }, &mut report);
        let text = format!("{:?}", report.findings());
        assert!(text.contains("API_TOKEN") && !text.contains("OTHER_TOKEN") && !text.contains("hunter2"), "{text}");
    }
}
