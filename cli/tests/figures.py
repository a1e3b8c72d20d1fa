#!/usr/bin/env python3
"""Measures `cargo lodger dev`: the time from saving a file to a response of the new code, beside `cargo lambda watch`; the overhead of a
request; and the memory with 10,000 invocations in the history.

usage: cli/tests/figures.py [ROUNDS]    edits per command, by default 5

Builds the command in release, and an axum app in a temporary folder. Needs cargo-lambda, which tests/oracles/venv.sh installs.
"""
import http.client
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/oracles"))
from processes import cargo_environment, free_ports, process  # noqa: E402

MANIFEST = """[package]
name = "edited"
version = "0.1.0"
edition = "2024"

[dependencies]
axum = {{ version = "0.8", default-features = false, features = ["tokio"] }}
lodger = {{ path = "{root}/adapters", features = ["axum"] }}
tokio = {{ version = "1", features = ["macros", "rt-multi-thread"] }}

[workspace]
"""
MAIN = """use axum::{{Router, routing::get}};

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {{
    lodger::run(Router::new().route("/", get(async || "version {number}"))).await
}}
"""
REQUESTS = 10_000


class Command:
    """A command that watches the app, with its port and the path of the function."""

    def __init__(self, name, arguments, path, port, folder):
        self.name, self.path, self.port, self.folder, self.times = name, path, port, folder, []
        self.arguments = arguments

    def body(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request("GET", self.path, headers={"host": f"localhost:{self.port}"})
            return connection.getresponse().read().decode(errors="replace")
        except OSError:
            return ""
        finally:
            connection.close()

    def wait_for(self, number):
        while self.body() != f"version {number}":
            time.sleep(0.005)

    def edit(self, number):
        (self.folder / "src/main.rs").write_text(MAIN.format(number=number))
        begun = time.monotonic()
        self.wait_for(number)
        self.times.append(time.monotonic() - begun)


def write_app(folder):
    (folder / "src").mkdir(parents=True)
    (folder / "Cargo.toml").write_text(MANIFEST.format(root=ROOT))
    (folder / "src/main.rs").write_text(MAIN.format(number=0))
    (folder / "Cargo.lock").write_bytes((ROOT / "Cargo.lock").read_bytes())
    subprocess.run(["cargo", "build", "--quiet"], cwd=folder, check=True)


def commands(folder):
    subprocess.run(["cargo", "build", "--quiet", "--release", "-p", "cargo-lodger"], cwd=ROOT, check=True)
    python = subprocess.run(
        [ROOT / "tests/oracles/venv.sh", "cargo-lambda", "--no-deps", "cargo-lambda==1.9.2"], check=True, capture_output=True, text=True
    ).stdout.strip()
    ports = free_ports(2)
    apps = [folder / "lodger", folder / "lambda"]
    for app in apps:
        write_app(app)
    lodger = [ROOT / "target/release/cargo-lodger", "dev", "--listen", f"127.0.0.1:{ports[0]}"]
    cargo_lambda = [pathlib.Path(python).with_name("cargo-lambda"), "lambda", "watch", "-A", "127.0.0.1", "-P", str(ports[1])]
    return (
        Command("cargo lodger dev", lodger, "/", ports[0], apps[0]),
        Command("cargo lambda watch", cargo_lambda, "/lambda-url/edited/", ports[1], apps[1]),
    )


def milliseconds(port, host):
    """The median time of requests one after another, on one connection."""
    connection, times = http.client.HTTPConnection("127.0.0.1", port, timeout=30), []
    for _ in range(REQUESTS):
        begun = time.perf_counter()
        connection.request("GET", "/", headers={"host": host})
        connection.getresponse().read()
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder:
        lodger, cargo_lambda = commands(pathlib.Path(folder))
        environment = cargo_environment()
        with (
            process(lodger.arguments, lodger.port, cwd=lodger.folder, seconds=300, **environment) as child,
            process(cargo_lambda.arguments, cargo_lambda.port, cwd=cargo_lambda.folder, seconds=300, **environment),
        ):
            for command in (lodger, cargo_lambda):
                command.wait_for(0)
            for number in range(1, rounds + 1):
                for command in (lodger, cargo_lambda):
                    command.edit(number)
            for command in (lodger, cargo_lambda):
                times = ", ".join(f"{seconds:.2f}" for seconds in sorted(command.times))
                print(f"{command.name}: {statistics.median(command.times):.2f} s from an edit to its response ({times})")
            through, alone = (milliseconds(lodger.port, f"{front}.localhost:{lodger.port}") for front in ("function-url", "server"))
            print(f"a request: {through:.2f} ms through a Function URL, {alone:.2f} ms through the server's proxy, in the median")
            size = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{child.pid}/status").read_text())[1]
            print(f"memory with {REQUESTS} invocations in the history: {int(size) // 1024} MB")


if __name__ == "__main__":
    main()
