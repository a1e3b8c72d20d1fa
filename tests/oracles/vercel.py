"""Lodger's apps under Vercel's own programs, and as servers. Run by vercel.sh."""

import base64
import concurrent.futures
import contextlib
import dataclasses
import functools
import hashlib
import http.client
import json
import os
import pathlib
import platform
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

import compare
import vercel_api
import vercel_ipc
from compare import ROOT, Known, Sent, get

HERE = pathlib.Path(__file__).parent
HOST = "app.example.com"
# Whom the platform saw.
CLIENT = "198.51.100.4"
# Where the proxy listens, wherever it is told to.
PROXY_PORT = 3000

# To the example for axum, a folder of routes, and to the one for actix-web, in this order, because it remembers.
FILES = [
    get("/"),
    Sent("HEAD", "/"),
    Sent("POST", "/words", body=b" some  words\nof text"),
    Sent("POST", "/words", body=b"in chunks", chunked=True, note="chunked"),
    get("/words"),
    get("/countdown/2"),
    get("/countdown/x"),
    get("/no/where?a=b"),
    get("/api/index", note="the path that all go to"),
]
LINKS = [
    get("/"),
    Sent("PUT", "/links/rust", body=b"https://www.rust-lang.org/"),
    get("/rust"),
    get("/rust?again"),
    Sent("HEAD", "/rust"),
    Sent("DELETE", "/links/rust"),
    get("/rust", note="removed"),
    get("/links/rust/visits", note="removed"),
]


def cargo_environment():
    return {name: value for name, value in os.environ.items() if name.startswith(("CARGO", "RUSTUP", "RUSTFLAGS"))} | {
        "CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target")),
        # How fast it is does not matter, and how long it takes to build does.
        "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0",
        # Else the builder takes it that this is no Linux, and wants cargo-zigbuild.
        "VERCEL_BUILD_IMAGE": "1",
    }


class Project:
    """A copy of an example, as a person makes one who deploys it."""

    def __init__(self, oracle, example, entrypoint, requests):
        self.oracle, self.entrypoint, self.requests = oracle, entrypoint, requests
        self.folder = oracle.folder / "apps" / example
        self.example = ROOT / "examples" / example

    @functools.cached_property
    def copy(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.example, self.folder, ignore=shutil.ignore_patterns(".vercel", "target"))
        manifest = self.folder / "Cargo.toml"
        # What the example's README says to change, with what there is in place of versions; and no package of this workspace.
        text = manifest.read_text().replace('path = "../../', f'path = "{ROOT}/')
        manifest.write_text(f"{text}\n[workspace]\n")
        shutil.copy(ROOT / "Cargo.lock", self.folder)
        return self.folder

    @functools.cached_property
    def built(self):
        """What the builder makes of it, and where it is."""
        to = self.oracle.folder / "built" / self.folder.name
        shutil.rmtree(to, ignore_errors=True)
        return json.loads(self.oracle.node("build", str(self.copy), self.entrypoint, str(to))), to


