"""The examples that Vercel's programs build, and how the parts of vercel.py run these programs."""

import contextlib
import functools
import json
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile

from client import Request, get, send
from processes import ROOT, base_environment, cargo_environment, free_ports, kill, process, server
from report import Checks, Table
from vercel_known import ADDED, HOST, KNOWN

HERE = pathlib.Path(__file__).parent

# Vercel's names for the architecture of this machine.
MACHINE = {
    "x86_64": {"function": "x86_64", "proxy": "proxy-linux-amd64"},
    "aarch64": {"function": "arm64", "proxy": "proxy-linux-arm64"},
}[platform.machine()]

# The description of a function that the builder makes.
FUNCTION = {
    "handler": "executable", "runtime": "executable", "runtimeLanguage": "rust", "architecture": MACHINE["function"],
    "supportsResponseStreaming": True,
}

# To the example for axum, a folder of routes.
ROUTES = [
    get("/"),
    Request("HEAD", "/"),
    Request("POST", "/words", body=b" some  words\nof text"),
    Request("POST", "/words", body=b"in chunks", chunked=True, note="chunked"),
    get("/words"),
    get("/countdown/2"),
    get("/countdown/x"),
    get("/primes/1000000"),
    get("/cron/nightly", note="without the secret"),
    get("/no/where?a=b"),
    get("/api/index", note="the target of the rewrite"),
]

# To the example for actix-web, in this order, because it stores links.
LINKS = [
    get("/"),
    Request("PUT", "/links/rust", body=b"https://www.rust-lang.org/"),
    get("/rust"),
    get("/rust?again"),
    Request("HEAD", "/rust"),
    Request("DELETE", "/links/rust"),
    get("/rust", note="removed"),
    get("/links/rust/visits", note="removed"),
]


class Project:
    """A copy of an example, which a user makes to deploy the example."""

    def __init__(self, oracle, example, entrypoint, requests):
        self.oracle, self.entrypoint, self.requests = oracle, entrypoint, requests
        self.folder = oracle.folder / "apps" / example
        self.example = ROOT / "examples" / example

    @functools.cached_property
    def copy(self):
        """The folder of the copy."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.example, self.folder, ignore=shutil.ignore_patterns(".vercel", "target"))
        manifest = self.folder / "Cargo.toml"
        # The changes that the README of the example requests, with paths instead of versions, and outside of this workspace.
        text = manifest.read_text().replace('path = "../../', f'path = "{ROOT}/')
        manifest.write_text(f"{text}\n[workspace]\n")
        shutil.copy(ROOT / "Cargo.lock", self.folder)
        return self.folder

    @functools.cached_property
    def built(self):
        """The output of the builder for the copy, and its folder."""
        to = self.oracle.folder / "built" / self.folder.name
        shutil.rmtree(to, ignore_errors=True)
        return json.loads(self.oracle.node("build", str(self.copy), self.entrypoint, str(to))), to


class Oracle:
    """Vercel's programs, and the results of all parts."""

    def __init__(self, oracles):
        self.folder = folder = oracles / "vercel"
        self.modules = folder / "node_modules"
        self.cli = oracles / "vercel-cli" / "node_modules" / "vercel" / "dist" / "vc.js"
        self.environment = cargo_environment() | {
            "CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target")),
            # A short build matters here, and a fast program does not.
            "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0",
            # Like the dependencies of the workspace, so that Cargo reuses those with the same features.
            "CARGO_PROFILE_DEV_DEBUG": "false",
            # Without it, the builder assumes another system than Linux and needs cargo-zigbuild.
            "VERCEL_BUILD_IMAGE": "1",
            "NODE_PATH": str(self.modules),
            "NO_UPDATE_NOTIFIER": "1",
            "VERCEL_TELEMETRY_DISABLED": "1",
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        self.routes = Project(self, "vercel-axum", "api/index.rs", ROUTES)
        self.links = Project(self, "vercel-actix", "src/main.rs", LINKS)
        self.table = Table(KNOWN, ADDED)
        self.checks = Checks()
        self.check = self.checks.check

    def compare(self, front, app, requests, binary, send_to_front):
        """Sends the same requests to a server and to a front of Vercel."""
        with server(binary) as on_server:
            for request in requests:
                self.table.compare(front, app, request, send(on_server, HOST, request), send_to_front(request))

    def node_command(self, *arguments):
        return ["node", str(HERE / "vercel.js"), *arguments]

    def cli_command(self, *arguments):
        return ["node", str(self.cli), "--global-config", str(self.folder / "config"), *arguments]

    def node(self, *arguments, stdin=None):
        return self.run(self.node_command(*arguments), stdin=stdin)

    def run(self, command, cwd=None, stdin=None, **variables):
        """Runs a command to its end, and returns its output."""
        status, output, errors = self.try_run(command, cwd, stdin, **variables)
        if status:
            raise ChildProcessError(f"{' '.join(command)}: exit status {status}\n{output}{errors}")
        return output

    def try_run(self, command, cwd=None, stdin=None, **variables):
        """Runs a command to its end, and returns the exit status and both outputs."""
        child = subprocess.Popen(
            command, cwd=cwd, env=base_environment() | self.environment | variables, text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        try:
            output, errors = child.communicate(stdin or "", timeout=900)
            return child.returncode, output, errors
        finally:
            kill(child)

    @contextlib.contextmanager
    def serving(self, command, cwd=None):
        """Runs a server of Vercel, and yields its port, which replaces PORT in the command."""
        [port] = free_ports(1)
        command = [word.replace("PORT", str(port)) for word in command]
        with tempfile.TemporaryFile("w+") as log:
            with process(command, port, log, cwd=cwd, seconds=600, **self.environment):
                yield port

    def report(self):
        """Prints all results. Returns whether they are as expected."""
        is_as_expected = self.table.report() if self.table.cells else True
        return self.checks.report() and is_as_expected
