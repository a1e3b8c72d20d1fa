"""Runs functions without Lodger under `cargo lodger dev` and `cargo lodger invoke`. Run by foreign.sh."""

import contextlib
import json
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request

from processes import ROOT, base_environment, build, check_names, exit_on_sigterm, free_ports, process

HERE = pathlib.Path(__file__).resolve().parent
PYTHON_FRONTS = ["function-url", "http-api", "http-api-v1", "rest-api", "alb", "lattice-v2"]
# lambda_http has no Lattice 1.
LAMBDA_HTTP_FRONTS = ["function-url", "http-api", "http-api-v1", "rest-api", "alb", "alb-multi-value"]


def build_lambda_http():
    """Builds the app of the benchmarks under lambda_http."""
    command = ["cargo", "build", "--quiet", "--manifest-path", ROOT / "benches/apps/Cargo.toml", "--target-dir", ROOT / "target",
               "--features", "lambda-http-axum", "--bin", "lambda-http-axum"]
    subprocess.run(command, check=True)
    return [str(ROOT / "target/debug/lambda-http-axum")]


@contextlib.contextmanager
def dev(lodger, command, *options):
    """Runs `cargo lodger dev` for a command, and yields a function that sends a GET to a front."""
    [port] = free_ports(1)
    arguments = [lodger, "dev", "--listen", f"127.0.0.1:{port}", *options, "--", *command]
    with process(arguments, port, cwd=HERE):

        def get(front, path):
            request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"host": f"{front}.localhost:{port}"})
            try:
                with urllib.request.urlopen(request, timeout=30) as response:
                    return response.status, response.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()

        yield get


def check(name, expected, actual):
    if expected != actual:
        sys.exit(f"foreign.py: {name}: expected {expected!r}, got {actual!r}")
    print(f"ok: {name}")


def invoke(lodger, command, *arguments, stdin=None):
    """Runs `cargo lodger invoke`. Returns the status, standard output and standard error."""
    command = [lodger, "invoke", *arguments, "--", *command]
    done = subprocess.run(command, cwd=HERE, env=base_environment(), input=stdin, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout.strip(), done.stderr


def last_lines(get):
    """Returns the log lines of the newest invocation."""
    newest = json.loads(get("inspect", "/api/invocations?limit=1")[1])["invocations"][0]["id"]
    end = time.monotonic() + 10
    while True:
        lines = [line["text"] for line in json.loads(get("inspect", f"/api/invocations/{newest}")[1])["logs"]]
        if lines or time.monotonic() > end:
            return lines
        time.sleep(0.05)


def check_python(lodger):
    command = [sys.executable, "-m", "awslambdaric", "foreign_handler.handle"]
    with dev(lodger, command) as get:
        for front in PYTHON_FRONTS:
            check(f"Python behind {front}", (200, "Python at /items"), get(front, "/items"))
        check("the line of an invocation", ["/items for function"], [line for line in last_lines(get) if "/items" in line])
    status, out, _ = invoke(lodger, command, "--example", "sqs")
    check("an event of a queue", (0, 1), (status, json.loads(out)["count"]))
    status, out, err = invoke(lodger, command, "-", stdin='{"fail": true}')
    check("an error", (1, "", True), (status, out, "ValueError: the event asks for it" in err))


def check_lambda_http(lodger):
    # Without the variable, lambda_http adds the stage of a REST API to the path.
    with dev(lodger, build_lambda_http(), "--env", "AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH=true") as get:
        for front in LAMBDA_HTTP_FRONTS:
            check(f"lambda_http behind {front}", (200, "Hello, world!"), get(front, "/hello"))
        check("a path without a route", 404, get("function-url", "/missing")[0])


def main():
    checks = {"lambda_http": check_lambda_http, "python": check_python}
    names = sys.argv[1:] or list(checks)
    check_names("foreign.py", "function", names, checks)
    exit_on_sigterm()
    lodger = build("cargo-lodger")
    for name in names:
        checks[name](lodger)


if __name__ == "__main__":
    main()