class Oracle:
    def __init__(self, oracles):
        self.folder = folder = oracles / "vercel"
        self.modules = folder / "node_modules"
        self.cli = oracles / "vercel-cli" / "node_modules" / "vercel" / "dist" / "vc.js"
        self.environment = cargo_environment() | {
            "NODE_PATH": str(self.modules),
            "NO_UPDATE_NOTIFIER": "1",
            "VERCEL_TELEMETRY_DISABLED": "1",
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        self.files = Project(self, "vercel-axum", "api/index.rs", FILES)
        self.links = Project(self, "vercel-actix", "src/main.rs", LINKS)
        self.table = compare.Table(KNOWN, ADDED)
        self.checks = compare.Checks()
        self.check = self.checks.check

    # What is asked.

    def compare(self, front, app, requests, binary, behind):
        """Asks a server and what is `behind`, the same."""
        with compare.server(binary) as on_server:
            for sent in requests:
                self.table.compare(front, app, sent, compare.ask(on_server, HOST, sent), behind(sent))

    # Processes.

    def node_command(self, *arguments):
        return ["node", str(HERE / "vercel.js"), *arguments]

    def cli_command(self, *arguments):
        return ["node", str(self.cli), "--global-config", str(self.folder / "config"), *arguments]

    def node(self, *arguments, given=None):
        return self.run(self.node_command(*arguments), given=given)

    def run(self, command, cwd=None, given=None, seconds=900, **variables):
        """What a command prints, once it has ended well."""
        status, output, errors = self.ended(command, cwd, given, seconds, **variables)
        if status:
            raise ChildProcessError(f"{' '.join(command)}: {status}\n{output}{errors}")
        return output

    def ended(self, command, cwd=None, given=None, seconds=900, **variables):
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        child = subprocess.Popen(
            command, cwd=cwd, env=environment | self.environment | variables, text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        try:
            output, errors = child.communicate(given or "", timeout=seconds)
            return child.returncode, output, errors
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    @contextlib.contextmanager
    def serving(self, command, cwd=None):
        """A server of theirs, and its port, which stands in the command as PORT."""
        [port] = compare.free_ports(1)
        command = [word.replace("PORT", str(port)) for word in command]
        with tempfile.TemporaryFile("w+") as log:
            with compare.process(command, port, log, cwd=cwd, within=600, **self.environment):
                yield port

    # What comes of it.

    def report(self):
        fine = self.table.report() if self.table.cells else True
        return self.checks.report() and fine


# What goes to the platform's processes.


class Asked:
    """A process under a host of ours, and how to ask it."""

    def __init__(self, host):
        self.host, self.port = host, host.port()
        compare.wait_for(self.port)

    def __call__(self, sent):
        context, headers = self.host.headers(HOST, CLIENT)
        answer = compare.ask(self.port, "127.0.0.1", dataclasses.replace(sent, headers=(*sent.headers, *headers)))
        # Of an answer that breaks off Vercel's proxy tells no end.
        if answer["status"] != "cut off":
            self.host.end(context)
        return answer


def pieces(port, target, headers=()):
    """The pieces of a stream, each with when it came."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(get(target, *headers).bytes("127.0.0.1"))
        response = http.client.HTTPResponse(connection)
        response.begin()
        while piece := response.read1():
            yield time.monotonic(), piece


def streams(oracle, part, port, headers=()):
    """Whether a countdown comes as it is counted, and when its last piece came."""
    came = list(pieces(port, "/countdown/3", headers))
    body = b"".join(piece for _, piece in came)
    oracle.check(part, "a stream is whole", "data: 3\n\ndata: 2\n\ndata: 1\n\ndata: 0\n\n", body.decode())
    took = came[-1][0] - came[0][0]
    oracle.check(part, "a stream comes piece by piece", True, len(came) >= 4 and took >= 0.5 or (len(came), took))
    return came[-1][0]


def watches(oracle, part, port, headers=lambda: ()):
    """Whether what one client does is seen in the stream of another."""

    def ask(method, target, body=b""):
        return compare.ask(port, "127.0.0.1", Sent(method, target, headers(), body))["status"]

    ask("PUT", "/links/seen", b"https://example.com/")
    visits = pieces(port, "/links/seen/visits", headers())
    seen = [next(visits)[1].decode()]
    ask("GET", "/seen")
    seen.append(next(visits)[1].decode())
    ask("DELETE", "/links/seen")
    oracle.check(part, "a stream goes on while others are answered", ["data: 0\n\n", "data: 1\n\n"], seen)
    oracle.check(part, "a stream ends with what it is of", [], list(visits))


# The parts.


def build(oracle):
    """The builder makes a function of each example."""
    function = {
        "handler": "executable", "runtime": "executable", "runtimeLanguage": "rust", "architecture": MACHINE["function"],
        "supportsResponseStreaming": True,
    }
    told, folder = oracle.files.built
    expected = [{"name": "api/index.rs", **function, "files": ["executable"]}]
    oracle.check("build", "a binary under api/ is the function", expected, told["functions"])
    told, folder = oracle.links.built
    expected = [{"name": "rust", **function, "files": ["executable", "user-server"]}]
    oracle.check("build", "src/main.rs is behind the proxy", expected, told["functions"])
    of_builder = (oracle.modules / "@vercel/rust/bin" / MACHINE["proxy"]).read_bytes()
    oracle.check("build", "the proxy is the builder's", True, (folder / "executable").read_bytes() == of_builder)


def executable(oracle):
    """The process talks to the platform by itself."""
    probe = compare.built("lodger-tests", "probe")
    with vercel_ipc.Host([probe]) as host:
        ask = Asked(host)
        oracle.compare("executable", "probe", compare.PROBE, probe, ask)
        seen = see_nothing_internal(oracle, "executable", ask)
        oracle.check("executable", "the token is where its clients look", ["secret"], seen.get("x-vercel-oidc-token"))
        ended = len(host.of("end"))
        ping = compare.ask(ask.port, "127.0.0.1", get("/_vercel/ping"))["status"]
        oracle.check("executable", "a ping is answered, and nobody told", (200, ended), (ping, len(host.of("end"))))
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = pool.map(ask, [get(f"/many/{number}") for number in range(100)])
            paths = [answer["seen"]["path"] for answer in answers]
        oracle.check("executable", "many at once", [f"/many/{number}" for number in range(100)], paths)
        oracle.check("executable", "the end of each is told once", host.sent, len(host.of("end")))
        oracle.check("executable", "it ends well at SIGTERM", 0, host.stop())
        finish(oracle, "executable", host)
    with vercel_ipc.Host([probe], PROBE_FAILS="error") as host:
        [(_, error)] = host.wait(lambda: host.of("unrecoverable-error"), "unrecoverable-error")
        why = "the database is out of reach" in error["message"]
        oracle.check("executable", "why it cannot start is told", (1, True, 1), (error["exitCode"], why, host.child.wait(10)))
    _, folder = oracle.files.built
    with vercel_ipc.Host(["./executable"], cwd=folder) as host:
        ask = Asked(host)
        oracle.compare("executable", "routes", FILES, str(folder / "executable"), ask)
        you = f"{CLIENT} asks {HOST}\ninvocation invocation-{host.sent + 1}, request {host.sent + 1}\n"
        oracle.check("executable", "the app can know who asks, and which request it is", you, ask(get("/you"))["body"])
        context, headers = host.headers(HOST, CLIENT)
        last = streams(oracle, "executable", ask.port, headers)
        oracle.check("executable", "the end is told after the last byte", True, host.end(context) >= last - 0.05)
        finish(oracle, "executable", host)


def proxy(oracle):
    """The platform's proxy starts the app as a server."""
    with contextlib.closing(socket.socket()) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", PROXY_PORT))
        except OSError:
            sys.exit(f"vercel.py: Vercel's proxy listens on port {PROXY_PORT}, and that is in use")
    _, of_links = oracle.links.built
    probe = compare.built("lodger-tests", "probe")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copy(of_links / "executable", folder)
        shutil.copy(probe, folder / "user-server")
        with vercel_ipc.Host(["./executable"], cwd=folder) as host:
            ask = Asked(host)
            oracle.compare("proxy", "probe", compare.PROBE, probe, ask)
            see_nothing_internal(oracle, "proxy", ask)
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                answers = pool.map(ask, [get(f"/many/{number}") for number in range(100)])
                paths = [answer["seen"]["path"] for answer in answers]
            oracle.check("proxy", "many at once", [f"/many/{number}" for number in range(100)], paths)
            finish(oracle, "proxy", host)
        with vercel_ipc.Host(["./executable"], cwd=folder, PROBE_FAILS="error") as host:
            # It has an error of its own for that.
            host.wait(lambda: host.of("unrecoverable-error"), "unrecoverable-error", 40)
            oracle.check("proxy", "an app that cannot start ends it", 1, host.child.wait(10))
    with vercel_ipc.Host(["./executable"], cwd=of_links) as host:
        ask = Asked(host)
        oracle.compare("proxy", "links", LINKS, str(of_links / "user-server"), ask)
        watches(oracle, "proxy", ask.port, lambda: host.headers(HOST, CLIENT)[1])
        finish(oracle, "proxy", host)


def see_nothing_internal(oracle, part, ask):
    seen = ask(get("/headers"))["seen"]["headers"]
    internal = [name for name in seen if name.startswith(("x-vercel-internal", "x-vercel-sc"))]
    oracle.check(part, "the app sees nothing internal", [], internal)
    return seen


def finish(oracle, part, host):
    oracle.check(part, "one connection, and nothing on it that the protocol has not", (1, []), (host.connections, host.faults))


def dev(oracle):
    """The builder's development server starts the app."""
    for app, project, program in (("routes", oracle.files, "executable"), ("links", oracle.links, "user-server")):
        _, folder = project.built
        with oracle.serving(oracle.node_command("dev", str(project.copy), project.entrypoint, "PORT")) as port:
            binary = str(folder / program)
            oracle.compare("dev-server", app, project.requests, binary, lambda sent: compare.ask(port, HOST, sent))
            streams(oracle, "dev-server", port) if app == "routes" else watches(oracle, "dev-server", port)


def cli(oracle):
    """The command line builds and starts the examples, and uploads what was built, by it and by the script of the examples."""
    for app, project, program in (("routes", oracle.files, "executable"), ("links", oracle.links, "user-server")):
        _, folder = project.built
        shutil.rmtree(project.copy / ".vercel", ignore_errors=True)
        command = oracle.cli_command("dev", "--local", "--yes", "--listen", "127.0.0.1:PORT")
        with oracle.serving(command, project.copy) as port:
            binary = str(folder / program)
            oracle.compare("vercel-dev", app, project.requests, binary, lambda sent: compare.ask(port, HOST, sent))
            if app == "links":
                watches(oracle, "vercel-dev", port)
                continue
            streams(oracle, "vercel-dev", port)
            robots = compare.ask(port, HOST, get("/robots.txt"))["body"]
            oracle.check("vercel-dev", "files of public/ are served", True, robots.startswith("User-agent"))

    function = {
        "handler": "executable", "runtime": "executable", "runtimeLanguage": "rust", "architecture": MACHINE["function"],
        "environment": {}, "supportsResponseStreaming": True,
    }
    # With the preset for `src/main.rs` there is no `public/`.
    for app, project, path, files, static, all_paths in (
        ("routes", oracle.files, "functions/api/index.func", ["executable"], ["static/robots.txt"], "/api/index"),
        ("links", oracle.links, "functions/rust.func", ["executable", "user-server"], [], "/rust"),
    ):
        link(project.copy)
        oracle.run(oracle.cli_command("build", "--standalone", "--yes"), project.copy)
        output = project.copy / ".vercel" / "output"
        told = json.loads((output / path / ".vc-config.json").read_text())
        oracle.check("cli", f"{app}: the function is as it should be", function, {name: told.get(name) for name in function})
        in_output = [str(at.relative_to(output)) for at in sorted(output.rglob("*")) if at.is_file()]
        in_output = [at for at in in_output if not at.startswith("diagnostics/") and at not in ("builds.json", "config.json")]
        expected = sorted([f"{path}/{name}" for name in [".vc-config.json", *files]] + static)
        oracle.check("cli", f"{app}: nothing else is there but public/", expected, in_output)
        routes = json.loads((output / "config.json").read_text())["routes"]
        dests = [route["dest"] for route in routes if route.get("src") in ("/(.*)", "^(?:/(.*))$")]
        oracle.check("cli", f"{app}: every path goes to the function", [all_paths], dests)
        deploy(oracle, app, project, project.copy, path)

    script = [str(ROOT / "examples" / "vercel-prebuilt.sh")]
    for app, project in (("routes", oracle.files), ("links", oracle.links)):
        name = f"{app}, by the script"
        oracle.run([*script, str(project.copy), "cargo", "build"])
        link(project.copy)
        # What the builder says of a function is what the script says.
        told = json.loads((project.copy / ".vercel/output/functions/index.func/.vc-config.json").read_text())
        oracle.check("cli", f"{name}: the function is as it should be", function, told)
        deploy(oracle, name, project, project.copy, "functions/index.func")
    status, _, errors = oracle.ended([*script, str(oracle.files.copy), "cargo", "build"], VERCEL_GLIBC="2.20")
    oracle.check("cli", "the script refuses what needs a glibc too new", (1, True), (status, "needs glibc 2." in errors))


def link(project):
    (project / ".vercel").mkdir(exist_ok=True)
    settings = {"framework": json.loads((project / "vercel.json").read_text())["framework"]}
    (project / ".vercel" / "project.json").write_text(json.dumps(vercel_api.PROJECT | {"settings": settings}))


def deploy(oracle, app, project, cwd, path):
    """Uploads an output, and starts what has been uploaded."""
    with vercel_api.serving() as (api, url):
        oracle.run(oracle.cli_command("deploy", "--prebuilt", "--yes", "--token", "t", "--api", url), cwd)
    output = cwd / ".vercel" / "output"
    there = {}
    for at in sorted(output.rglob("*")):
        if at.is_file():
            mode = at.stat().st_mode
            there[str(at.relative_to(cwd))] = (hashlib.sha1(at.read_bytes()).hexdigest(), stat.S_IMODE(mode) & 0o111 != 0)
    uploaded = {name: (file["sha"], file["mode"] & 0o111 != 0) for name, file in api.files.items()}
    oracle.check("cli", f"{app}: all is uploaded as it is", (there, []), (uploaded, api.faults))
    with tempfile.TemporaryDirectory() as folder:
        prefix = f".vercel/output/{path}/"
        for name, file in api.files.items():
            if name.startswith(prefix):
                to = pathlib.Path(folder) / name.removeprefix(prefix)
                to.write_bytes(api.contents[file["sha"]])
                to.chmod(file["mode"] & 0o777)
        with vercel_ipc.Host(["./executable"], cwd=folder) as host:
            oracle.check("cli", f"{app}: what is uploaded runs", 200, Asked(host)(get("/"))["status"])


def provided(oracle):
    """The emulator of the older runtimes invokes the app."""
    probe = compare.built("lodger-tests", "probe")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(probe, pathlib.Path(folder) / "bootstrap")
        replies = oracle.node("invoke", folder, given="".join(f"{json.dumps(event(sent))}\n" for sent in compare.PROBE))
    # Not by lines as Python has them: those may stand in a string.
    replies = iter(map(json.loads, replies.rstrip("\n").split("\n")))

    def reply(sent):
        told = next(replies)
        if "error" in told:
            return {"status": told["error"], "headers": {}, "body": ""}
        body = told.get("body") or ""
        body = base64.b64decode(body) if told.get("encoding") == "base64" else body.encode()
        # As bytes are shown here.
        headers = [(name, value.encode().decode("latin1")) for name, values in told.get("headers", {}).items()
                   for value in (values if isinstance(values, list) else [values])]
        return compare.shown(sent, told["statusCode"], headers, body)

    oracle.compare("provided", "probe", compare.PROBE, probe, reply)


def event(sent):
    """A request as the platform hands it to older runtimes."""
    names = dict.fromkeys(name.lower() for name, _ in sent.headers)
    headers = {"host": HOST, "x-real-ip": CLIENT, "x-forwarded-for": CLIENT}
    for name in names:
        values = [value.decode() for value in sent.header(name)]
        headers[name] = values if len(values) > 1 else values[0]
    request = {"method": sent.method, "host": HOST, "path": sent.target, "headers": headers}
    if sent.body:
        headers.setdefault("content-length", str(len(sent.body)))
        request |= {"encoding": "base64", "body": base64.b64encode(sent.body).decode()}
    return request


def client(sent, seen):
    seen["client"] = CLIENT


def no_gzip(sent, shown):
    """The body of the probe is not gzip, whatever it says."""
    if sent.method == "GET" and "gzip" in shown["headers"].get("content-encoding", ()):
        return "cut off", None, ""


def guessed(sent, shown):
    if shown["body"] and "content-type" not in shown["headers"]:
        shown["headers"]["content-type"] = ["text/plain; charset=utf-8"]


def forwarded(sent, seen):
    if sent.header("x-forwarded-for"):
        seen["headers"]["x-forwarded-for"] = [f"{seen['headers']['x-forwarded-for'][0]}, 127.0.0.1"]


def cached(sent, shown):
    shown["headers"].setdefault("cache-control", ["public, max-age=0, must-revalidate"])


ADDED = {
    "seen": {
        "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip", "x-vercel-id",
        "x-vercel-deployment-url", "x-vercel-forwarded-for", "x-vercel-oidc-token",
    },
    "got": {"x-vercel-cache", "x-vercel-id"},
}

KNOWN = [
    Known("client", "executable proxy provided", "56", "the client is whom Vercel saw", seen=client),
    Known("panic", "executable provided", "115", "a panic ends a server's connection, and is a 500 on Vercel",
          instead=lambda sent, shown:
          shown["status"] == "no answer" and (500, "text/plain; charset=utf-8", "internal server error")),
    Known("panic", "proxy", "115", "it is a 502 of Vercel's proxy", instead=lambda sent, shown:
          shown["status"] == "no answer" and (502, None, "")),
    Known("gzip", "proxy", "", "Vercel's proxy accepts gzip for a client that does not, and unpacks it",
          seen=lambda sent, seen: seen["headers"].setdefault("accept-encoding", ["gzip"]), instead=no_gzip),
    Known("type", "proxy", "88", "Vercel's proxy guesses the type of a body without one", got=guessed),
    Known("via", "proxy", "54", "Vercel's proxy adds itself to those who forwarded", seen=forwarded),
    Known("cache", "vercel-dev", "", "the command line adds a cache-control where there is none", got=cached),
    Known("?", "provided", "31", "an empty query is none", seen=compare.no_query),
    Known("cookies", "provided", "49", "cookies come in one header", seen=compare.cookies("; ")),
    Known("chunked", "provided", "57", "a body arrives as a whole, and has a length", seen=compare.length),
    Known("type", "provided", "88", "a body without a type is given the one that claims nothing", got=compare.untyped),
]

MACHINE = {
    "x86_64": {"function": "x86_64", "proxy": "proxy-linux-amd64"},
    "aarch64": {"function": "arm64", "proxy": "proxy-linux-arm64"},
}[platform.machine()]

PARTS = {part.__name__: part for part in (build, executable, proxy, dev, cli, provided)}


def main(oracles, parts):
    compare.end_on_signals()
    unknown = set(parts) - PARTS.keys()
    if unknown:
        sys.exit(f"vercel.py: there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    oracle = Oracle(pathlib.Path(oracles))
    for part in parts or PARTS:
        began = time.monotonic()
        try:
            PARTS[part](oracle)
        except (ChildProcessError, TimeoutError, subprocess.TimeoutExpired) as error:
            sys.exit(f"vercel.py: {part}: {error}")
        print(f"{part}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    sys.exit(0 if oracle.report() else 1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
