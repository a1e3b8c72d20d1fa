"""The parts that the checks of examples/deploy share: a folder for a tool, and the events that each packaged function handles."""

import contextlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

from client import Request, send
from emulator import PATH, emulating
from processes import ROOT, base_environment, build
from test_events import failures, http_event, test_events, with_bodies

EXAMPLE = ROOT / "examples" / "deploy"
NAME = "example-deploy"
FUNCTION_URL = "url.lambda-url.us-east-1.on.aws"
# The variables of each template.
VARIABLES = {"LODGER_RESPONSE_MODE": "stream"}


def archive(binary, path):
    """Writes a zip file for Lambda, which contains the executable as `bootstrap`. Returns its bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr, entry.compress_type = 0o755 << 16, zipfile.ZIP_DEFLATED
        file.writestr(entry, pathlib.Path(binary).read_bytes())
    return path.read_bytes()


def unpack(path, folder):
    """Unpacks a zip file for Lambda with the modes of its files. Returns the path of `bootstrap`."""
    with zipfile.ZipFile(path) as file:
        for entry in file.infolist():
            file.extract(entry, folder)
            (folder / entry.filename).chmod(entry.external_attr >> 16)
    return folder / "bootstrap"


@contextlib.contextmanager
def staged(*files):
    """Yields a copy of files of the example, in a folder with the layout of the repository and the result of `cargo lambda build`.

    The binary is the one that `cargo build` writes, so that one build is enough for all tools.
    """
    binary = build(NAME)
    check_glibc(binary)
    with tempfile.TemporaryDirectory() as root:
        folder, output = pathlib.Path(root) / "examples" / "deploy", pathlib.Path(root) / "target" / "lambda" / NAME
        output.mkdir(parents=True)
        shutil.copy(binary, output / "bootstrap")
        archive(binary, output / "bootstrap.zip")
        for file in files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(EXAMPLE / file, folder / file)
        yield folder


def check_glibc(binary):
    """Exits with an error if the binary needs a newer glibc than Amazon Linux 2023 has."""
    if subprocess.run([EXAMPLE / "glibc.sh", binary], stdout=sys.stderr).returncode:
        sys.exit(1)


def run(command, cwd, **variables):
    """Runs a tool, and returns its output. Exits with an error if the tool fails."""
    environment = base_environment() | {"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1"} | variables
    ended = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    if ended.returncode:
        sys.exit(f"{ended.stdout}{ended.stderr}\n{command[0]} failed with status {ended.returncode}")
    return ended.stdout


def lint(template):
    """Checks a template of CloudFormation with cfn-lint. Exits with an error if it has an error."""
    # W3005: tools write dependencies that a reference already implies.
    run([pathlib.Path(sys.executable).with_name("cfn-lint"), "--ignore-checks", "W3005", "--", template], ROOT)


def check_events(checks, part, emulator, bootstrap, variables):
    """Runs a packaged function under AWS's emulator, and checks the results of HTTP, a queue, a stream and a schedule."""
    checks.check(part, "the response mode is the mode of the fronts", VARIABLES, variables)
    north, south = {"station": "north", "celsius": 4.5}, {"station": "south", "celsius": 10.0}
    events = test_events()
    readings = with_bodies(events["sqs"], [south, south | {"celsius": -300}])
    with tempfile.TemporaryFile("w+") as log, emulating(emulator, str(bootstrap), log, **variables) as port:

        def invoke(event):
            response = send(port, "127.0.0.1", Request("POST", PATH, (), json.dumps(event).encode()))
            return response["body"].encode("latin1")

        stored = json.loads(invoke(http_event("POST", "/readings", json.dumps(north))))
        checks.check(part, "a request behind an HTTP API", (201, "stored\n"), (stored["statusCode"], stored["body"]))
        checks.check(part, "a batch, of which one record fails", failures(readings, 1), json.loads(invoke(readings)))
        prelude, _, body = invoke(http_event("GET", "/live/2", domain=FUNCTION_URL)).partition(bytes(8))
        prelude = json.loads(prelude)
        checks.check(part, "a stream behind a Function URL", (200, "text/event-stream", "data: 2\n\ndata: 2\n\n"),
                     (prelude["statusCode"], prelude["headers"]["content-type"], body.decode()))
        checks.check(part, "a schedule", {"stations": 2, "warmest": south}, json.loads(invoke(events["schedule"])))
