"""A client that sends raw requests, and records the request that the app saw and the response.

An observation is a dictionary with the `status`, the `headers` and the `body` of the response. The probe responds with the request
that it received: then the observation has this request as `request`, instead of the `body`.
"""

import contextlib
import dataclasses
import http.client
import json
import socket
import time


@dataclasses.dataclass(frozen=True)
class Request:
    """A request as a client writes it."""

    method: str
    target: str
    headers: tuple = ()
    body: bytes = b""
    chunked: bool = False
    note: str = ""

    def encode(self, host):
        """Returns the bytes of the request."""
        lines = [f"{self.method} {self.target} HTTP/1.1".encode(), b"host: " + host.encode(), b"connection: close"]
        lines += [name.encode() + b": " + value for name, value in self.headers]
        body = self.body
        if self.chunked:
            lines.append(b"transfer-encoding: chunked")
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        elif body:
            lines.append(b"content-length: %d" % len(body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def values(self, name):
        """Returns the values of a header."""
        return [value for other, value in self.headers if other.lower() == name]

    def __str__(self):
        return f"{self.method} {self.target}" + (f" ({self.note})" if self.note else "")


def get(target, *headers, note=""):
    return Request("GET", target, headers, note=note)


def post(note, body, *headers, method="POST", chunked=False):
    return Request(method, "/body", headers, body, chunked, note)


def group_headers(pairs):
    """Returns the values of each header, by its name in lower case."""
    headers = {}
    for name, value in pairs:
        headers.setdefault(name.lower(), []).append(value)
    return headers


def send(port, host, request, path_prefix=""):
    """Sends a request, and returns the observation."""
    request = dataclasses.replace(request, target=path_prefix + request.target)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request.encode(host))
        response = http.client.HTTPResponse(connection, method=request.method)
        try:
            response.begin()
        except http.client.RemoteDisconnected:
            return {"status": "no response", "headers": {}, "body": ""}
        try:
            body = response.read()
        except http.client.IncompleteRead:
            return {"status": "incomplete", "headers": {}, "body": ""}
        return observe(request, response.status, response.getheaders(), body)


def observe(request, status, headers, body):
    """Returns the observation of a response."""
    observation = {"status": status, "headers": group_headers(headers), "body": body.decode("latin1")}
    # In a response to HEAD, only the length describes the body. In other responses, the body itself is compared.
    if request.method != "HEAD":
        observation["headers"].pop("content-length", None)
    with contextlib.suppress(ValueError, KeyError, TypeError):
        seen = json.loads(body)
        path, mark, query = seen["uri"].partition("?")
        observation["request"] = {
            "method": seen["method"],
            "path": path,
            "query": query if mark else None,
            "headers": group_headers(seen["headers"]),
            "body": seen["body"],
            "client": seen["client"],
        }
        del observation["body"]
    return observation


@dataclasses.dataclass(frozen=True)
class EventStream:
    """A stream of server-sent events as the client received it."""

    status: int
    headers: dict
    events: list
    # Arrival of each complete event, in seconds after the first event.
    arrivals: list
    # Seconds from the request to the first event.
    first: float
    # Whether the stream ended without an error.
    is_complete: bool


def read_events(port, host, target, path_prefix=""):
    """Reads a stream of server-sent events while they arrive."""
    body, arrivals, is_complete = b"", [], True
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        start = time.monotonic()
        connection.sendall(get(path_prefix + target).encode(host))
        response = http.client.HTTPResponse(connection, method="GET")
        response.begin()
        try:
            while piece := response.read1(1 << 16):
                body += piece
                arrivals += [time.monotonic()] * (body.count(b"\n\n") - len(arrivals))
        except http.client.IncompleteRead:
            is_complete = False
    first = arrivals[0] if arrivals else start
    return EventStream(response.status, group_headers(response.getheaders()), body.decode().split("\n\n")[:-1],
                       [arrival - first for arrival in arrivals], first - start, is_complete)
