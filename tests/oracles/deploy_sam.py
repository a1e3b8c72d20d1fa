"""Builds examples/deploy with SAM CLI, and sends events to the results. Run by deploy_sam.sh."""

import os
import pathlib
import platform
import sys
import tempfile

from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from deploy import EXAMPLE, check_events, check_glibc, run
from deploy_template import check_template
from processes import cargo_environment, exit_on_sigterm
from report import Checks

BUILDERS = ("rust-cargolambda", "makefile")
ARCHITECTURE = {"aarch64": "arm64"}.get(platform.machine(), "x86_64")


class Policies(ManagedPolicyLoader):
    """The names of managed policies, which SAM would ask AWS for."""

    def __init__(self):
        super().__init__(None)

    def load(self):
        names = ("AWSLambdaBasicExecutionRole", "AWSLambdaSQSQueueExecutionRole")
        return {name: f"arn:aws:iam::aws:policy/service-role/{name}" for name in names}


def sam(*arguments, **variables):
    """Runs SAM CLI in the folder of the example."""
    variables |= {"SAM_CLI_TELEMETRY": "0"} | cargo_environment()
    return run([pathlib.Path(sys.executable).with_name("sam"), *arguments], EXAMPLE, **variables)


def expanded():
    """Returns the template of CloudFormation that AWS makes from the template."""
    template = yaml_parse((EXAMPLE / "template.yaml").read_text())
    template["Resources"]["App"]["Properties"]["CodeUri"] = "s3://bucket/key"
    return transform(template, {"Architecture": ARCHITECTURE}, Policies())


def built(builder, folder, cargo_lambda):
    """Builds the function with one of the builders, in a debug build. Returns the path of the executable."""
    template = (EXAMPLE / "template.yaml").read_text()
    if builder not in template:
        template = template.replace(f"BuildMethod: {BUILDERS[0]}", f"BuildMethod: {builder}")
    # In the folder of the example, because paths in a template are relative to the template.
    with tempfile.NamedTemporaryFile("w", dir=EXAMPLE, prefix=".template-", suffix=".yaml") as file:
        file.write(template)
        file.flush()
        sam("build", "--template", file.name, "--build-dir", folder / builder, "--parameter-overrides", f"Architecture={ARCHITECTURE}",
            PROFILE="dev", SAM_BUILD_MODE="debug", CARGO_LAMBDA_COMPILER="cargo", CARGO_LAMBDA_SKIP_TARGET_CHECK="true",
            PATH=f"{cargo_lambda}{os.pathsep}{os.environ['PATH']}")
    return folder / builder / "App" / "bootstrap"


def main(emulator, cargo_lambda):
    exit_on_sigterm()
    checks = Checks()
    sam("validate", "--lint")
    run([pathlib.Path(sys.executable).with_name("cfn-lint"), "alb.yaml"], EXAMPLE)
    variables = check_template(checks, "template", expanded())
    with tempfile.TemporaryDirectory() as folder:
        for builder in BUILDERS:
            bootstrap = built(builder, pathlib.Path(folder), cargo_lambda)
            check_glibc(bootstrap)
            check_events(checks, builder, emulator, bootstrap, variables)
    sys.exit(0 if checks.report() else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
