"""Runs functions under AWS's Runtime Interface Emulator, which rie.sh installs."""

import contextlib

from processes import free_ports, process

PATH = "/2015-03-31/functions/function/invocations"


@contextlib.contextmanager
def emulating(emulator, binary, log, **environment):
    """Runs a function with an environment under the emulator, and yields the port for invocations."""
    port, runtime_api = free_ports(2)
    command = [
        emulator,
        "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
        "--runtime-api-address", f"127.0.0.1:{runtime_api}",
        binary,
    ]
    settings = {"NAME": "test", "TIMEOUT": "10", "MEMORY_SIZE": "512"}
    variables = {f"AWS_LAMBDA_FUNCTION_{name}": value for name, value in settings.items()}
    with process(command, port, log, **variables, **environment):
        yield port
