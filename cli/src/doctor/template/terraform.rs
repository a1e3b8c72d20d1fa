//! Files of Terraform and OpenTofu: the resources of the AWS provider in one folder, without modules.

use super::{
    function::{FunctionUrl, INVOKE, Permission, RestMethod, TemplateFunction, Variables},
    hcl::{Function, Resource},
    node::{Node, is_set_to},
};

/// Finds the functions among the resources of a folder, with their URLs, methods and permissions.
pub(super) fn functions(resources: &[Resource]) -> Vec<TemplateFunction> {
    let functions = resources.iter().filter(|resource| resource.kind == "aws_lambda_function");
    functions.map(|function| read_function(&Function::new(function, resources), resources)).collect()
}

fn read_function(function: &Function<'_>, resources: &[Resource]) -> TemplateFunction {
    let arguments = &function.resource.arguments;
    let argument = |name: &str| arguments.get(name);
    let belonging = |kind: &'static str, argument: &'static str| {
        resources.iter().filter(move |resource| resource.kind == kind && resource.refers_to(argument, function))
    };
    let is_container = is_set_to(argument("package_type"), "Image").unwrap_or(false);
    let runtime = argument("runtime").map_or(Some(""), Node::literal).map(str::to_owned);
    let permissions = resources.iter().filter(|resource| resource.kind == "aws_lambda_permission");
    let mut permissions = permissions.filter(|permission| permission.may_refer_to("function_name", function));
    let is_allowed = permissions.any(|permission| {
        let (action, principal) = (permission.arguments.get("action"), permission.arguments.get("principal"));
        Permission { action, principal }.allows(INVOKE)
    });
    let architecture = match argument("architectures") {
        None => Some("x86_64".to_owned()),
        Some(list) => list.items().first().and_then(Node::literal).map(str::to_owned),
    };
    TemplateFunction {
        place: function.resource.place(),
        runtime: if is_container { Some(String::new()) } else { runtime },
        architecture,
        variables: Variables::read(arguments.path(&["environment", "variables"])),
        has_snap_start: is_set_to(arguments.path(&["snap_start", "apply_on"]), "PublishedVersions") == Some(true),
        urls: belonging("aws_lambda_function_url", "function_name").map(|url| read_url(url, is_allowed)).collect(),
        rest_methods: belonging("aws_api_gateway_integration", "uri")
            .map(|method| RestMethod {
                place: method.place(),
                streams: is_set_to(method.arguments.get("response_transfer_mode"), "STREAM"),
            })
            .collect(),
    }
}

/// Reads a Function URL. The provider adds the permission for `lambda:InvokeFunctionUrl`, and the other one only in new versions.
fn read_url(url: &Resource, is_allowed: bool) -> FunctionUrl {
    let is_public = is_set_to(url.arguments.get("authorization_type"), "NONE") == Some(true);
    FunctionUrl {
        place: url.place(),
        streams: is_set_to(url.arguments.get("invoke_mode"), "RESPONSE_STREAM"),
        missing_actions: if is_public && !is_allowed { vec![INVOKE] } else { Vec::new() },
        is_tool_adding: true,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::hcl::resources, *};

    const FUNCTION: &str = r#"
resource "aws_lambda_function" "app" {
  function_name = "weather"
  runtime       = "provided.al2023"
  architectures = [var.architecture]
  environment {
    variables = { LODGER_RESPONSE_MODE = "stream", "API_TOKEN" = var.token }
  }
  snap_start { apply_on = "PublishedVersions" }
}
resource "aws_lambda_function_url" "app" {
  function_name      = aws_lambda_function.app.function_name
  authorization_type = "NONE"
  invoke_mode        = "RESPONSE_STREAM"
}
resource "aws_api_gateway_integration" "app" {
  uri = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${aws_lambda_function.app.arn}/invocations"
}
"#;

    fn read(text: &str) -> TemplateFunction {
        functions(&resources("main.tf", text).unwrap()).remove(0)
    }

    #[test]
    fn reads_a_function_and_its_fronts() {
        let function = read(FUNCTION);
        assert_eq!(function.place, "main.tf (aws_lambda_function.app)");
        assert_eq!((function.runtime.as_deref(), function.architecture), (Some("provided.al2023"), None));
        assert_eq!(function.variables.get("LODGER_RESPONSE_MODE"), Some(Some("stream")));
        assert_eq!(function.variables.get("API_TOKEN"), Some(None));
        assert!(function.has_snap_start && function.variables.is_complete);
        assert_eq!((function.urls[0].streams, &*function.urls[0].missing_actions), (Some(true), &[INVOKE][..]));
        assert_eq!(function.rest_methods[0].streams, Some(false));
    }

    #[test]
    fn finds_the_permission_of_a_url() {
        let permission = |function: &str| {
            let permission = r#"resource "aws_lambda_permission" "url" {
  function_name = FUNCTION
  action        = "lambda:InvokeFunction"
  principal     = "*"
}"#;
            read(&format!("{FUNCTION}{}", permission.replace("FUNCTION", function))).urls[0].missing_actions.len()
        };
        assert_eq!((permission("aws_lambda_function.app.arn"), permission("\"weather\"")), (0, 0));
        assert_eq!(permission("aws_lambda_function.other.arn"), 1);
        // The function of a permission may be this one.
        assert_eq!(permission("var.function"), 0);
    }

    #[test]
    fn follows_aliases_of_a_function() {
        let url = r#"
resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.app.arn
  function_version = "1"
}
resource "aws_lambda_function_url" "live" {
  function_name      = aws_lambda_alias.live.function_name
  qualifier          = aws_lambda_alias.live.name
  authorization_type = "NONE"
}"#;
        let permission = r#"
resource "aws_lambda_permission" "live" {
  function_name = aws_lambda_alias.live.arn
  action        = "lambda:InvokeFunction"
  principal     = "*"
}"#;
        let missing = |text: &str| read(text).urls.into_iter().map(|url| url.missing_actions.len()).collect::<Vec<_>>();
        assert_eq!(missing(&format!("{FUNCTION}{url}")), [1, 1]);
        assert_eq!(missing(&format!("{FUNCTION}{url}{permission}")), [0, 0]);
    }

    #[test]
    fn does_not_know_dynamic_blocks() {
        let block = r#"dynamic "environment" {
    for_each = var.is_streaming ? [1] : []
    content {
      variables = { LODGER_RESPONSE_MODE = "stream" }
    }
  }"#;
        let (before, rest) = FUNCTION.split_once("environment {").unwrap();
        let (_, after) = rest.split_once("\n  }").unwrap();
        let function = read(&format!("{before}{block}{after}"));
        assert_eq!((function.variables.is_complete, function.variables.get("LODGER_RESPONSE_MODE")), (false, None));
        assert!(function.has_snap_start);
    }

    #[test]
    fn rejects_other_text() {
        assert!(resources("main.tf", "resource {").is_err());
        assert_eq!(resources("main.tf", "locals { a = 1 }").unwrap().len(), 0);
    }
}
