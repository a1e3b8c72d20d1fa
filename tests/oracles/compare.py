"""One list of requests, to the same app as a server and behind a front, and what differs.

A difference that is known is written down as a change of what the server would show, so that it is known only as long as
it is exactly that one. What is left is DIFFERENT, and a fault: of Lodger, or of what is written down here.
"""

import base64
import contextlib
import copy
import dataclasses
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse

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
    *(Sent(method, f"/reply/{what}", (("accept", b"*/*"),))
      for what in ["text", "binary", "gzip", "untyped", "empty", "cookies", "repeats", "redirect", "odd-header", "length"]
      for method in ["GET", "HEAD"]),
    get("/reply/binary", note="no accept"),
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
        try:
            body = response.read()
        except http.client.IncompleteRead:
            return {"status": "cut off", "headers": {}, "body": ""}
        return shown(sent, response.status, response.getheaders(), body)


@dataclasses.dataclass(frozen=True)
class Followed:
    """A stream of events as a client got it."""

    status: int
    headers: dict
    events: list
    # When each was whole, in seconds since the first of them, which itself came so long after the request.
    at: list
    first: float
    # Whether it ended as it should.
    is_whole: bool


def follow(port, host, target, path_prefix=""):
    """Reads a stream of server-sent events, as they come."""
    body, at, is_whole = b"", [], True
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        begun = time.monotonic()
        connection.sendall(get(path_prefix + target).bytes(host))
        response = http.client.HTTPResponse(connection, method="GET")
        response.begin()
        try:
            while piece := response.read1(1 << 16):
                body += piece
                at += [time.monotonic()] * (body.count(b"\n\n") - len(at))
        except http.client.IncompleteRead:
            is_whole = False
    first = at[0] if at else begun
    return Followed(response.status, headers_of(response.getheaders()), body.decode().split("\n\n")[:-1],
                    [moment - first for moment in at], first - begun, is_whole)


def shown(sent, status, headers, body):
    """What the app saw, if it told, and what the client got."""
    shown = {"status": status, "headers": headers_of(headers), "body": body.decode("latin1")}
    # Of the answer to a HEAD the length is all that is told of the body; else the body tells.
    if sent.method != "HEAD":
        shown["headers"].pop("content-length", None)
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
    """A difference that is known: what it makes of what a server shows. The rules are those of the tests' README."""

    key: str
    fronts: str
    rule: str
    why: str
    # Each is given the request, and changes what the app saw of it, or what its client got, or says what is got instead.
    seen: callable = None
    got: callable = None
    instead: callable = None

    def is_of(self, front):
        return self.fronts == "all" or front in self.fronts.split()

    def change(self, front, sent, shown):
        if not self.is_of(front):
            return
        if self.seen and "seen" in shown:
            self.seen(sent, shown["seen"])
        if self.got and "seen" not in shown:
            self.got(sent, shown)
        answer = self.instead and self.instead(sent, shown)
        if answer:
            status, content_type, body = answer
            shown.clear()
            headers = {"content-type": [content_type]} if content_type else {}
            shown.update(status=status, headers=headers, body=body)


def escape(text, but):
    """Escapes the bytes of a text that are not among those."""
    return "".join(chr(byte) if chr(byte) in but else f"%{byte:02X}" for byte in text.encode())


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def verbatim(path):
    """Rule 16: what Lodger makes of a path that no front decodes."""
    return escape(path, LETTERS + "!\"$%&'()*+,-./:;=@[\\]^_`{|}~")


def encoded(path):
    """Rule 11: what Lodger makes of a path that a front decodes."""
    return escape(path, LETTERS + "!$&'()*+,-./:;=@_~")


def tolerant(path):
    """Rule 15: what Lodger makes of a path from a front that it does not know."""
    return re.sub("%(?![0-9a-fA-F]{2})", "%25", escape(path, LETTERS + "!$%&'()*+,-./:;=@[\\]_|~"))


def path(change):
    return lambda sent, seen: seen.update(path=change(seen["path"]))


def query(change):
    """Changes the query's pairs, decoded, and makes a query of what comes."""

    def changed(sent, seen):
        if seen["query"]:
            pairs = urllib.parse.parse_qsl(seen["query"], keep_blank_values=True)
            seen["query"] = "&".join(change(pairs))

    return changed


def grouped(pairs):
    """Values of one key together, where the first of them was."""
    keys = list(dict.fromkeys(key for key, _ in pairs))
    return [(key, value) for key in keys for other, value in pairs if other == key]


def quoted(pairs):
    """Rule 33: what Lodger makes of a query that a front decodes."""
    kept = LETTERS + "!$'()*,-./:?@[]_~"
    return [f"{escape(key, kept)}={escape(value, kept + '=')}" for key, value in pairs]


def joined(by):
    """Joins the values of each header but cookies."""

    def changed(sent, shown):
        for name, values in shown["headers"].items():
            if name not in ("cookie", "set-cookie"):
                shown["headers"][name] = [by.join(values)]

    return changed


def cookies(by):
    def changed(sent, seen):
        if "cookie" in seen["headers"]:
            seen["headers"]["cookie"] = [by.join(seen["headers"]["cookie"])]

    return changed


def base64_of(sent, shown):
    """A body that is not text stays in base64."""
    body = shown["body"].encode("latin1")
    try:
        text = body.decode() if "content-encoding" not in shown["headers"] else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        shown["body"] = base64.b64encode(body).decode()


def no_query(sent, seen):
    seen["query"] = seen["query"] or None


def length(sent, seen):
    if sent.chunked:
        seen["headers"]["content-length"] = [str(len(sent.body))]


