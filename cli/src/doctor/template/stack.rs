use super::node::Node;

/// A template, and the name of its file.
pub(super) struct Template<'a> {
    pub file: &'a str,
    pub root: &'a Node,
}

impl<'a> Template<'a> {
    /// The resources with their names.
    pub(super) fn resources(&self) -> impl Iterator<Item = (&'a str, &'a Node)> + use<'a> {
        let resources = self.root.get("Resources").map(Node::entries).unwrap_or_default();
        resources.iter().map(|(name, resource)| (&**name, resource))
    }

    /// The resources of a type whose property refers to a function, or to its alias or version.
    pub(super) fn belonging(
        &self,
        wanted: &'static str,
        function: &'a str,
        property: &'static [&'static str],
    ) -> impl Iterator<Item = (&'a str, &'a Node)> + use<'a> {
        let resources: Vec<_> = self.resources().collect();
        let names = self.names_of(function);
        resources.into_iter().filter(move |(_, resource)| {
            let target = resource.get("Properties").and_then(|properties| properties.path(property));
            kind(resource) == wanted && target.is_some_and(|target| refers_to(target, &names))
        })
    }

    /// The permissions for a function, and those for a function that only the deployment knows.
    pub(super) fn permissions(&self, function: &'a str) -> impl Iterator<Item = &'a Node> + use<'a> {
        let (names, resources): (_, Vec<_>) = (self.names_of(function), self.resources().collect());
        let is_known = move |target: &Node| {
            target.references().iter().any(|name| resources.iter().any(|(known, _)| known == name))
        };
        let permissions = self.resources().filter(|(_, resource)| kind(resource) == "AWS::Lambda::Permission");
        permissions.filter_map(|(_, resource)| resource.get("Properties")).filter(move |properties| {
            let target = properties.get("FunctionName");
            target.is_some_and(|target| {
                refers_to(target, &names) || (matches!(target, Node::Expression(_)) && !is_known(target))
            })
        })
    }

    /// The names by which other resources refer to a function: its own, those of its aliases and versions, and its literal name.
    fn names_of(&self, function: &'a str) -> Vec<&'a str> {
        let mut names = vec![function];
        for (name, resource) in self.resources() {
            let property = |property: &str| resource.path(&["Properties", property]);
            if name == function {
                names.extend(property("FunctionName").and_then(Node::literal));
            }
            let target = property("FunctionName").map(Node::references).unwrap_or_default();
            if matches!(kind(resource), "AWS::Lambda::Alias" | "AWS::Lambda::Version") && target.contains(&function) {
                names.push(name);
            }
        }
        names
    }

    /// The file and a resource, for messages.
    pub(super) fn place(&self, resource: &str) -> String {
        format!("{} ({resource})", self.file)
    }
}

/// The type of a resource.
pub(super) fn kind(resource: &Node) -> &str {
    resource.get("Type").and_then(Node::literal).unwrap_or_default()
}

/// Whether a value refers to one of the names, or is a literal with one.
fn refers_to(target: &Node, names: &[&str]) -> bool {
    let literal = target.literal().map(|text| text.rsplit(':').next().unwrap_or(text));
    target.references().iter().any(|name| names.contains(name)) || literal.is_some_and(|name| names.contains(&name))
}
