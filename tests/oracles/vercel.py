"""Compares the apps under Vercel's own programs with the same apps as servers. Run by vercel.sh."""

import base64
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from client import observe, send
from processes import build as build_binary
from processes import check_names, exit_on_sigterm
from request_lists import PROBE
from vercel_cli import cli
from vercel_known import CLIENT, HOST
from vercel_oracle import FUNCTION, MACHINE, Oracle
from vercel_runtime import executable, proxy
from vercel_streams import check_countdown, check_visits


def build(oracle):
    """The builder makes a function of each example."""
    output, _ = oracle.routes.built
    expected = [{"name": "api/index.rs", **FUNCTION, "files": ["executable"]}]
    oracle.check("build", "a binary below api/ is the function", expected, output["functions"])
    output, folder = oracle.links.built
    expected = [{"name": "rust", **FUNCTION, "files": ["executable", "user-server"]}]
    oracle.check("build", "src/main.rs is a server behind the proxy", expected, output["functions"])
    builders = (oracle.modules / "@vercel/rust/bin" / MACHINE["proxy"]).read_bytes()
    oracle.check("build", "the proxy is the one of the builder", True, (folder / "executable").read_bytes() == builders)


def dev(oracle):
    """The builder's development server starts the app."""
    for app, project, program in (("routes", oracle.routes, "executable"), ("links", oracle.links, "user-server")):
        _, folder = project.built
        with oracle.serving(oracle.node_command("dev", str(project.copy), project.entrypoint, "PORT")) as port:
            oracle.compare("dev-server", app, project.requests, str(folder / program),
                           lambda request: send(port, HOST, request))
            (check_countdown if app == "routes" else check_visits)(oracle, "dev-server", port)


def provided(oracle):
    """The emulator of the older runtimes invokes the app."""
    probe = build_binary("probe")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(probe, pathlib.Path(folder) / "bootstrap")
        replies = oracle.node("invoke", folder, stdin="".join(f"{json.dumps(event(request))}\n" for request in PROBE))
    # Not with `splitlines`: it also splits at characters that a JSON string may contain.
    replies = iter(map(json.loads, replies.rstrip("\n").split("\n")))

    def read_reply(request):
        reply = next(replies)
        if "error" in reply:
            return {"status": reply["error"], "headers": {}, "body": ""}
        body = reply.get("body") or ""
        body = base64.b64decode(body) if reply.get("encoding") == "base64" else body.encode()
        # Observations have header values as Latin-1.
        headers = [(name, value.encode().decode("latin1")) for name, values in reply.get("headers", {}).items()
                   for value in (values if isinstance(values, list) else [values])]
        return observe(request, reply["statusCode"], headers, body)

    oracle.compare("provided", "probe", PROBE, probe, read_reply)


def event(request):
    """Returns the event that Vercel makes of a request for its older runtimes."""
    headers = {"host": HOST, "x-real-ip": CLIENT, "x-forwarded-for": CLIENT}
    for name in dict.fromkeys(name.lower() for name, _ in request.headers):
        values = [value.decode() for value in request.values(name)]
        headers[name] = values if len(values) > 1 else values[0]
    event = {"method": request.method, "host": HOST, "path": request.target, "headers": headers}
    if request.body:
        headers.setdefault("content-length", str(len(request.body)))
        event |= {"encoding": "base64", "body": base64.b64encode(request.body).decode()}
    return event


PARTS = {part.__name__: part for part in (build, executable, proxy, dev, cli, provided)}


def main(oracles, parts):
    exit_on_sigterm()
    check_names("vercel.py", "part", parts, PARTS)
    oracle = Oracle(pathlib.Path(oracles))
    for part in parts or PARTS:
        start = time.monotonic()
        try:
            PARTS[part](oracle)
        except (ChildProcessError, TimeoutError, subprocess.TimeoutExpired) as error:
            sys.exit(f"vercel.py: {part}: {error}")
        print(f"{part}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    sys.exit(0 if oracle.report() else 1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
