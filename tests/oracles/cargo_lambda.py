"""Compares the apps under `cargo lambda watch` with the same apps as servers. Run by cargo_lambda.sh."""

import contextlib
import json
import pathlib
import random
import sys
import tempfile

from cargo_lambda_cases import ADDED, APPS, KNOWN
from client import Request, get, read_events, send
from processes import (
    ROOT, build, cargo_environment, check_names, exit_on_sigterm, free_ports, process, server, write_cargo,
)
from report import Checks, Table

HOST = "app.example.com"
MODES = ("stream", "buffered")

# The bytes of a body that, as base64 in JSON, is below Lambda's limit of 6 MiB.
LARGE = 4_000_003
COOKIES = [["set-cookie", "a=1"], ["content-type", "image/png"], ["set-cookie", "b=2; Path=/"]]
MANY = 200


@contextlib.contextmanager
def watched(package, binary, mode, log, **variables):
    """Runs a binary under `cargo lambda watch`, and yields the port. `PATH` decides which cargo starts the binary."""
    [port] = free_ports(1)
    command = [str(pathlib.Path(sys.executable).with_name("cargo-lambda")), "lambda", "watch", "--ignore-changes",
               "--disable-cors", "-p", package, "--bin", binary, "-A", "127.0.0.1", "-P", str(port)]
    with process(command, port, log, cwd=ROOT, LODGER_RESPONSE_MODE=mode, **cargo_environment(), **variables):
        # The first request makes it start the binary.
        send(port, HOST, get(f"/lambda-url/{binary}/"))
        yield port


def check_streams(check, mode, prefix, on_server, port):
    """Checks when the events of a stream arrive, and how a failing stream ends. Returns the stream."""

    def pauses(stream):
        return [later - earlier for earlier, later in zip(stream.arrivals, stream.arrivals[1:])]

    def is_in_time(stream):
        if mode == "stream":
            return stream.first < 0.3 and all(0.2 < pause < 0.6 for pause in pauses(stream))
        return stream.first > 1.5 and sum(pauses(stream)) < 0.1

    expected = read_events(on_server, HOST, "/feed/5/400")
    # A busy machine delays an event from time to time.
    for _ in range(5):
        stream = read_events(port, HOST, "/feed/5/400", prefix)
        if is_in_time(stream):
            break
    check("status, type and events of a feed", (expected.status, expected.headers["content-type"], expected.events),
          (stream.status, stream.headers["content-type"], stream.events))
    rhythm = "one by one, when each is written" if mode == "stream" else "together, after the last is written"
    check(f"five events, written 400 ms apart, arrive {rhythm}", "in time",
          "in time" if is_in_time(stream) else (stream.first, pauses(stream)))

    failed = read_events(port, HOST, "/feed/3/100/fails", prefix)
    if mode == "stream":
        # cargo lambda ignores the trailers, with which AWS cuts the stream off.
        check("a stream that fails ends after its last event, without an error for the client (known: it drops trailers)",
              (200, ["id: 1\ndata: x", "id: 2\ndata: xx"], True), (failed.status, failed.events, failed.is_complete))
    else:
        check("a body that fails is a 500", (500, []), (failed.status, failed.events))
    check("the next request gets a response", 200, send(port, HOST, get(f"{prefix}/next"))["status"])
    return stream


def check_large_body(check, prefix, port):
    body = random.Random(2).randbytes(LARGE)
    respond = json.dumps({"status": 201, "headers": COOKIES, "body": body.decode("latin1")}).encode()
    request = Request("POST", f"{prefix}/respond", (("content-type", b"application/json"),), respond)
    response = send(port, HOST, request)
    check(f"{LARGE} bytes arrive unchanged, with the status and two cookies", (201, ["a=1", "b=2; Path=/"], True),
          (response["status"], response["headers"].get("set-cookie"), response.get("body") == body.decode("latin1")))


def check_many_requests(check, prefix, port):
    paths = [f"/one/{number}?after={number - 1}" for number in range(MANY)]
    seen = [send(port, HOST, get(prefix + path)).get("request", {}) for path in paths]
    check(f"each of {MANY} requests in a row gets its own response", paths,
          [f"{request.get('path')}?{request.get('query')}" for request in seen])


def main(modes):
    exit_on_sigterm()
    check_names("cargo_lambda.py", "mode", modes, MODES)
    table, checks = Table(KNOWN, ADDED), Checks()
    with tempfile.TemporaryDirectory() as folder:
        for app, package, binary, requests, framework in APPS:
            executable, prefix = build(binary), f"/lambda-url/{binary}"
            path, variables = write_cargo(folder, executable), {"PROBE_FRAMEWORK": framework} if framework else {}
            for mode in modes or MODES:
                with (open(pathlib.Path(folder) / "log", "w+") as log, server(executable, **variables) as on_server,
                      watched(package, binary, mode, log, PATH=path, **variables) as port):
                    for request in requests:
                        from_front = send(port, HOST, request, prefix)
                        table.compare(mode, app, request, send(on_server, HOST, request), from_front)
                    if not framework:
                        continue

                    def check(name, expected, actual):
                        checks.check(f"{mode}, {app}", name, expected, actual)

                    stream = check_streams(check, mode, prefix, on_server, port)
                    check_large_body(check, prefix, port)
                    check_many_requests(check, prefix, port)
                    arrivals = (f"{stream.first + arrival:.3f}" for arrival in stream.arrivals)
                    print(f"{mode}, {app}: the events arrived after", *arrivals, "s")
    is_as_expected = table.report()
    sys.exit(0 if checks.report() and is_as_expected else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
