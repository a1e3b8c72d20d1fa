"""The apps under `cargo lambda watch`, and as servers. Run by cargo_lambda.sh."""

import contextlib
import json
import os
import pathlib
import random
import sys
import tempfile
import time

import compare
from compare import OF_LAMBDA, ROOT, Known, Sent, get, joined

HOST = "app.example.com"
MODES = ("stream", "buffered")

# Headers that it adds to each request, and to each response.
ADDED = {
    "seen": {"lambda-runtime-aws-request-id", "x-amzn-trace-id"},
    "got": {"lambda-runtime-function-response-mode"},
}



def first_of_each(sent, seen):
    """Of each header its first value."""
    for name, values in seen["headers"].items():
        seen["headers"][name] = values[:1]


def no_length(sent, shown):
    if sent.method == "HEAD":
        shown["headers"].pop("content-length", None)


def no_bytes(sent, shown):
    if sent.method == "HEAD":
        shown["headers"].setdefault("content-length", ["0"])


def no_text(sent, shown):
    """Its answer where it fails itself."""
    body = '{"type":"https://httpstatuses.com/500","status":500,"title":"Internal Server Error"}'
    return not sent.header("content-type") and sent.body and (500, "text/plain; charset=utf-8", body)


KNOWN = OF_LAMBDA + [
    # As AWS has it.
    Known("joined", "all", "75", "repeated headers of a response are joined by ', '", got=joined(", ")),
    Known("HEAD", "stream", "84, 92", "what goes before a stream has no length, which AWS renames, and so there is none of a HEAD",
          got=no_length),
    # Its own.
    Known("first", "all", "45, 46, 50", "it passes on the first of repeated headers, and of repeated cookies; AWS joins them",
          seen=first_of_each),
    Known("0", "buffered", "92", "it says of nothing that it has no bytes, in answer to a HEAD too", got=no_bytes),
    Known("no type", "all", "63 to 65", "it takes a body without a type for text, and fails if it is none; AWS sends it in base64",
          instead=no_text),
]

# The bytes of a body: as JSON, in base64, it is less than the 6 MiB that Lambda takes.
LARGE = 4_000_003
COOKIES = [["set-cookie", "a=1"], ["content-type", "image/png"], ["set-cookie", "b=2; Path=/"]]
MANY = 200

BOUNDARY = b"a-boundary"
FORM = ("content-type", b"multipart/form-data; boundary=" + BOUNDARY)


def form(name, content_type, content):
    head = f'content-disposition: form-data; name="file"; filename="{name}"\r\ncontent-type: {content_type}'.encode()
    return b"--" + BOUNDARY + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n--" + BOUNDARY + b"--\r\n"


PICTURE = random.Random(1).randbytes(100_000)
# To the examples for actix-web and warp, in this order, because they remember.
SHELF = [
    get("/files"),
    Sent("POST", "/files", (FORM,), form("a picture.png", "image/png", PICTURE)),
    get("/files"),
    get("/files/0"),
    get("/files/1"),
    get("/files/2"),
    get("/nowhere"),
]
BOOK = [
    get("/entries"),
    Sent("POST", "/entries", (("content-type", b"application/json"),), '{"name":"Zoë","words":"grüße"}'.encode()),
    Sent("POST", "/entries", (("content-type", b"application/json"),), b'{"name":"","words":""}', note="blank"),
    get("/entries/feed"),
    Sent("POST", "/pictures", (FORM,), form("a.png", "image/png", PICTURE)),
    get("/pictures/0"),
    get("/pictures/1"),
    get("/nowhere"),
]
# Name, package, binary, requests and framework, which the probe is told.
APPS = [
    *((f"probe, {framework}", "lodger-tests", "probe", compare.PROBE, framework)
      for framework in ("axum", "actix-web", "warp")),
    ("example", "example-axum", "example-axum", compare.EXAMPLE, None),
    ("shelf", "example-actix-web", "example-actix-web", SHELF, None),
    ("book", "example-warp", "example-warp", BOOK, None),
]


