"""Packages examples/deploy with osls, and sends events to the packaged function. Run by deploy_osls.sh."""

import json
import pathlib
import sys

from deploy import NAME, check_events, lint, run, staged, unpack
from deploy_template import check_template
from processes import exit_on_sigterm
from report import Checks

# These only need to be there: `package` sends nothing to AWS.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "SLS_TELEMETRY_DISABLED": "1"}


def main(emulator, modules):
    exit_on_sigterm()
    checks = Checks()
    with staged("serverless.yml") as folder:
        osls = pathlib.Path(modules) / "osls" / "bin" / "serverless.js"
        run(["node", osls, "package"], folder, ARCHITECTURE="x86_64", **CREDENTIALS)
        template = folder / ".serverless" / "cloudformation-template-update-stack.json"
        lint(template)
        variables = check_template(checks, "osls", json.loads(template.read_text()))
        # osls uploads the file that serverless.yml names, and keeps only its name here.
        state = json.loads((folder / ".serverless" / "serverless-state.json").read_text())
        checks.check("osls", "the package", "bootstrap.zip", state["package"]["artifact"])
        package = folder / "../../target/lambda" / NAME / "bootstrap.zip"
        check_events(checks, "osls", emulator, unpack(package, folder), variables)
    sys.exit(0 if checks.report() else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
