"""Checks of the streams of both examples."""

import http.client
import socket
import time

from client import Request, get, send


def chunks(port, target, headers=()):
    """Yields the chunks of a streamed response, each with its time of arrival."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(get(target, *headers).encode("127.0.0.1"))
        response = http.client.HTTPResponse(connection)
        response.begin()
        while chunk := response.read1():
            yield time.monotonic(), chunk


def check_countdown(oracle, part, port, headers=()):
    """Checks that a countdown arrives event by event. Returns the arrival of the last event."""
    arrived = list(chunks(port, "/countdown/3", headers))
    body = b"".join(chunk for _, chunk in arrived)
    oracle.check(part, "a stream is complete", "data: 3\n\ndata: 2\n\ndata: 1\n\ndata: 0\n\n", body.decode())
    seconds = arrived[-1][0] - arrived[0][0]
    is_gradual = len(arrived) >= 4 and seconds >= 0.5
    oracle.check(part, "a stream arrives event by event", True, is_gradual or (len(arrived), seconds))
    return arrived[-1][0]


def check_visits(oracle, part, port, headers=lambda: ()):
    """Checks that the stream of one client shows the request of another."""

    def status(method, target, body=b""):
        return send(port, "127.0.0.1", Request(method, target, headers(), body))["status"]

    status("PUT", "/links/seen", b"https://example.com/")
    visits = chunks(port, "/links/seen/visits", headers())
    events = [next(visits)[1].decode()]
    status("GET", "/seen")
    events.append(next(visits)[1].decode())
    status("DELETE", "/links/seen")
    oracle.check(part, "a stream continues during other requests", ["data: 0\n\n", "data: 1\n\n"], events)
    oracle.check(part, "a stream ends when its link is removed", [], list(visits))
