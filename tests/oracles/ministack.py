"""Compares the apps behind ministack's fronts with the same apps as servers. Run by ministack.sh."""

import contextlib
import pathlib
import sys
import tempfile

from client import get, read_events, send
from deploy import archive
from ministack_fronts import DOMAIN, FRONTS, STREAMING_URL, Ministack
from ministack_known import ADDED, KNOWN
from processes import check_names, exit_on_sigterm, free_ports, process, server
from report import Checks, Table
from request_lists import apps


def check_streams(checks, port, ministack, code, on_server):
    """Checks a complete and a failing stream behind Function URLs of both modes, with the app in both modes."""
    events = read_events(on_server, "a", "/feed/3/200").events
    for url_mode in ("RESPONSE_STREAM", "BUFFERED"):
        for app_mode in ("stream", "buffered"):
            name = f"feed-{url_mode}-{app_mode}"
            host, _ = ministack.function_url(name, ministack.function(name, code, app_mode), url_mode)

            def check(name, expected, actual):
                checks.check(f"{url_mode}, app {app_mode}", name, expected, actual)

            check_stream(check, port, host, events, (url_mode, app_mode))


def check_stream(check, port, host, events, modes):
    complete, failed = (read_events(port, host, target) for target in ("/feed/3/200", "/feed/3/50/fails"))
    observed = complete.status, complete.headers.get("content-type"), complete.events
    if modes == ("RESPONSE_STREAM", "stream"):
        check("status, type and events of a feed", (200, ["text/event-stream"], events), observed)
        check("the events arrive together, after the last was written (known: ministack collects a stream; AWS does not)",
              (True, True), (complete.first >= 0.4, complete.arrivals[-1] < 0.1))
        check("a stream that fails ends after its last event (known: ministack drops the trailers; AWS fails the response)",
              (200, events[:2], True), (failed.status, failed.events, failed.is_complete))
    elif modes == ("BUFFERED", "buffered"):
        check("status, type and events of a feed", (200, ["text/event-stream"], events), observed)
        check("a stream that fails is a 500", (500, []), (failed.status, failed.events))
    else:
        # Like on AWS, if the app and the URL have different modes.
        response = send(port, host, get("/reply/text"))
        begin = '{"statusCode":200,"headers":{"content-type":"text/plain;charset=utf-8"},'
        check("the client receives the reply unchanged, as prelude or JSON", (200, True),
              (response["status"], response["body"].replace(" ", "").startswith(begin)))
    check("the next request gets a response", 200, send(port, host, get("/after"))["status"])


@contextlib.contextmanager
def serving(folder):
    """Runs ministack, and yields its port."""
    [port] = free_ports(1)
    variables = {
        "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "MINISTACK_HOST": DOMAIN,
        # By default ministack stores data outside the folder.
        "TMPDIR": str(folder), "S3_DATA_DIR": str(folder / "s3"),
    }
    command = [str(pathlib.Path(sys.executable).with_name("ministack"))]
    with open(folder / "log", "w+") as log, process(command, port, log, **variables):
        yield port


def main(fronts):
    exit_on_sigterm()
    check_names("ministack.py", "front", fronts, FRONTS)
    table, checks = Table(KNOWN, ADDED), Checks()
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = stack.enter_context(serving(folder))
        ministack = Ministack(port)
        for app, binary, requests in apps():
            code = archive(binary, folder / "function.zip")
            for front in fronts or FRONTS:
                name = f"{app}-{front}"
                arn = ministack.function(name, code, "stream" if front == STREAMING_URL else "buffered")
                host, prefix = FRONTS[front](ministack, name, arn)
                with server(binary) as on_server:
                    for request in requests:
                        from_front = send(port, host, request, prefix)
                        table.compare(front, app, request, send(on_server, host, request), from_front)
            if app == "probe" and STREAMING_URL in (fronts or FRONTS):
                with server(binary) as on_server:
                    check_streams(checks, port, ministack, code, on_server)
    is_as_expected = table.report()
    sys.exit(0 if checks.report() and is_as_expected else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
