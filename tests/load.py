#!/usr/bin/env python3
"""Attacks Lodger's server and `axum::serve` with slow and hostile clients, and measures a healthy client meanwhile.

usage: tests/load.py [ATTACK]...

Builds `benches/apps/src/bin/load.rs` in release. Each attack runs against each server in turn, with timeouts of 5 seconds. The table has
the median and the 99th percentile of a healthy client before and during the attack, the memory of the server at its peak and at the
end, and the connections that the server still has at the end. Fails if the healthy client of Lodger takes over twice its quiet median and
is slower than that of `axum::serve`, if the memory exceeds the bound of the attack, or if the server keeps connections that it has to
close. Needs slowhttptest, wrk and h2load (the package nghttp2-client). With the variable LOAD_BINARY, that program is measured.
"""
import json
import os
import pathlib
import resource
import select
import shutil
import socket
import subprocess
import sys
import time

from load_attacks import ATTACKS

ROOT = pathlib.Path(__file__).resolve().parent.parent
TIMEOUT = 5
QUIET_SECONDS = 2
# From the start of an attack. The last connections begin late, and timeouts end up to half of their time late.
ATTACK_SECONDS = 16
# A median below this is noise of the machine, in milliseconds.
NOISE = 1.0


def build():
    if binary := os.environ.get("LOAD_BINARY"):
        return pathlib.Path(binary)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    manifest = ROOT / "benches/apps/Cargo.toml"
    command = ["cargo", "build", "--quiet", "--release", "--manifest-path", manifest, "--target-dir", target]
    subprocess.run([*command, "--features", "load", "--bin", "load"], check=True)
    return target / "release/load"


class Server:
    """A server process, with the peaks of its memory and descriptors."""

    def __init__(self, binary, kind):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        env = os.environ | {"LODGER_HEADER_TIMEOUT": str(TIMEOUT), "LODGER_STALL_TIMEOUT": str(TIMEOUT)}
        self.process = subprocess.Popen([binary, kind, f"127.0.0.1:{self.port}"], env=env, stderr=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                assert self.process.poll() is None, "the server has ended"
                time.sleep(0.01)

    def memory(self, field):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split(f"{field}:")[1].split()[0]) // 1024

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self):
        self.process.kill()
        self.process.wait()


def healthy(port, seconds):
    """Starts a client that sends requests one after another, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, ROOT / "tests/load_attacks.py", "healthy", str(port), str(seconds)], stdout=subprocess.PIPE, text=True
    )


def measure(binary, kind, attack):
    """Runs an attack against a server, and returns the figures."""
    server = Server(binary, kind)
    try:
        quiet = json.loads(healthy(server.port, QUIET_SECONDS).communicate()[0])
        command = [sys.executable, ROOT / "tests/load_attacks.py", attack.name, str(server.port), str(ATTACK_SECONDS)]
        files = server.files()
        attacker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        # The healthy client begins when the attack does, and ends before the attacker counts its connections.
        client = healthy(server.port, ATTACK_SECONDS - 2)
        most = files
        while not select.select([attacker.stdout], [], [], 0.1)[0]:
            most = max(most, server.files())
        during = json.loads(client.communicate()[0])
        assert server.process.poll() is None, "the server has ended"
        # The attacker keeps its connections until its standard input ends.
        figures = {"quiet": quiet, "during": during, "most": most - files, "open": max(0, server.files() - files)}
        figures |= {"peak": server.memory("VmHWM"), "end": server.memory("VmRSS")}
        attacker.communicate()
        return figures
    finally:
        server.stop()


def failures(attack, own, lodger):
    """Yields the reasons why Lodger fails an attack."""
    quiet, during, other = (figures["p50"] for figures in (lodger["quiet"], lodger["during"], own["during"]))
    if during > max(2 * quiet, NOISE) and during > 1.5 * other:
        yield f"the healthy client takes {during:.2f} ms, {quiet:.2f} ms when quiet, {other:.2f} ms under axum::serve"
    if lodger["during"]["failed"] > own["during"]["failed"]:
        yield f"{lodger['during']['failed']} healthy requests failed"
    if lodger["peak"] > attack.max_memory:
        yield f"the server used {lodger['peak']} MB, and the bound is {attack.max_memory} MB"
    if attack.closes and lodger["open"] > 0:
        yield f"{lodger['open']} connections are open after {ATTACK_SECONDS} s"


def row(name, kind, figures):
    quiet, during = figures["quiet"], figures["during"]
    cells = [
        name, kind, f"{quiet['p50']:.2f}", f"{during['p50']:.2f}", f"{during['p99']:.2f}", during["failed"], figures["peak"],
        figures["end"], figures["most"], figures["open"],
    ]  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def main():
    for program in ("slowhttptest", "wrk", "h2load"):
        if not shutil.which(program):
            sys.exit(f"load.py: cannot find {program}; install the packages slowhttptest, wrk and nghttp2-client")
    names = sys.argv[1:]
    if unknown := set(names) - {attack.name for attack in ATTACKS}:
        sys.exit(f"load.py: unknown attack {unknown.pop()}; expected one of {', '.join(attack.name for attack in ATTACKS)}")
    # The server and the attacker inherit the limit.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(20_000, hard), hard))
    binary = build()
    print("| attack | server | quiet p50, ms | p50, ms | p99, ms | failed | MB, peak | MB, end | connections, peak | connections, end |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    failed = []
    for attack in ATTACKS:
        if names and attack.name not in names:
            continue
        own, lodger = (measure(binary, kind, attack) for kind in ("own", "lodger"))
        print(row(attack.title, "axum::serve", own), row("", "Lodger", lodger), sep="\n", flush=True)
        failed += [f"{attack.name}: {reason}" for reason in failures(attack, own, lodger)]
    if failed:
        sys.exit("\n".join(f"load.py: {line}" for line in failed))


if __name__ == "__main__":
    main()
