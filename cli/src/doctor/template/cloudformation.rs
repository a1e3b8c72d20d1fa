//! Templates of CloudFormation, with the resources of SAM. The AWS CDK writes templates without them.

use super::{
    function::{FunctionUrl, INVOKE, INVOKE_URL, Permission, RestMethod, TemplateFunction, Variables},
    node::{Node, is_set_to},
    stack::{Template, kind},
};

/// Reads the functions of a template, with their URLs, methods and permissions.
pub(super) fn functions(file: &str, root: &Node) -> Vec<TemplateFunction> {
    let template = Template { file, root };
    let mut functions = Vec::new();
    for (name, resource) in template.resources() {
        let is_sam = match kind(resource) {
            "AWS::Serverless::Function" => true,
            "AWS::Lambda::Function" => false,
            _ => continue,
        };
        functions.push(template.function(name, resource, is_sam));
    }
    functions
}

impl<'a> Template<'a> {
    fn function(&self, name: &'a str, resource: &'a Node, is_sam: bool) -> TemplateFunction {
        let place = self.place(name);
        let own = |property: &str| resource.path(&["Properties", property]);
        let global = |property: &str| self.root.path(&["Globals", "Function", property]).filter(|_| is_sam);
        let property = |name: &str| own(name).or_else(|| global(name));
        let is_container = is_set_to(property("PackageType"), "Image").unwrap_or(false);
        let runtime = property("Runtime").map_or(Some(""), Node::literal).map(str::to_owned);
        let mut variables = Variables::read(global("Environment").and_then(|environment| environment.get("Variables")));
        let own_variables = Variables::read(own("Environment").and_then(|environment| environment.get("Variables")));
        variables.is_complete &= own_variables.is_complete
            && [own("Environment"), global("Environment")]
                .into_iter()
                .flatten()
                .all(|node| matches!(node, Node::Table(_)));
        // A variable of the function replaces the global one.
        variables.entries.retain(|(name, _)| own_variables.get(name).is_none());
        variables.entries.extend(own_variables.entries);
        let mut urls: Vec<_> = self.urls(name).collect();
        if let Some(config) = property("FunctionUrlConfig").filter(|_| is_sam) {
            // SAM adds both permissions of a public URL.
            urls.push(FunctionUrl { missing_actions: Vec::new(), ..url(&place, config) });
        }
        let mut rest_methods: Vec<_> = self.rest_methods(name).collect();
        if is_sam {
            rest_methods.extend(sam_methods(&place, own("Events")));
        }
        TemplateFunction {
            runtime: if is_container { Some(String::new()) } else { runtime },
            architecture: architecture(property("Architectures")),
            variables,
            has_snap_start: property("SnapStart")
                .is_some_and(|snap_start| is_set_to(snap_start.get("ApplyOn"), "PublishedVersions") == Some(true)),
            urls,
            rest_methods,
            place,
        }
    }

    /// The resources `AWS::Lambda::Url`, for which nothing adds permissions.
    fn urls(&self, function: &'a str) -> impl Iterator<Item = FunctionUrl> {
        let urls = self.belonging("AWS::Lambda::Url", function, &["TargetFunctionArn"]);
        urls.filter_map(move |(name, resource)| {
            let properties = resource.get("Properties")?;
            let mut url = url(&self.place(name), properties);
            if is_set_to(properties.get("AuthType"), "NONE") == Some(true) {
                url.missing_actions = self.missing_actions(function);
            }
            Some(url)
        })
    }

    fn missing_actions(&self, function: &'a str) -> Vec<&'static str> {
        let permissions: Vec<_> = self.permissions(function).collect();
        let is_allowed = |action: &str| {
            permissions.iter().any(|properties| {
                let (action_of, principal) = (properties.get("Action"), properties.get("Principal"));
                Permission { action: action_of, principal }.allows(action)
            })
        };
        [INVOKE_URL, INVOKE].into_iter().filter(|action| !is_allowed(action)).collect()
    }

    fn rest_methods(&self, function: &'a str) -> impl Iterator<Item = RestMethod> {
        let methods = self.belonging("AWS::ApiGateway::Method", function, &["Integration", "Uri"]);
        methods.map(|(name, resource)| RestMethod {
            place: self.place(name),
            streams: is_set_to(resource.path(&["Properties", "Integration", "ResponseTransferMode"]), "STREAM"),
        })
    }
}

fn url(place: &str, properties: &Node) -> FunctionUrl {
    FunctionUrl {
        place: place.to_owned(),
        streams: is_set_to(properties.get("InvokeMode"), "RESPONSE_STREAM"),
        missing_actions: Vec::new(),
        is_tool_adding: false,
    }
}

/// The first architecture. Without the property, it is x86_64.
fn architecture(property: Option<&Node>) -> Option<String> {
    let Some(property) = property else { return Some("x86_64".to_owned()) };
    property.items().first().and_then(Node::literal).map(str::to_owned)
}

/// The events of SAM's type `Api`. Their mode has the name of a mode of Function URLs.
fn sam_methods<'a>(place: &str, events: Option<&'a Node>) -> impl Iterator<Item = RestMethod> + use<'a> {
    let place = place.to_owned();
    let events = events.map(Node::entries).unwrap_or_default().iter();
    events.filter(|(_, event)| event.get("Type").and_then(Node::literal) == Some("Api")).map(move |(name, event)| {
        let mode = event.path(&["Properties", "ResponseTransferMode"]);
        RestMethod { place: format!("{place}, event {name}"), streams: is_set_to(mode, "RESPONSE_STREAM") }
    })
}