@contextlib.contextmanager
def watched(package, binary, mode, log, **variables):
    """A binary under it, and the port that it listens on."""
    [port] = compare.free_ports(1)
    cargo = {name: value for name, value in os.environ.items() if name.startswith(("CARGO", "RUSTUP", "RUSTFLAGS"))}
    command = [str(pathlib.Path(sys.executable).with_name("cargo-lambda")), "lambda", "watch", "--ignore-changes",
               "--disable-cors", "-p", package, "--bin", binary, "-A", "127.0.0.1", "-P", str(port)]
    with compare.process(command, port, log, cwd=ROOT, LODGER_RESPONSE_MODE=mode, **cargo, **variables):
        # It begins to build and starts it when somebody asks.
        compare.ask(port, HOST, get(f"/lambda-url/{binary}/"))
        yield port


def streams(checks, mode, app, prefix, on_server, port):
    """What a table of requests and answers cannot show."""
    def check(what, expected, was):
        checks.check(f"{mode}, {app}", what, expected, was)

    def pauses(feed):
        return [later - earlier for earlier, later in zip(feed.at, feed.at[1:])]

    def in_time(feed):
        if mode == "stream":
            return feed.first < 0.3 and all(0.2 < pause < 0.6 for pause in pauses(feed))
        return feed.first > 1.5 and sum(pauses(feed)) < 0.1

    server = compare.follow(on_server, HOST, "/feed/5/400")
    # A busy machine delays one now and then.
    for _ in range(5):
        behind = compare.follow(port, HOST, "/feed/5/400", prefix)
        if in_time(behind):
            break
    check("the status, the type and the events of a feed", (server.status, server.headers["content-type"], server.events),
          (behind.status, behind.headers["content-type"], behind.events))
    rhythm = "the first at once, each when it is written" if mode == "stream" else "together, after all have been written"
    check(f"five events, written 400 ms apart, arrive {rhythm}", "in time",
          "in time" if in_time(behind) else (behind.first, pauses(behind)))
    cut = compare.follow(port, HOST, "/feed/3/100/fails", prefix)
    if mode == "stream":
        # Nor does it read the trailers that tell of it, of which AWS makes a stream that is cut off.
        check("a stream that fails ends where it failed; its client is not told (known: it drops trailers)",
              (200, ["id: 1\ndata: x", "id: 2\ndata: xx"], True), (cut.status, cut.events, cut.is_whole))
    else:
        check("a body that fails is a 500", (500, []), (cut.status, cut.events))
    check("and the next request is answered", 200, compare.ask(port, HOST, get(f"{prefix}/next"))["status"])

    body = random.Random(2).randbytes(LARGE)
    wanted = json.dumps({"status": 201, "headers": COOKIES, "body": body.decode("latin1")}).encode()
    large = compare.ask(port, HOST, Sent("POST", f"{prefix}/respond", (("content-type", b"application/json"),), wanted))
    check(f"{LARGE} bytes arrive as they were, with a status and two cookies", (201, ["a=1", "b=2; Path=/"], True),
          (large["status"], large["headers"].get("set-cookie"), large.get("body") == body.decode("latin1")))

    paths = [f"/one/{number}?after={number - 1}" for number in range(MANY)]
    asked = [compare.ask(port, HOST, get(prefix + path)).get("seen", {}) for path in paths]
    check(f"{MANY} requests, one after the other, are answered each by itself", paths,
          [f"{seen.get('path')}?{seen.get('query')}" for seen in asked])

    print(f"{mode}, {app}: the events arrived after", *(f"{behind.first + at:.3f}" for at in behind.at), "s")


def main(modes):
    compare.end_on_signals()
    unknown = set(modes) - set(MODES)
    if unknown:
        sys.exit(f"cargo_lambda.py: there is no mode {', '.join(unknown)}; there are {', '.join(MODES)}")
    table, checks = compare.Table(KNOWN, ADDED), compare.Checks()
    with tempfile.TemporaryDirectory() as folder:
        for app, package, binary, requests, framework in APPS:
            executable = compare.built(package, binary)
            variables = {"PROBE_FRAMEWORK": framework} if framework else {}
            for mode in modes or MODES:
                with (open(pathlib.Path(folder) / "log", "w+") as log, compare.server(executable, **variables) as on_server,
                      watched(package, binary, mode, log, **variables) as port):
                    for sent in requests:
                        behind = compare.ask(port, HOST, sent, f"/lambda-url/{binary}")
                        table.compare(mode, app, sent, compare.ask(on_server, HOST, sent), behind)
                    if framework:
                        streams(checks, mode, app, f"/lambda-url/{binary}", on_server, port)
    fine = table.report()
    sys.exit(0 if checks.report() and fine else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
