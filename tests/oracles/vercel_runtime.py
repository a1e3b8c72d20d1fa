"""Parts `executable` and `proxy`: a host in Python starts the app, directly or behind Vercel's proxy."""

import concurrent.futures
import contextlib
import dataclasses
import pathlib
import shutil
import socket
import sys
import tempfile

from client import get, send
from processes import build, wait_for_port
from request_lists import PROBE
from vercel_ipc import Host
from vercel_known import CLIENT, HOST
from vercel_oracle import LINKS, ROUTES
from vercel_streams import check_countdown, check_visits

# The proxy listens on this port and cannot be configured.
PROXY_PORT = 3000


class PlatformClient:
    """A client whose requests have the headers of the platform, and that waits for the `end` of each request."""

    def __init__(self, host):
        self.host, self.port = host, host.port()
        wait_for_port(self.port)

    def __call__(self, request):
        context, headers = self.host.headers(HOST, CLIENT)
        request = dataclasses.replace(request, headers=(*request.headers, *headers))
        observation = send(self.port, "127.0.0.1", request)
        # Vercel's proxy sends no `end` for a response that is cut off.
        if observation["status"] != "incomplete":
            self.host.end(context)
        return observation


def executable(oracle):
    """The process itself speaks the protocol of the platform."""
    probe = build("probe")
    with Host([probe]) as host:
        client = PlatformClient(host)
        oracle.compare("executable", "probe", PROBE, probe, client)
        seen = check_internal_headers(oracle, "executable", client)
        oracle.check("executable", "the token is in the header that its clients read", ["secret"],
                     seen.get("x-vercel-oidc-token"))
        ends = len(host.payloads("end"))
        status = send(client.port, "127.0.0.1", get("/_vercel/ping"))["status"]
        oracle.check("executable", "a ping gets a response and no `end`", (200, ends), (status, len(host.payloads("end"))))
        check_concurrent_requests(oracle, "executable", client)
        oracle.check("executable", "each request has one `end`", host.request_count, len(host.payloads("end")))
        oracle.check("executable", "SIGTERM ends the process without an error", 0, host.stop())
        check_protocol(oracle, "executable", host)
    with Host([probe], PROBE_FAILS="error") as host:
        [(_, error)] = host.wait(lambda: host.payloads("unrecoverable-error"), "unrecoverable-error")
        has_cause = "the database is out of reach" in error["message"]
        oracle.check("executable", "the process reports why it cannot start", (1, True, 1),
                     (error["exitCode"], has_cause, host.child.wait(10)))
    _, folder = oracle.routes.built
    with Host(["./executable"], cwd=folder) as host:
        client = PlatformClient(host)
        oracle.compare("executable", "routes", ROUTES, str(folder / "executable"), client)
        number = host.request_count + 1
        you = f"{CLIENT} requests {HOST}\ninvocation invocation-{number}, request {number}\n"
        oracle.check("executable", "the app gets the client and the request id", you, client(get("/you"))["body"])
        context, headers = host.headers(HOST, CLIENT)
        last = check_countdown(oracle, "executable", client.port, headers)
        oracle.check("executable", "`end` follows the last byte", True, host.end(context) >= last - 0.05)
        check_protocol(oracle, "executable", host)


def proxy(oracle):
    """The platform's proxy starts the app as a server."""
    check_proxy_port()
    _, links = oracle.links.built
    probe = build("probe")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copy(links / "executable", folder)
        shutil.copy(probe, folder / "user-server")
        with Host(["./executable"], cwd=folder) as host:
            client = PlatformClient(host)
            oracle.compare("proxy", "probe", PROBE, probe, client)
            check_internal_headers(oracle, "proxy", client)
            check_concurrent_requests(oracle, "proxy", client)
            check_protocol(oracle, "proxy", host)
        with Host(["./executable"], cwd=folder, PROBE_FAILS="error") as host:
            # The proxy reports an error of its own.
            host.wait(lambda: host.payloads("unrecoverable-error"), "unrecoverable-error", 40)
            oracle.check("proxy", "an app that cannot start ends the proxy", 1, host.child.wait(10))
    with Host(["./executable"], cwd=links) as host:
        client = PlatformClient(host)
        oracle.compare("proxy", "links", LINKS, str(links / "user-server"), client)
        check_visits(oracle, "proxy", client.port, lambda: host.headers(HOST, CLIENT)[1])
        check_protocol(oracle, "proxy", host)


def check_proxy_port():
    with contextlib.closing(socket.socket()) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", PROXY_PORT))
        except OSError as error:
            sys.exit(f"vercel.py: cannot listen on port {PROXY_PORT}, which Vercel's proxy uses: {error}")


def check_concurrent_requests(oracle, part, client):
    expected = [f"/many/{number}" for number in range(100)]
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        paths = [observation["request"]["path"] for observation in pool.map(client, map(get, expected))]
    oracle.check(part, "100 concurrent requests get their responses", expected, paths)


def check_internal_headers(oracle, part, client):
    """Checks that the app sees no internal header. Returns all headers that it sees."""
    seen = client(get("/headers"))["request"]["headers"]
    internal = [name for name in seen if name.startswith(("x-vercel-internal", "x-vercel-sc"))]
    oracle.check(part, "the app sees no internal header", [], internal)
    return seen


def check_protocol(oracle, part, host):
    oracle.check(part, "one connection to the platform, and only valid messages", (1, []), (host.connections, host.faults))