def untyped(sent, shown):
    # Of the answer to a HEAD the length tells of a body.
    has_body = shown["body"] or shown["headers"].get("content-length", ["0"]) != ["0"]
    if has_body and "content-type" not in shown["headers"]:
        shown["headers"]["content-type"] = ["application/octet-stream"]


def as_json(but=()):
    """The type that emulators claim where there is none."""

    def changed(sent, shown):
        if shown["status"] not in but:
            shown["headers"].setdefault("content-type", ["application/json"])

    return changed


def latin1(sent, shown):
    """A value that could be in Latin-1 is sent in it, whatever it was in."""
    for values in shown["headers"].values():
        for at, value in enumerate(values):
            with contextlib.suppress(UnicodeError):
                values[at] = value.encode("latin1").decode()


# What Lambda, or each front of it, makes different.
OF_LAMBDA = [
    Known("panic", "all", "115", "a panic ends a server's connection, and is a 500 on Lambda", instead=lambda sent, shown:
          shown["status"] == "no answer" and (500, "text/plain; charset=utf-8", "internal server error")),
    Known("chunked", "all", "57", "a body arrives as a whole, and has a length", seen=length),
    Known("?", "all", "31", "an event with an empty query is one without a query", seen=no_query),
    Known("type", "all", "88", "a body without a type is given the one that claims nothing", got=untyped),
]


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
        expected, changes = copy.deepcopy(server), []
        for known in self.known:
            before = copy.deepcopy(expected)
            known.change(front, sent, expected)
            if before != expected:
                changes.append(known)
        found = list(differences(expected, behind))
        keys = ", ".join(known.key for known in changes)
        if found:
            self.faults.append((front, app, sent, keys, found))
        else:
            self.met.setdefault(front, set()).update(changes)
        self.cells[app, str(sent), front] = "DIFFERENT" if found else f"known: {keys}" if changes else "same"

    def report(self):
        """Prints the table; says whether all of it was expected."""
        fronts = list(dict.fromkeys(front for _, _, front in self.cells))
        rows = list(dict.fromkeys((app, sent) for app, sent, _ in self.cells))
        lines = [["", *fronts]]
        lines += [[f"{app}: {sent}", *(self.cells.get((app, sent, front), "") for front in fronts)] for app, sent in rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        for line in lines:
            print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())

        print("\nknown differences, with the rules of tests/README.md and the fronts that have them:")
        for known in self.known:
            of = [front for front in fronts if known.is_of(front)]
            met = [front for front in of if known in self.met.get(front, ())]
            if of:
                where = "all" if met == fronts else ", ".join(met) or "NOT MET"
                print(f"  {known.key:10} {known.rule:11} {known.why} ({where})")
        for front, app, sent, keys, found in self.faults:
            print(f"\nDIFFERENT: {front}, {app}: {sent}" + (f", besides what is known: {keys}" if keys else ""))
            for name, expected, shown in found:
                print(f"  {name}\n    expected {short(expected)}\n    but was  {short(shown)}")
        cells = list(self.cells.values())
        print(f"\n{len(cells)} answers: {cells.count('same')} same, {sum(cell.startswith('known') for cell in cells)} known,"
              f" {len(self.faults)} DIFFERENT")
        return not self.faults


class Checks:
    """What is expected of one thing after another."""

    def __init__(self):
        self.all = []

    def check(self, part, what, expected, was):
        self.all.append((part, what, None if expected == was else (expected, was)))

    def report(self):
        """Prints them; says whether all of it was expected."""
        print()
        width = max((len(part) for part, _, _ in self.all), default=0)
        for part, what, fault in self.all:
            print(f"{part.ljust(width)}  {'DIFFERENT' if fault else 'as expected'}: {what}")
            if fault:
                print(f"  expected {short(fault[0])}\n  but was  {short(fault[1])}")
        faults = sum(fault is not None for _, _, fault in self.all)
        print(f"\n{len(self.all)} checks: {faults} DIFFERENT")
        return not faults


def short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}... ({len(text)} characters)"


def built(package, binary):
    """A binary of the workspace."""
    command = ["cargo", "build", "--quiet", "-p", package, "--bin", binary, "--message-format=json-render-diagnostics"]
    try:
        messages = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{binary} cannot be built: {error}")
    return next(path for path in (json.loads(message).get("executable") for message in messages) if path)


def apps():
    """Name, binary and requests of the two apps."""
    yield "probe", built("lodger-tests", "probe"), PROBE
    yield "example", built("example-axum", "example-axum"), EXAMPLE


def free_ports(count):
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in listeners]


def wait_for(port, lives=lambda: True, within=30):
    """Until something listens there."""
    until = time.monotonic() + within
    while True:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        if not lives() or time.monotonic() > until:
            raise TimeoutError(f"nothing listens on port {port}")
        time.sleep(0.05)


@contextlib.contextmanager
def process(command, port, output=None, cwd=None, within=30, **variables):
    """A process, and all that it starts, until the end of the block; it listens on the port when the block begins."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    child = subprocess.Popen(
        command, cwd=cwd, env=environment | variables, stdin=subprocess.DEVNULL, stdout=output or subprocess.DEVNULL,
        stderr=subprocess.STDOUT, start_new_session=True,
    )
    try:
        try:
            wait_for(port, lambda: child.poll() is None, within)
        except TimeoutError as error:
            output and output.seek(0)
            sys.exit(f"{output.read() if output else ''}{command[0]}: {error}")
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
def server(binary, **variables):
    """A binary as a server, and its port."""
    [port] = free_ports(1)
    with process([binary], port, LODGER_ADDR=f"127.0.0.1:{port}", **variables):
        yield port


def end_on_signals():
    """Lets SIGTERM end the blocks above as well, and not only Ctrl-C."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
