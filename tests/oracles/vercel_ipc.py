"""The platform's side of the socket to which a function of Vercel's runtime `executable` reports.

The protocol is that of Vercel's runtimes for Python and Go: JSON objects, each followed by a NUL. `server-started` is the first
message, and comes once. `end` comes once for each request with the two headers that identify it, after the response was sent.
"""

import contextlib
import json
import pathlib
import socket
import subprocess
import tempfile
import threading
import time

from processes import base_environment, kill

TYPES = {"server-started", "handler-started", "end", "log", "metric", "unrecoverable-error"}


class Host:
    """A process under Vercel, with its messages."""

    def __init__(self, command, cwd=None, log=subprocess.DEVNULL, **variables):
        self.folder = tempfile.TemporaryDirectory(prefix="lodger-ipc-")
        path = str(pathlib.Path(self.folder.name) / "ipc.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.connections, self.request_count, self.faults = 0, 0, []
        # Time of arrival and message.
        self.messages = []
        self.changed = threading.Condition()
        threading.Thread(target=self._accept, daemon=True).start()
        # Vercel's functions run on Lambda, whose variables are there too.
        environment = {"VERCEL": "1", "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9", "VERCEL_IPC_PATH": path}
        self.child = subprocess.Popen(
            command, cwd=cwd, env=base_environment() | environment | variables, stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT, start_new_session=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        kill(self.child)
        self.listener.close()
        self.folder.cleanup()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self._read, args=[connection], daemon=True).start()

    def _read(self, connection):
        rest = b""
        while piece := connection.recv(65536):
            *messages, rest = (rest + piece).split(b"\0")
            for message in messages:
                self._add(message)
        if rest:
            self.faults.append(f"the process closed the socket within the message {rest!r}")

    def _add(self, message):
        try:
            message = json.loads(message)
            kind = message["type"]
            assert kind in TYPES and isinstance(message["payload"], dict)
        except (ValueError, KeyError, TypeError, AssertionError):
            self.faults.append(f"invalid message {message!r}")
            return
        if (kind == "server-started") != (not self.messages) and kind != "unrecoverable-error":
            self.faults.append(f"{kind} is message {len(self.messages) + 1}")
        with self.changed:
            self.messages.append((time.monotonic(), message))
            self.changed.notify_all()

    def payloads(self, kind):
        """Returns the payloads of all messages of a type, with their times of arrival."""
        return [(at, message["payload"]) for at, message in self.messages if message["type"] == kind]

    def wait(self, find, name, seconds=10):
        """Waits until `find` returns a value, and returns it."""
        with self.changed:
            if not self.changed.wait_for(find, seconds):
                raise TimeoutError(f"missing {name} after {seconds} s; messages: {[message for _, message in self.messages]}")
            return find()

    def port(self):
        """Waits for the port on which the process listens."""
        [(_, started), *_] = self.wait(lambda: self.payloads("server-started"), "server-started", 30)
        if not isinstance(started["initDuration"], int) or started["initDuration"] < 0:
            self.faults.append(f"invalid initDuration {started['initDuration']!r}")
        return started["httpPort"]

    def headers(self, host, client):
        """Returns the identity of the next request, and the headers that Vercel adds to it."""
        self.request_count += 1
        context = {"invocationId": f"invocation-{self.request_count}", "requestId": self.request_count}
        headers = {
            "x-vercel-internal-invocation-id": context["invocationId"],
            "x-vercel-internal-request-id": str(self.request_count),
            "x-vercel-internal-span-id": "span",
            "x-vercel-internal-trace-id": "trace",
            "x-vercel-internal-oidc-token": "secret",
            "x-vercel-sc-runtime-cache": "secret",
            "x-vercel-id": "iad1::mine",
            "x-vercel-forwarded-for": client,
            "x-real-ip": client,
            "x-forwarded-host": host,
            "x-forwarded-proto": "https",
        }
        return context, tuple((name, value.encode()) for name, value in headers.items())

    def end(self, context):
        """Waits for the `end` of a request, and returns its time of arrival. A second `end`, or an error in it, is a fault."""

        def ends():
            return [(at, payload) for at, payload in self.payloads("end") if payload["context"] == context]

        [(at, payload), *more] = self.wait(ends, f"the end of {context}")
        if more or payload.get("error") is not None:
            self.faults.append(f"more than one end, or an error in it: {[payload for _, payload in ends()]}")
        return at

    def stop(self):
        """Ends the process with SIGTERM, like Vercel, and returns the exit status."""
        self.child.terminate()
        return self.child.wait(10)
