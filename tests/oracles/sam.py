"""The apps behind SAM CLI's local API Gateway. Run by sam.sh."""

import contextlib
import logging
import pathlib
import re
import sys
import tempfile
import threading
from urllib.parse import unquote

from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from samcli.lib.utils.stream_writer import StreamWriter
from samcli.local.apigw.local_apigw_service import LocalApigwService
from samcli.local.docker.container import Container
from werkzeug.serving import make_server

import compare
from compare import (
    OF_LAMBDA, Known, as_json, base64_of, cookies, grouped, joined, latin1, path, query, quoted, tolerant, verbatim,
)

HOST = "api.example.com"

ADDED = {"seen": {"x-forwarded-port", "x-forwarded-proto"}, "got": set()}

HTTP_APIS = "http-api http-api-v1"
METHODS = {"GET", "DELETE", "PUT", "POST", "HEAD", "OPTIONS", "PATCH"}


def other_method(sent, shown):
    return sent.method not in METHODS and (403, "application/json", '{"message":"Missing Authentication Token"}\n')


def no_text(sent, shown):
    try:
        sent.body.decode()
    except UnicodeDecodeError:
        return 502, "application/json", '{"message":"Internal server error"}\n'


def parsed_cookies(sent, seen):
    if sent.header("cookie"):
        seen["headers"]["cookie"] = [seen["headers"]["cookie"][0].replace('"', "")]


def as_latin1(sent, seen):
    for name, values in seen["headers"].items():
        seen["headers"][name] = [value.encode().decode("latin1") for value in values]


KNOWN = OF_LAMBDA + [
    # As AWS has it.
    Known("joined", "http-api", "75", "repeated headers of a response are joined by ', '", got=joined(", ")),
    # SAM CLI's own.
    Known("decoded", "rest-api", "13", "SAM CLI decodes paths; AWS does not", seen=path(lambda p: verbatim(unquote(p)))),
    Known("decoded", HTTP_APIS, "11, 15", "SAM CLI decodes paths, once; Lodger does not know it, as there is no domain of AWS",
          seen=path(lambda p: tolerant(unquote(p)))),
    Known("accept", "rest-api", "97", "SAM CLI leaves base64 to a client without Accept; of AWS that is not known",
          got=lambda sent, shown: sent.header("accept") or base64_of(sent, shown)),
    Known("slashes", "all", "16", "SAM CLI makes one slash of several at the begin",
          seen=path(lambda p: re.sub("^//+", "/", p))),
    Known("query", "rest-api http-api-v1", "33, 35, 36", "a query is decoded, key by key; SAM CLI sorts the keys as well",
          seen=query(lambda pairs: quoted(sorted(grouped(pairs), key=lambda pair: pair[0])))),
    Known("header", "all", "45, 46", "SAM CLI joins repeated headers before any front sees them", seen=joined(",")),
    Known("cookies", "all", "49, 50", "SAM CLI joins repeated cookies by ','", seen=cookies(",")),
    Known("quotes", "http-api", "49", "SAM CLI parses cookies, and writes them without their quotes", seen=parsed_cookies),
    Known("as latin1", "all", "51", "SAM CLI takes headers for Latin-1", seen=as_latin1),
    Known("method", "all", "61", "SAM CLI has seven methods", instead=other_method),
    Known("no text", HTTP_APIS, "64", "SAM CLI takes each body for text; AWS would send these in base64", instead=no_text),
    Known("JSON", "all", "88", "what has no type is JSON to SAM CLI", got=as_json(but=[304])),
    Known("latin1", "all", "86", "SAM CLI sends values of headers in Latin-1, if they could be", got=latin1),
]

# The kind of its routes, and the payload.
FRONTS = {
    "rest-api": ("Api", ""),
    "http-api": ("HttpApi", "2.0"),
    "http-api-v1": ("HttpApi", "1.0"),
}


class Runner:
    """Stands where SAM CLI has a container: the container's own client, and the emulator that a container would hold."""

    def __init__(self, port):
        self.container = Container.__new__(Container)
        self.container.URL = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        self.container._container_host = self.container.rapid_port_host = ""
        # Two invocations at a time would crash the emulator.
        self.one = threading.Lock()

    def is_debugging(self):
        return False

    def invoke(self, name, event, stdout=None, **_):
        with self.one:
            answer, _ = self.container._make_http_request(event)
        (stdout.write_bytes if isinstance(answer, bytes) else stdout.write_str)(answer)


@contextlib.contextmanager
def serving(front, emulator, log):
    """Serves one API of the template."""
    kind, payload = FRONTS[front]
    template = pathlib.Path(__file__).with_name("template.yaml")
    stacks, _ = SamLocalStackProvider.get_stacks(str(template), parameter_overrides={"Payload": payload})
    api = ApiProvider(stacks, cwd=str(template.parent)).api
    api.routes = [route for route in api.routes if route.event_type == kind]
    if kind == "HttpApi":
        # Those are the REST API's.
        api.binary_media_types_set = set()
    service = LocalApigwService(api, Runner(emulator), port=0, host="127.0.0.1", stderr=StreamWriter(log))
    service.create()
    # As its own `run` does, which takes the signals of the process as well.
    server = make_server("127.0.0.1", 0, service._app, threaded=True)
    threading.Thread(target=server.serve_forever).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def emulating(emulator, binary, log):
    """AWS's emulator with a function under it, and the port that it is invoked at."""
    port, runtime_api = compare.free_ports(2)
    command = [
        emulator,
        "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
        "--runtime-api-address", f"127.0.0.1:{runtime_api}",
        binary,
    ]
    of_function = {"NAME": "test", "TIMEOUT": "10", "MEMORY_SIZE": "512"}
    variables = {f"AWS_LAMBDA_FUNCTION_{name}": value for name, value in of_function.items()}
    with compare.process(command, port, log, **variables):
        yield port


def main(emulator, fronts):
    compare.end_on_signals()
    unknown = set(fronts) - FRONTS.keys()
    if unknown:
        sys.exit(f"sam.py: there is no front {', '.join(unknown)}; there are {', '.join(FRONTS)}")
    # What Flask says of each request would hide the table.
    logging.disable()
    table = compare.Table(KNOWN, ADDED)
    with tempfile.TemporaryFile("w+") as log:
        for app, binary, requests in compare.apps():
            for front in fronts or FRONTS:
                with (
                    compare.server(binary) as on_server,
                    emulating(emulator, binary, log) as invoked,
                    serving(front, invoked, log) as port,
                ):
                    for sent in requests:
                        behind = compare.ask(port, HOST, sent)
                        table.compare(front, app, sent, compare.ask(on_server, HOST, sent), behind)
    sys.exit(0 if table.report() else 1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
