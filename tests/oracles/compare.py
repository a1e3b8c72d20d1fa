"""One list of requests, to the same app as a server and behind a front, and what differs.

A difference that is known is written down as a change of what the server would show, so that it is known only as long as
it is exactly that one. What is left is DIFFERENT, and a fault: of Lodger, or of what is written down here.
"""

import contextlib
import copy
import dataclasses
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True)
class Sent:
    """A request as a client writes it."""

    method: str
    target: str
    headers: tuple = ()
    body: bytes = b""
    chunked: bool = False
    note: str = ""

    def bytes(self, host):
        lines = [f"{self.method} {self.target} HTTP/1.1".encode(), b"host: " + host.encode(), b"connection: close"]
        lines += [name.encode() + b": " + value for name, value in self.headers]
        body = self.body
        if self.chunked:
            lines.append(b"transfer-encoding: chunked")
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        elif body:
            lines.append(b"content-length: %d" % len(body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def header(self, name):
        return [value for other, value in self.headers if other.lower() == name]

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def query(self):
        return self.target.partition("?")[2]

    def __str__(self):
        return f"{self.method} {self.target}" + (f" ({self.note})" if self.note else "")


def get(target, *headers, note=""):
    return Sent("GET", target, headers, note=note)


def post(note, body, *headers, method="POST", chunked=False):
    return Sent(method, "/body", headers, body, chunked, note)


# To the probe, which tells what it saw, and under /reply and /status answers as it is asked to.
PROBE = [
    get("/"),
    get("/a/b?c=d"),
    get("/space%20here"),
    get("/unicode-%CE%BB-%E4%B8%96"),
    get("/a%2Fb%2fc"),
    get("/a%23b%3Fc"),
    get("/a%25b%2525c"),
    get("//double//slash"),
    get("/a/./b/../c"),
    get("/a/%2e%2e/b"),
    get("/trailing/"),
    get("/;p=1/a=b:c@d!$&'()*,"),
    get("/+plus+/%2B"),
    get("/?"),
    get("/q?a=1&b=2&a=3"),
    get("/q?q=a+b%20c%2Bd"),
    get("/q?empty=&flag&x=1"),
    get("/q?u=%C3%BC&e=%26%3D%25"),
    get("/q?list[]=1&pipe=a|b&colon=a:b/c"),
    *(post("a text", b"body", ("content-type", b"text/plain"), method=m) for m in ["PUT", "PATCH", "DELETE", "OPTIONS"]),
    *(post("a text", b"body", ("content-type", b"text/plain"), method=m) for m in ["PROPFIND", "X-ANY", "GET"]),
    get("/h", ("X-Case", b'Kept: "Value"'), ("x-empty", b""), ("accept", b"a, b;q=0.1"), note="headers"),
    get("/h", ("x-twice", b"1"), ("X-Twice", b"2, 3"), note="a header twice"),
    get("/h", ("x-utf8", "São".encode()), note="a header in UTF-8"),
    get("/h", ("date", b"Sat, 21 Nov 2026 04:15:02 GMT"), note="a date"),
    get("/h", ("x-forwarded-for", b"6.6.6.6"), note="a client that says who it is"),
    get("/h", ("cookie", b'a=1; b="2"; c=x=y'), note="cookies"),
    get("/h", ("cookie", b"a=1"), ("cookie", b"b=2"), note="cookies twice"),
    post("JSON", r'{"a":"\u00e9\n","b":["ü"]}'.encode(), ("content-type", b"application/json")),
    post("a form", b"a=1&b=%20+", ("content-type", b"application/x-www-form-urlencoded")),
    post("binary", bytes(range(256)), ("content-type", b"application/octet-stream")),
    post("no type", b"\x00\xfe\xff"),
    post("text in UTF-8", "\ufeff\u0001é😀".encode(), ("content-type", b"text/plain")),
    post("chunked", b"in chunks", ("content-type", b"text/plain"), chunked=True),
    post("empty", b"", ("content-type", b"text/plain"), ("content-length", b"0")),
    *(Sent(method, f"/reply/{what}")
      for what in ["text", "binary", "gzip", "untyped", "empty", "cookies", "repeats", "redirect", "odd-header", "length"]
      for method in ["GET", "HEAD"]),
    *(get(f"/status/{status}") for status in [201, 204, 206, 304, 400, 404, 418, 500, 503, 599]),
    get("/panic"),
]

# To the example, in this order, because it remembers.
EXAMPLE = [
    get("/"),
    get("/notes"),
    Sent("POST", "/notes", (("content-type", b"application/json"),), '{"text":"milk & Käse"}'.encode()),
    Sent("POST", "/notes", (("content-type", b"application/json"),), b'{"text":" "}', note="no text"),
    Sent("POST", "/notes", (("content-type", b"application/json"),), b"{", note="no JSON"),
    get("/notes/1"),
    Sent("HEAD", "/notes/1"),
    get("/notes?contains=K%C3%A4se"),
    get("/notes?contains=milk+%26"),
    get("/notes?contains=x"),
    get("/notes/one"),
    Sent("PUT", "/notes/1"),
    Sent("DELETE", "/notes/1"),
    get("/notes/1", note="deleted"),
    get("/nowhere"),
    get("/ip"),
]
# It makes one up otherwise, and no two are alike.
EXAMPLE = [dataclasses.replace(sent, headers=(*sent.headers, ("x-request-id", b"mine"))) for sent in EXAMPLE]


def headers_of(pairs):
    headers = {}
    for name, value in pairs:
        headers.setdefault(name.lower(), []).append(value)
    return headers


def ask(port, host, sent, path_prefix=""):
    """What the app saw, if it told, and what the client got."""
    sent = dataclasses.replace(sent, target=path_prefix + sent.target)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(sent.bytes(host))
        response = http.client.HTTPResponse(connection, method=sent.method)
        try:
            response.begin()
        except http.client.RemoteDisconnected:
            return {"status": "no answer", "headers": {}, "body": ""}
        body = response.read()
        # Of the answer to a HEAD the length is all that is told of the body; else the body tells.
        if sent.method != "HEAD":
            del response.headers["content-length"]
        shown = {"status": response.status, "headers": headers_of(response.getheaders()), "body": body.decode("latin1")}
    with contextlib.suppress(ValueError, KeyError, TypeError):
        seen = json.loads(body)
        path, mark, query = seen["uri"].partition("?")
        shown["seen"] = {
            "method": seen["method"],
            "path": path,
            "query": query if mark else None,
            "headers": headers_of(seen["headers"]),
            "body": seen["body"],
            "client": seen["client"],
        }
        del shown["body"]
    return shown


@dataclasses.dataclass(frozen=True)
class Known:
    """A difference that is known: what it makes of what a server shows."""

    key: str
    fronts: str
    rule: str
    why: str
    # Changes what is shown, given the request.
    change: callable

    def applies(self, front):
        return self.fronts == "all" or front in self.fronts.split()


def without(shown, sent, added):
    """What is shown, without headers that are of one connection, one moment or one host."""
    shown = copy.deepcopy(shown)
    of_request = {"connection", "transfer-encoding", *added["seen"]}
    of_response = {"connection", "transfer-encoding", "date", "server", *added["got"]}
    if "seen" in shown:
        drop(shown["seen"]["headers"], of_request - {name.lower() for name, _ in sent.headers})
    drop(shown["headers"], of_response)
    return shown


def drop(headers, names):
    for name in names:
        headers.pop(name, None)


def differences(expected, shown, name=""):
    """Names of what differs, with both values."""
    if isinstance(expected, dict) and isinstance(shown, dict):
        for key in sorted(expected.keys() | shown.keys()):
            yield from differences(expected.get(key), shown.get(key), f"{name} {key}")
    elif expected != shown:
        yield name.strip(), expected, shown


class Table:
    """Fronts by requests."""

    def __init__(self, known, added):
        self.known, self.added = known, added
        self.cells, self.faults, self.met = {}, [], {}

    def compare(self, front, app, sent, on_server, behind):
        """Takes down how what a front shows differs from what a server shows."""
        server, behind = (without(shown, sent, self.added) for shown in (on_server, behind))
        expected, keys = copy.deepcopy(server), []
        for known in self.known:
            if known.applies(front):
                before = copy.deepcopy(expected)
                known.change(sent, expected)
                if before != expected:
                    keys.append(known.key)
        found = list(differences(expected, behind))
        cell = "same" if server == behind else "known " + ",".join(keys)
        if found:
            cell = "DIFFERENT"
            self.faults.append((front, app, sent, keys, found))
        else:
            self.met.setdefault(front, set()).update(keys if server != behind else ())
        self.cells[app, str(sent), front] = cell

    def report(self):
        """Prints the table; says whether all of it was expected."""
        fronts = list(dict.fromkeys(front for _, _, front in self.cells))
        rows = list(dict.fromkeys((app, sent) for app, sent, _ in self.cells))
        lines = [["", *fronts]] + [[f"{app}: {sent}", *(self.cells.get((app, sent, f), "") for f in fronts)] for app, sent in rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        for line in lines:
            print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())

        print("\nknown differences:")
        for known in self.known:
            met = [front for front in fronts if known.key in self.met.get(front, ())]
            print(f"  {known.key:4} rule {known.rule}: {known.why} [{', '.join(met) or 'not met'}]")
        for front, app, sent, keys, found in self.faults:
            print(f"\nDIFFERENT: {front}, {app}: {sent}" + (f" (with {', '.join(keys)})" if keys else ""))
            for name, expected, shown in found:
                print(f"  {name}\n    expected {short(expected)}\n    but was  {short(shown)}")
        cells = list(self.cells.values())
        print(f"\n{len(cells)} answers: {cells.count('same')} same, {sum(cell.startswith('known') for cell in cells)} known,"
              f" {len(self.faults)} DIFFERENT")
        return not self.faults


def short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}... ({len(text)} characters)"


def built(package, binary):
    """A binary of the workspace."""
    command = ["cargo", "build", "--quiet", "-p", package, "--bin", binary, "--message-format=json-render-diagnostics"]
    messages = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return next(path for path in (json.loads(message).get("executable") for message in messages) if path)


def apps():
    """Name, binary and requests of the two apps."""
    yield "probe", built("lodger-tests", "probe"), PROBE
    yield "example", built("example-axum", "example-axum"), EXAMPLE


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def process(command, port, output=None, **variables):
    """A process, and all that it starts, until the end of the block; it listens on the port when the block begins."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    child = subprocess.Popen(
        command, env=environment | variables, stdin=subprocess.DEVNULL, stdout=output or subprocess.DEVNULL,
        stderr=subprocess.STDOUT, start_new_session=True,
    )
    try:
        until = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            if child.poll() is not None or time.monotonic() > until:
                told = pathlib.Path(output.name).read_text() if output else ""
                sys.exit(f"{told}{command} does not listen on port {port}; its status is {child.poll()}")
            time.sleep(0.05)
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


@contextlib.contextmanager
def server(binary):
    """A binary as a server, and its port."""
    port = free_port()
    with process([binary], port, LODGER_ADDR=f"127.0.0.1:{port}"):
        yield port


def end_on_signals():
    """Lets SIGTERM end the blocks above as well, and not only Ctrl-C."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
