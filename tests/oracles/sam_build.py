"""Builds the functions of examples/several-binaries with SAM CLI, and invokes them. Run by sam_build.sh."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from client import Request, send
from emulator import PATH, emulating
from processes import ROOT, base_environment, cargo_environment, exit_on_sigterm
from report import Checks
from test_events import failures, http_event, test_events, with_bodies

EXAMPLE = ROOT / "examples" / "several-binaries"
FUNCTIONS = ["Api", "Orders", "Report", "Uploads"]
# Runs cargo, and writes the lines of all its runs to a file: SAM CLI shows none of them.
CARGO = """#!/bin/sh
echo "run: $*" >>"$CARGO_LINES"
exec "$REAL_CARGO" "$@" 2>>"$CARGO_LINES"
"""


def build(folder):
    """Builds all functions. Returns the crates that each run of `cargo build` compiled."""
    lines, cargo = folder / "lines", folder / "bin" / "cargo"
    cargo.parent.mkdir()
    cargo.write_text(CARGO)
    cargo.chmod(0o755)
    # The library that all functions share is newer than the functions now.
    (EXAMPLE / "catalog" / "src" / "lib.rs").touch()
    command = [pathlib.Path(sys.executable).with_name("sam"), "build", "--build-in-source", "--build-dir", folder / "build"]
    environment = base_environment() | cargo_environment() | {
        # A release build takes minutes, and shows nothing else.
        "PROFILE": "dev", "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1", "CARGO_LINES": str(lines),
        "REAL_CARGO": shutil.which("cargo"), "PATH": f"{cargo.parent}{os.pathsep}{os.environ['PATH']}",
    }
    if subprocess.run(command, cwd=EXAMPLE, env=environment, stdout=sys.stderr).returncode:
        sys.exit(f"cannot build the functions with sam: {lines.read_text() if lines.exists() else 'cargo did not run'}")
    runs = [run.splitlines() for run in lines.read_text().split("run: ") if run.startswith("build ")]
    return [sorted(line.split()[1] for line in run if line.lstrip().startswith("Compiling")) for run in runs]


def invocations():
    """Returns the event of each function, with the part of the result that the test expects."""
    events = test_events()
    order = {"article": "milk", "count": 2}
    orders = with_bodies(events["sqs"], [order, order | {"article": "gold"}])
    picture = json.loads(json.dumps(events["s3_put"]).replace("red+flower.jpg", "apple.jpg"))
    price = http_event("POST", "/price", json.dumps(order))
    return {
        "Api": (price, lambda result: (result["statusCode"], result["body"]), (200, "240")),
        "Orders": (orders, lambda result: result, failures(orders, 1)),
        "Report": (events["schedule"], lambda result: result["articles"], 3),
        "Uploads": (picture, lambda result: result, ["apple.jpg"]),
    }


def main(emulator):
    exit_on_sigterm()
    checks, expected = Checks(), invocations()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        runs = build(folder)
        changed = [f"several-{name}" for name in ("api", "catalog", "orders", "report", "uploads")]
        first, *others = runs
        checks.check("build", "the target of the first function compiles all of them", changed,
                     [crate for crate in first if crate.startswith("several-")])
        checks.check("build", "the targets of the other functions compile nothing", [[], [], []], others)
        for name in FUNCTIONS:
            files = [path.name for path in (folder / "build" / name).iterdir()]
            checks.check(name, "the artifact is one program", ["bootstrap"], files)
            event, part, result = expected[name]
            with open(folder / "log", "w+") as log, emulating(emulator, str(folder / "build" / name / "bootstrap"), log) as port:
                response = send(port, "127.0.0.1", Request("POST", PATH, (), json.dumps(event).encode()))
            checks.check(name, "the program handles its event", result, part(json.loads(response["body"])))
    sys.exit(0 if checks.report() else 1)


if __name__ == "__main__":
    main(sys.argv[1])
