"""Builds and deploys examples/deploy with cargo-lambda, to ministack. Run by deploy_cargo_lambda.sh."""

import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

import botocore.session

from client import Request, get, read_events, send
from deploy import NAME, VARIABLES, check_events, check_glibc, run, unpack
from ministack import serving
from ministack_fronts import REGION, Ministack
from processes import ROOT, cargo_environment, exit_on_sigterm
from report import Checks

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
FUNCTION = "weather"
ROLE = "arn:aws:iam::000000000000:role/r"
JSON = ("content-type", b"application/json")


class CargoLambda:
    """The command `cargo lambda` of a virtual environment."""

    def __init__(self, folder, lambda_dir, compiler):
        self.path, self.lambda_dir, self.compiler = f"{folder}{os.pathsep}{os.environ['PATH']}", str(lambda_dir), compiler

    def __call__(self, command, *arguments, **variables):
        return run(["cargo", "lambda", command, *arguments, "--lambda-dir", self.lambda_dir], ROOT, PATH=self.path,
                   **cargo_environment(), **variables)

    def build(self, target):
        """Builds the executable and the zip file, in a debug build. Returns their paths."""
        arguments = ("-p", NAME, "--skip-target-check", "--compiler", self.compiler, "--target", target)
        self("build", *arguments)
        self("build", *arguments, "--output-format", "zip")
        folder = pathlib.Path(self.lambda_dir) / NAME
        return folder / "bootstrap", folder / "bootstrap.zip"


def targets():
    """Returns the targets whose standard library is installed, the one of this machine first."""
    machines = sorted(("x86_64", "aarch64"), key=lambda machine: machine != platform.machine())
    for machine in machines:
        target = f"{machine}-unknown-linux-gnu"
        library = subprocess.run(["rustc", "--print", "target-libdir", "--target", target], capture_output=True, text=True).stdout
        if pathlib.Path(library.strip()).is_dir():
            yield target
        else:
            print(f"skipped {target}: its standard library is not installed; run rustup target add {target}", file=sys.stderr)


def client(service, port):
    return botocore.session.get_session().create_client(
        service, region_name=REGION, endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id="test", aws_secret_access_key="test",
    )


def check_permissions(checks, functions):
    policy = json.loads(functions.get_policy(FunctionName=FUNCTION)["Policy"])
    actions = sorted((statement["Action"], *statement["Condition"]) for statement in policy["Statement"])
    checks.check("deploy", "the Function URL has both permissions",
                 [("lambda:InvokeFunction", "Bool"), ("lambda:InvokeFunctionUrl", "StringEquals")], actions)


def check_url(checks, functions, port):
    """Checks a request and a stream. Returns the host of the Function URL."""
    functions.update_function_url_config(FunctionName=FUNCTION, InvokeMode="RESPONSE_STREAM")
    url = functions.get_function_url_config(FunctionName=FUNCTION)["FunctionUrl"]
    host = url.removeprefix("https://").rstrip("/")
    stored = send(port, host, Request("POST", "/readings", (JSON,), b'{"station":"north","celsius":4.5}'))
    checks.check("deploy", "a request to the Function URL", (201, "stored\n"), (stored["status"], stored["body"]))
    stream = read_events(port, host, "/live/2")
    checks.check("deploy", "a stream", (200, ["text/event-stream"], ["data: 1", "data: 1"]),
                 (stream.status, stream.headers["content-type"], stream.events))
    return host


def check_queue(checks, functions, port, host):
    """Sends two messages, of which one fails, and waits until that one is in the dead-letter queue."""
    queues = client("sqs", port)
    urls = {name: queues.create_queue(QueueName=name)["QueueUrl"] for name in ("failed-readings", "readings")}
    arns = {
        name: queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for name, url in urls.items()
    }
    redrive = json.dumps({"deadLetterTargetArn": arns["failed-readings"], "maxReceiveCount": "1"})
    queues.set_queue_attributes(QueueUrl=urls["readings"], Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "1"})
    functions.create_event_source_mapping(
        FunctionName=FUNCTION, EventSourceArn=arns["readings"], BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    south, cold = ('{"station":"south","celsius":10.0}', '{"station":"pole","celsius":-300}')
    for body in (south, cold):
        queues.send_message(QueueUrl=urls["readings"], MessageBody=body)
    failed, end = [], time.monotonic() + 30
    while not failed and time.monotonic() < end:
        failed = queues.receive_message(QueueUrl=urls["failed-readings"], WaitTimeSeconds=1).get("Messages", [])
    checks.check("deploy", "the message that failed is in the dead-letter queue, alone", [cold], [each["Body"] for each in failed])
    checks.check("deploy", "the other message is stored", south, send(port, host, get("/stations/south"))["body"])


def main(emulator, cargo_lambda, compiler="cargo"):
    exit_on_sigterm()
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        command = CargoLambda(cargo_lambda, folder / "lambda", "cargo-zigbuild" if compiler == "zig" else "cargo")
        found = targets()
        native = next(found)
        for target in found if compiler == "zig" else ():
            bootstrap, _ = command.build(target)
            check_glibc(bootstrap)
        bootstrap, package = command.build(native)
        check_glibc(bootstrap)
        check_events(checks, "build", emulator, unpack(package, folder), VARIABLES)
        with serving(folder) as port:
            command("deploy", "--endpoint-url", f"http://127.0.0.1:{port}", "--role", ROLE, "--enable-function-url", "--memory", "512",
                    "--timeout", "29", "--env-var", "LODGER_RESPONSE_MODE=stream", "--binary-name", NAME, FUNCTION, **KEYS)
            functions = Ministack(port).functions
            check_permissions(checks, functions)
            check_queue(checks, functions, port, check_url(checks, functions, port))
    sys.exit(0 if checks.report() else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