#[cfg(test)]
mod tests {
    use super::{super::yaml, *};

    fn read(text: &str) -> Vec<TemplateFunction> {
        functions("t.yaml", &yaml::parse(text).unwrap())
    }

    #[test]
    fn merges_the_globals_of_sam() {
        let found = read(
            r"
Globals:
  Function:
    Runtime: provided.al2023
    Architectures: [arm64]
    Environment: {Variables: {A: global, B: global}}
Resources:
  App:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {B: own, C: !Ref Parameter}}
  Other:
    Type: AWS::Lambda::Function
    Properties: {Runtime: !Ref Runtime, Environment: !Ref Parameter}
",
        );
        let [app, other] = &*found else { panic!("{found:?}") };
        assert_eq!((app.runtime.as_deref(), app.architecture.as_deref()), (Some("provided.al2023"), Some("arm64")));
        let get = |name: &str| app.variables.get(name);
        assert_eq!((get("A"), get("B"), get("C")), (Some(Some("global")), Some(Some("own")), Some(None)));
        assert_eq!(app.variables.entries.len(), 3);
        assert!(app.variables.is_complete && !other.variables.is_complete);
        assert_eq!((other.runtime.as_deref(), other.architecture.as_deref()), (None, Some("x86_64")));
    }

    #[test]
    fn finds_the_permissions_of_a_url_by_alias_and_by_name() {
        let template = |permissions: &str| {
            format!(
                r"
Resources:
  App: {{Type: AWS::Lambda::Function, Properties: {{FunctionName: weather}}}}
  Live: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: !Ref App}}}}
  Url: {{Type: AWS::Lambda::Url, Properties: {{TargetFunctionArn: !Ref Live, AuthType: NONE}}}}
{permissions}"
            )
        };
        let missing = |permissions: &str| {
            let found = read(&template(permissions));
            found[0].urls[0].missing_actions.clone()
        };
        assert_eq!(missing(""), [INVOKE_URL, INVOKE]);
        let permission = |name: &str, function: &str, action: &str| {
            format!(
                "  {name}: {{Type: AWS::Lambda::Permission, Properties: {{FunctionName: {function}, Action: {action}, Principal: '*'}}}}\n"
            )
        };
        assert_eq!(missing(&permission("A", "!Ref Live", INVOKE_URL)), [INVOKE]);
        let both = permission("A", "weather", INVOKE_URL) + &permission("B", "!GetAtt App.Arn", INVOKE);
        assert_eq!(missing(&both), [""; 0]);
        assert_eq!(missing(&permission("A", "!Ref App", "!Ref Action")), [""; 0]);
        assert_eq!(missing(&permission("A", "other", INVOKE)), [INVOKE_URL, INVOKE]);
        assert_eq!(missing(&permission("A", "!Ref Url", INVOKE)), [INVOKE_URL, INVOKE]);
        // The function of a permission may be this one.
        assert_eq!(missing(&permission("A", "!Ref Parameter", INVOKE)), [INVOKE_URL]);
    }

    #[test]
    fn finds_the_methods_of_a_rest_api() {
        let found = read(
            r#"
Resources:
  App: {Type: AWS::Lambda::Function, Properties: {Runtime: provided.al2023}}
  Stream:
    Type: AWS::ApiGateway::Method
    Properties:
      Integration:
        Uri: !Sub "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2021-11-15/functions/${App.Arn}/response-streaming-invocations"
        ResponseTransferMode: STREAM
  Buffer:
    Type: AWS::ApiGateway::Method
    Properties: {Integration: {Uri: !Join ["", ["arn:", !GetAtt App.Arn, "/invocations"]]}}
  Mock: {Type: AWS::ApiGateway::Method, Properties: {Integration: {Type: MOCK}}}
"#,
        );
        let methods: Vec<_> = found[0].rest_methods.iter().map(|method| (&*method.place, method.streams)).collect();
        assert_eq!(methods, [("t.yaml (Stream)", Some(true)), ("t.yaml (Buffer)", Some(false))]);
    }
}
