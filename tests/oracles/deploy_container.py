"""Runs the Dockerfiles of examples/deploy without Docker. Run by deploy_container.sh."""

import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from client import get, send
from deploy import EXAMPLE, NAME, VARIABLES, check_events, run
from processes import ROOT, build, exit_on_sigterm, free_ports, process
from report import Checks

EMULATOR = "usr/local/bin/aws-lambda-rie"
# The variables that each host sets. `None` is a port of the host's choice.
HOSTS = {
    "Cloud Run": {"K_SERVICE": "weather", "PORT": None},
    "Fly": {"FLY_APP_NAME": "weather", "PORT": None},
    "ECS": {"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/x", "PORT": None},
    "Vercel": {"VERCEL": "1", "PORT": None},
}


class Dockerfile:
    """The instructions of a Dockerfile."""

    def __init__(self, name):
        text = re.sub(r"^#.*\n", "", (EXAMPLE / name).read_text(), flags=re.M).replace("\\\n", " ")
        self.instructions = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
        last = max(at for at, (name, _) in enumerate(self.instructions) if name == "FROM")
        self.build, self.last = self.instructions[:last], self.instructions[last:]

    def values(self, name, stage=None):
        return [value for other, value in stage or self.last if other == name]

    def environment(self):
        """Returns the variables of the image."""
        return dict(pair.split("=", 1) for value in self.values("ENV") for pair in value.split())


@contextlib.contextmanager
def image(dockerfile, binary, emulator):
    """Yields a folder with the files of the last stage, and the libraries that the binary needs."""
    with tempfile.TemporaryDirectory() as root:
        root = pathlib.Path(root)
        root.chmod(0o755)
        libraries = re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", binary], check=True, capture_output=True, text=True).stdout)
        for source, to in [(emulator, EMULATOR), *((library, library[1:]) for library in libraries)]:
            (root / to).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, root / to)
        for copy in dockerfile.values("COPY"):
            stage, source, to = copy.split()
            # The build stage leaves the binary there.
            assert (stage, source) == ("--from=build", "/weather"), copy
            (root / to[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(binary, root / to[1:])
        # Every container has this device, and the emulator opens it.
        (root / "dev").mkdir()
        (root / "dev" / "null").touch()
        yield root


def check_build(checks, name, dockerfile, binary, glibc):
    """Checks the build stage against the binary that the tests have built, and its glibc."""
    steps = " ".join(dockerfile.values("RUN", dockerfile.build))
    checks.check(name, "the build stage builds the example", True, f"cargo build --release --locked -p {NAME} &&" in steps)
    checks.check(name, "the build stage checks glibc", True, f"examples/deploy/glibc.sh /weather {glibc}" in steps)
    run([EXAMPLE / "glibc.sh", binary, glibc], ROOT)


def check_server(checks, host, root, command, variables):
    """Starts the image as a server of a host, and checks a response."""
    [port] = free_ports(1)
    variables = {name: str(port) if value is None else value for name, value in variables.items()}
    with tempfile.TemporaryFile("w+") as log, process(["unshare", "--map-root-user", "chroot", root, *command], port, log, **variables):
        response = send(port, "app.example.com", get("/"))
    checks.check("Dockerfile", f"a response on {host}", (200, "Weather:"), (response["status"], response["body"][:8]))


def main(emulator):
    exit_on_sigterm()
    checks, binary = Checks(), build(NAME)
    hadolint = pathlib.Path(sys.executable).with_name("hadolint")
    run([hadolint, "Dockerfile", "Dockerfile.lambda"], EXAMPLE)
    for name, glibc, place in [("Dockerfile", "2.36", "/weather"), ("Dockerfile.lambda", "2.34", "/var/runtime/bootstrap")]:
        dockerfile = Dockerfile(name)
        check_build(checks, name, dockerfile, binary, glibc)
        with image(dockerfile, binary, emulator) as root, tempfile.NamedTemporaryFile("w", delete=False) as inside:
            inside.write(f'#!/bin/sh\nexec unshare --map-root-user chroot "{root}" "/{EMULATOR}" "$@"\n')
            inside.close()
            pathlib.Path(inside.name).chmod(0o755)
            variables = dockerfile.environment()
            if name == "Dockerfile":
                [command] = map(json.loads, dockerfile.values("ENTRYPOINT"))
                checks.check(name, "the port is the exposed one", dockerfile.values("EXPOSE"), [variables["PORT"]])
                for host, more in HOSTS.items():
                    check_server(checks, host, root, command, variables | more)
                # On Lambda, the function has the variable.
                variables |= VARIABLES
            variables.pop("PORT", None)
            check_events(checks, name, inside.name, place, variables)
            pathlib.Path(inside.name).unlink()
    sys.exit(0 if checks.report() else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
