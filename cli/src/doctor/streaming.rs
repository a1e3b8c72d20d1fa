//! The response mode of a function, compared with the modes of its fronts.

use super::{
    finding::{Check, CheckedHost, Finding, Severity},
    report::Report,
    template::TemplateFunction,
};

/// The variable of the response mode. It overrides `Lodger::response_mode`.
const VARIABLE: &str = "LODGER_RESPONSE_MODE";

/// A front that can stream.
struct Front<'a> {
    place: &'a str,
    /// The setting of the front that makes it stream.
    setting: &'static str,
    streams: Option<bool>,
    /// The mode with which only this kind of front streams.
    mode: &'static str,
}

/// Checks that either both sides stream or none. A mode that only the deployment knows is not checked.
pub(super) fn check(function: &TemplateFunction, report: &mut Report) {
    if !function.may_be_rust() {
        return;
    }
    let mode = match function.variables.get(VARIABLE) {
        Some(Some(mode)) => Some(mode),
        Some(None) => return,
        None if function.variables.is_complete => None,
        None => return,
    };
    report.done(Check::Streaming, &[CheckedHost::Lambda]);
    if let Some(mode) = mode.filter(|mode| !["buffered", "stream", "stream-url", "stream-rest"].contains(mode)) {
        let problem = format!("cannot start: {VARIABLE} is {mode:?}, which is no response mode");
        report.add(error(
            &function.place,
            problem,
            "set `buffered`, `stream`, `stream-url` or `stream-rest`".to_owned(),
        ));
        return;
    }
    let urls = function.urls.iter().map(|url| Front {
        place: &url.place,
        setting: "InvokeMode: RESPONSE_STREAM",
        streams: url.streams,
        mode: "stream-url",
    });
    let methods = function.rest_methods.iter().map(|method| Front {
        place: &method.place,
        setting: "ResponseTransferMode: STREAM",
        streams: method.streams,
        mode: "stream-rest",
    });
    for front in urls.chain(methods) {
        report.extend(mismatch(&front, mode));
    }
}

/// Returns the finding of a front whose mode differs from that of the function.
fn mismatch(front: &Front<'_>, mode: Option<&str>) -> Option<Finding> {
    let function_streams = mode.is_some_and(|mode| mode == "stream" || mode == front.mode);
    let consequence = "clients receive the JSON of the reply instead of the response";
    match (front.streams, function_streams) {
        (Some(true), false) => {
            let state = mode.map_or_else(|| format!("{VARIABLE} is not set"), |mode| format!("{VARIABLE} is {mode}"));
            let found = error(
                front.place,
                format!("the front streams, and {state}: {consequence}"),
                format!("set {VARIABLE}=stream for the function, or remove `{}`", front.setting),
            );
            // Without the variable, the code may call `Lodger::response_mode`.
            let severity = if mode.is_none() { Severity::Warning } else { Severity::Error };
            Some(Finding { severity, ..found })
        }
        (Some(false), true) => Some(error(
            front.place,
            format!("{VARIABLE} is {}, and the front does not stream: {consequence}", mode.unwrap_or_default()),
            format!("set `{}`, or remove {VARIABLE}", front.setting),
        )),
        _ => None,
    }
}

fn error(place: &str, problem: String, fix: String) -> Finding {
    let hosts = vec![CheckedHost::Lambda];
    Finding { severity: Severity::Error, check: Check::Streaming, hosts, place: place.to_owned(), problem, fix }
}

#[cfg(test)]
mod tests {
    use super::{
        super::template::{FunctionUrl, RestMethod, Variables},
        *,
    };

    /// The severities for a mode, a URL and a method.
    fn severities(mode: Option<&str>, url: Option<bool>, rest: Option<bool>) -> Vec<Severity> {
        let entries = mode.map(|mode| (VARIABLE.to_owned(), Some(mode.to_owned()))).into_iter().collect();
        let url =
            FunctionUrl { place: String::new(), streams: url, missing_actions: Vec::new(), is_tool_adding: false };
        let function = TemplateFunction {
            runtime: Some("provided.al2023".to_owned()),
            variables: Variables { entries, is_complete: true },
            urls: vec![url],
            rest_methods: vec![RestMethod { place: String::new(), streams: rest }],
            ..TemplateFunction::default()
        };
        let mut report = Report::default();
        check(&function, &mut report);
        report.findings().iter().map(|finding| finding.severity).collect()
    }

    #[test]
    fn reports_fronts_whose_mode_differs() {
        let (yes, no) = (Some(true), Some(false));
        let (error, warning) = (Severity::Error, Severity::Warning);
        for (mode, url, rest, expected) in [
            (None, no, no, vec![]),
            (Some("buffered"), no, no, vec![]),
            (Some("stream"), yes, yes, vec![]),
            (Some("stream-url"), yes, no, vec![]),
            (Some("stream-rest"), no, yes, vec![]),
            (Some("stream"), None, None, vec![]),
            (None, yes, no, vec![warning]),
            (Some("buffered"), yes, no, vec![error]),
            (Some("stream"), yes, no, vec![error]),
            (Some("stream-url"), no, yes, vec![error, error]),
            (Some("both"), no, no, vec![error]),
        ] {
            assert_eq!(severities(mode, url, rest), expected, "{mode:?} {url:?} {rest:?}");
        }
    }

    #[test]
    fn does_not_check_what_the_template_does_not_have() {
        let url =
            FunctionUrl { place: String::new(), streams: Some(true), missing_actions: vec![], is_tool_adding: false };
        let unknown = Variables { entries: vec![(VARIABLE.to_owned(), None)], is_complete: true };
        let incomplete = Variables { entries: Vec::new(), is_complete: false };
        let complete = Variables { is_complete: true, ..incomplete.clone() };
        for (runtime, variables) in
            [("provided.al2023", unknown), ("provided.al2023", incomplete), ("nodejs24.x", complete)]
        {
            let runtime = Some(runtime.to_owned());
            let function =
                TemplateFunction { runtime, variables, urls: vec![url.clone()], ..TemplateFunction::default() };
            let mut report = Report::default();
            check(&function, &mut report);
            assert_eq!(report.findings().len(), 0);
        }
    }
}
