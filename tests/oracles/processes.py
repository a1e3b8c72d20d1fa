"""Builds the apps, and runs processes that listen on a port."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


# The features that `cargo test --workspace --all-features` uses. With `-p`, or without an example, which adds the dependencies of
# tests, Cargo would choose fewer features, and build most dependencies a second time.
AS_TESTED = ["--workspace", "--all-features", "--example", "test_events"]


def build(name):
    """Builds a binary or example of the workspace, and returns its path. Reuses the dependencies that the tests have built."""
    target = [] if name in AS_TESTED else ["--bin", name]
    command = ["cargo", "build", "--quiet", *AS_TESTED, *target, "--message-format=json-render-diagnostics"]
    try:
        lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"cannot build {name}: {error}")
    messages = [message for message in map(json.loads, lines) if message.get("executable")]
    return next(message["executable"] for message in messages if message["target"]["name"] == name)


def write_cargo(folder, executable):
    """Writes a `cargo` whose `cargo run` starts this executable, and returns a PATH that begins with it.

    The real command has `-p`, so it builds most dependencies again, with the features of one package.
    """
    script, cargo = pathlib.Path(folder) / "cargo", shutil.which("cargo")
    script.write_text(f'#!/bin/sh\n[ "$1" != run ] || exec "{executable}"\nexec "{cargo}" "$@"\n')
    script.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def base_environment():
    """Returns the variables that every process gets. All others are left out, so that they cannot change the result."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}


def cargo_environment():
    """Returns the variables that configure cargo."""
    return {name: value for name, value in os.environ.items() if name.startswith(("CARGO", "RUSTUP", "RUSTFLAGS"))}


def free_ports(count):
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in listeners]


def wait_for_port(port, is_alive=lambda: True, seconds=30):
    """Waits until a process listens on the port."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        if not is_alive() or time.monotonic() > end:
            raise TimeoutError(f"cannot connect to port {port}: no process listens")
        time.sleep(0.05)


@contextlib.contextmanager
def process(command, port, output=None, cwd=None, seconds=30, **variables):
    """Runs a process until the end of the block, which begins when the process listens on the port.

    At the end of the block, all processes that the process has started end too.
    """
    child = subprocess.Popen(
        command, cwd=cwd, env=base_environment() | variables, stdin=subprocess.DEVNULL,
        stdout=output or subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True,
    )
    try:
        try:
            wait_for_port(port, lambda: child.poll() is None, seconds)
        except TimeoutError as error:
            output and output.seek(0)
            sys.exit(f"{output.read() if output else ''}{command[0]}: {error}")
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(5)
        kill(child)


def kill(child):
    """Kills a process that leads a session, with all processes that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


@contextlib.contextmanager
def server(binary, **variables):
    """Runs a binary as a server, and yields its port."""
    [port] = free_ports(1)
    with process([binary], port, LODGER_ADDR=f"127.0.0.1:{port}", **variables):
        yield port


def exit_on_sigterm():
    """Makes SIGTERM leave the blocks above, like Ctrl-C."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def check_names(script, kind, names, known):
    """Exits with an error if a name on the command line is unknown."""
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"{script}: unknown {kind} {', '.join(unknown)}: expected {', '.join(known)}")
