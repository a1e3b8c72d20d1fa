"""Synthesizes examples/deploy/cdk, and sends events to the function in its asset. Run by deploy_cdk.sh."""

import json
import sys

from deploy import check_events, lint, run, staged
from deploy_template import check_template
from processes import exit_on_sigterm
from report import Checks

FILES = ("cdk/app.ts", "cdk/cdk.json", "cdk/package.json", "cdk/tsconfig.json")


def main(emulator, modules):
    exit_on_sigterm()
    checks = Checks()
    with staged(*FILES) as folder:
        folder /= "cdk"
        (folder / "node_modules").symlink_to(modules)
        run([f"{modules}/.bin/tsc", "--project", "."], folder)
        run([f"{modules}/.bin/cdk", "synth", "--quiet", "--no-notices"], folder, ARCHITECTURE="x86_64",
            CDK_DISABLE_CLI_TELEMETRY="true")
        output = folder / "cdk.out"
        lint(output / "Weather.template.json")
        template = json.loads((output / "Weather.template.json").read_text())
        variables = check_template(checks, "cdk", template)
        [function] = [r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::Function"]
        asset = output / function["Metadata"]["aws:asset:path"]
        check_events(checks, "cdk", emulator, asset / "bootstrap", variables)
    sys.exit(0 if checks.report() else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
