"""The other side of the socket that a function of Vercel's runtime `executable` reports to.

It knows of the protocol what the platform's runtimes for Python and Go say: JSON objects, each ended by a NUL; `server-started`
first and once; `end` once for each request that had the two headers that name it, when its answer has been sent.
"""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time

TYPES = {"server-started", "handler-started", "end", "log", "metric", "unrecoverable-error"}


class Host:
    def __init__(self, command, cwd=None, log=subprocess.DEVNULL, **variables):
        self.folder = tempfile.TemporaryDirectory(prefix="lodger-ipc-")
        path = str(pathlib.Path(self.folder.name) / "ipc.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.connections, self.sent, self.faults = 0, 0, []
        # When each came, and what it was.
        self.messages = []
        self.changed = threading.Condition()
        threading.Thread(target=self._accept, daemon=True).start()
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        # The platform's functions run in machines of Lambda's.
        environment |= {"VERCEL": "1", "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9", "VERCEL_IPC_PATH": path}
        self.child = subprocess.Popen(
            command, cwd=cwd, env=environment | variables, stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT, start_new_session=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()
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
                self._take(message)
        if rest:
            self.faults.append(f"the socket was closed within {rest!r}")

    def _take(self, message):
        try:
            message = json.loads(message)
            kind = message["type"]
            assert kind in TYPES and isinstance(message["payload"], dict)
        except (ValueError, KeyError, TypeError, AssertionError):
            self.faults.append(f"{message!r} is no message")
            return
        if (kind == "server-started") != (not self.messages) and kind != "unrecoverable-error":
            self.faults.append(f"{kind} is message {len(self.messages) + 1}")
        with self.changed:
            self.messages.append((time.monotonic(), message))
            self.changed.notify_all()

    def of(self, kind):
        return [(at, message["payload"]) for at, message in self.messages if message["type"] == kind]

    def wait(self, found, what, seconds=10):
        """Until `found` gives something."""
        with self.changed:
            if not self.changed.wait_for(found, seconds):
                raise TimeoutError(f"{what} did not come; what came is {[message for _, message in self.messages]}")
            return found()

    def port(self):
        """Where it says that it listens."""
        [(_, started), *_] = self.wait(lambda: self.of("server-started"), "server-started", 30)
        if not isinstance(started["initDuration"], int) or started["initDuration"] < 0:
            self.faults.append(f"initDuration is {started['initDuration']!r}")
        return started["httpPort"]

    def headers(self, host, client):
        """What names the next request, and what the platform puts into it."""
        self.sent += 1
        context = {"invocationId": f"invocation-{self.sent}", "requestId": self.sent}
        headers = {
            "x-vercel-internal-invocation-id": context["invocationId"],
            "x-vercel-internal-request-id": str(self.sent),
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
        """When the end of a request came; what else it says is a fault."""

        def its():
            return [(at, payload) for at, payload in self.of("end") if payload["context"] == context]

        [(at, payload), *more] = self.wait(its, f"the end of {context}")
        if more or payload.get("error") is not None:
            self.faults.append(f"an end is {[payload for _, payload in its()]}")
        return at

    def stop(self):
        """Ends it as the platform does, and tells its status."""
        self.child.terminate()
        return self.child.wait(10)
