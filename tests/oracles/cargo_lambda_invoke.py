"""Sends events to functions under `cargo lambda watch` with `cargo lambda invoke`. Run by cargo_lambda_invoke.sh."""

import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile

from client import Request, get, send
from processes import ROOT, base_environment, build, cargo_environment, exit_on_sigterm, free_ports, process, write_cargo
from report import Checks
from test_events import failures, test_events, with_bodies

CARGO_LAMBDA = str(pathlib.Path(sys.executable).with_name("cargo-lambda"))
HOST = "app.example.com"
JSON = ("content-type", b"application/json")


class Function:
    """A function under `cargo lambda watch`."""

    def __init__(self, name, port, folder):
        self.name, self.port, self.folder = name, port, folder

    def invoke(self, *data):
        """Invokes the function with `cargo lambda invoke`. Returns the status of that command, its output and its errors."""
        command = [CARGO_LAMBDA, "lambda", "invoke", self.name, *data, "-A", "127.0.0.1", "-P", str(self.port)]
        environment = base_environment() | {"XDG_CACHE_HOME": str(self.folder)}
        # In the empty folder of the events, there is no other configuration.
        ended = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60)
        return ended.returncode, ended.stdout, ended.stderr

    def result(self, *data):
        """Returns the status of the command, and the JSON of the result."""
        status, output, errors = self.invoke(*data)
        try:
            return status, json.loads(output)
        except ValueError:
            return status, output + errors

    def error(self, *data):
        """Returns the status of the command, the first line of its errors, and its output."""
        status, output, errors = self.invoke(*data)
        lines = errors.splitlines() or [""]
        return status, lines[0].strip(), output.strip()

    def post(self, event):
        """Invokes the function without `cargo lambda invoke`. Returns the HTTP status and the JSON of the response."""
        path = f"/2015-03-31/functions/{self.name}/invocations"
        response = send(self.port, HOST, Request("POST", path, (), json.dumps(event).encode()))
        return response["status"], json.loads(response["body"])


@contextlib.contextmanager
def watched(name, folder, log):
    """Runs a function under `cargo lambda watch`."""
    path = write_cargo(folder, build(name))
    [port] = free_ports(1)
    command = [CARGO_LAMBDA, "lambda", "watch", "--ignore-changes", "--disable-cors", "-p", name,
               "-A", "127.0.0.1", "-P", str(port)]
    with process(command, port, log, cwd=ROOT, PATH=path, **cargo_environment()):
        yield Function(name, port, folder)


def write_events(folder, events):
    """Writes events to files, and into the cache that `cargo lambda invoke` reads before it downloads an example."""
    cache = folder / "cargo-lambda" / "invoke-fixtures"
    cache.mkdir(parents=True)
    for kind, event in events.items():
        (cache / f"example-{kind}.json").write_text(json.dumps(event))
        (folder / f"{kind}.json").write_text(json.dumps(event))


def check_shop(check, shop, events):
    """Checks the example with a web API, a queue and a schedule in one binary."""
    supply = Request("POST", "/lambda-url/example-events/stock/apple", (JSON,), b'{"count": 5}')
    check("an HTTP request supplies apples", '{"article":"apple","inStock":5}', send(shop.port, HOST, supply)["body"])
    check("--data-file: two orders, of which the second fails", (0, failures(events["orders"], 1)),
          shop.result("--data-file", "orders.json"))
    stock = send(shop.port, HOST, get("/lambda-url/example-events/stock"))
    check("the first order is reserved", '{"apple":3}', stock["body"])
    check("--data-example: messages that are not orders fail alone", (0, failures(events["sqs"], 0, 1)),
          shop.result("--data-example", "sqs"))
    check("--data-example: the schedule", (0, {"outOfStock": []}), shop.result("--data-example", "schedule"))
    check("an event without a handler: exit status and type", (1, "Error: Runtime.UnsupportedEvent", ""),
          shop.error("--data-example", "s3_put"))
    status, error = shop.post(events["s3_put"])
    message = "cannot handle an event of S3 (arn:aws:s3:::photos): no handler takes the event"
    check("the same event by HTTP: status, type and message", (500, "Runtime.UnsupportedEvent", message),
          (status, error["errorType"], error["errorMessage"].partition(";")[0]))


def check_orders(check, function, events):
    """Checks the function of the example with several binaries that takes a batch."""
    check("--data-file: two orders of a known article", (0, failures(events["known"])),
          function.result("--data-file", "known.json"))
    check("--data-example: messages that are not orders fail alone", (0, failures(events["sqs"], 0, 1)),
          function.result("--data-example", "sqs"))
    check("an event that is not a batch: exit status and type", (1, "Error: InvalidEvent", ""),
          function.error("--data-example", "schedule"))
    status, error = function.post(events["schedule"])
    message = (
        'cannot read a batch from an event of EventBridge (source "aws.events", detail-type "Scheduled Event"): '
        "only SQS, Kinesis, DynamoDB and Kafka have partial batch responses"
    )
    check("the same event by HTTP: status, type and message", (500, "InvalidEvent", message),
          (status, error["errorType"], error["errorMessage"].partition(";")[0]))


def main():
    exit_on_sigterm()
    checks, events = Checks(), test_events()
    order = {"article": "apple", "count": 2}
    events["orders"] = with_bodies(events["sqs"], [order, order | {"count": 9}])
    events["known"] = with_bodies(events["sqs"], [order, order | {"article": "milk"}])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_events(folder, events)
        for name, check_function in (("example-events", check_shop), ("several-orders", check_orders)):
            with open(folder / "log", "w+") as log, watched(name, folder, log) as function:
                check_function(lambda *check: checks.check(name, *check), function, events)
    sys.exit(0 if checks.report() else 1)


if __name__ == "__main__":
    main()
