"""Compares the apps behind SAM CLI's local API Gateway with the same apps as servers. Run by sam.sh."""

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

from changes import (
    add_json, change_path, change_query, decode_latin1, encode_pairs, encode_path_of_unknown_front, group_by_key,
    join_cookies, join_headers, keep_path, leave_base64_without_accept,
)
from client import send
from emulator import PATH, emulating
from known import ON_LAMBDA, Known
from processes import check_names, exit_on_sigterm, server
from report import Table
from request_lists import apps

HOST = "api.example.com"

# Headers that SAM CLI adds to each request, and to each response.
ADDED = {"request": {"x-forwarded-port", "x-forwarded-proto"}, "response": set()}

HTTP_APIS = "http-api http-api-v1"
METHODS = {"GET", "DELETE", "PUT", "POST", "HEAD", "OPTIONS", "PATCH"}


def reject_other_methods(sent, observation):
    return sent.method not in METHODS and (403, "application/json", '{"message":"Missing Authentication Token"}\n')


def fail_without_text(sent, observation):
    try:
        sent.body.decode()
    except UnicodeDecodeError:
        return 502, "application/json", '{"message":"Internal server error"}\n'


def drop_quotes_of_cookies(sent, seen):
    if sent.values("cookie"):
        seen["headers"]["cookie"] = [seen["headers"]["cookie"][0].replace('"', "")]


def read_headers_as_latin1(sent, seen):
    for name, values in seen["headers"].items():
        seen["headers"][name] = [value.encode().decode("latin1") for value in values]


def encode_sorted(pairs):
    return encode_pairs(sorted(group_by_key(pairs), key=lambda pair: pair[0]))


KNOWN = ON_LAMBDA + [
    # Like AWS.
    Known("joined", "http-api", "75", "repeated headers of a response are joined by ', '", response=join_headers(", ")),
    # Only in SAM CLI.
    Known("decoded", "rest-api", "13", "SAM CLI decodes paths; AWS does not",
          request=change_path(lambda path: keep_path(unquote(path)))),
    Known("decoded", HTTP_APIS, "11, 15", "SAM CLI decodes paths once; Lodger does not know the front without a domain of AWS",
          request=change_path(lambda path: encode_path_of_unknown_front(unquote(path)))),
    Known("accept", "rest-api", "97", "SAM CLI sends base64 to a client without Accept; for AWS this is unknown",
          response=leave_base64_without_accept),
    Known("slashes", "all", "16", "SAM CLI joins several slashes at the beginning",
          request=change_path(lambda path: re.sub("^//+", "/", path))),
    Known("query", "rest-api http-api-v1", "33, 35, 36", "the query is decoded, key by key; SAM CLI sorts the keys too",
          request=change_query(encode_sorted)),
    Known("header", "all", "45, 46", "SAM CLI joins repeated headers before the front", request=join_headers(",")),
    Known("cookies", "all", "49, 50", "SAM CLI joins repeated cookies by ','", request=join_cookies(",")),
    Known("quotes", "http-api", "49", "SAM CLI parses cookies, and writes them without quotes", request=drop_quotes_of_cookies),
    Known("as latin1", "all", "51", "SAM CLI reads headers as Latin-1", request=read_headers_as_latin1),
    Known("method", "all", "61", "SAM CLI accepts seven methods", replacement=reject_other_methods),
    Known("no text", HTTP_APIS, "64", "SAM CLI reads each body as text; AWS sends such bodies in base64",
          replacement=fail_without_text),
    Known("JSON", "all", "88", "SAM CLI treats a response without a type as JSON", response=add_json(except_status=[304])),
    Known("latin1", "all", "86", "SAM CLI sends header values in Latin-1 where possible", response=decode_latin1),
]

# The kind of the routes in template.yaml, and the payload format.
FRONTS = {
    "rest-api": ("Api", ""),
    "http-api": ("HttpApi", "2.0"),
    "http-api-v1": ("HttpApi", "1.0"),
}


class Runner:
    """Replaces SAM CLI's container with the emulator that the container would run."""

    def __init__(self, port):
        self.container = Container.__new__(Container)
        self.container.URL = f"http://127.0.0.1:{port}{PATH}"
        self.container._container_host = self.container.rapid_port_host = ""
        # The emulator crashes at two concurrent invocations.
        self.lock = threading.Lock()

    def is_debugging(self):
        return False

    def invoke(self, name, event, stdout=None, **_):
        with self.lock:
            reply, _ = self.container._make_http_request(event)
        (stdout.write_bytes if isinstance(reply, bytes) else stdout.write_str)(reply)


@contextlib.contextmanager
def serving(front, emulator_port, log):
    """Serves one API of the template, and yields the port."""
    kind, payload = FRONTS[front]
    template = pathlib.Path(__file__).with_name("template.yaml")
    stacks, _ = SamLocalStackProvider.get_stacks(str(template), parameter_overrides={"Payload": payload})
    api = ApiProvider(stacks, cwd=str(template.parent)).api
    api.routes = [route for route in api.routes if route.event_type == kind]
    if kind == "HttpApi":
        # The binary media types of the template belong to the REST API.
        api.binary_media_types_set = set()
    service = LocalApigwService(api, Runner(emulator_port), port=0, host="127.0.0.1", stderr=StreamWriter(log))
    service.create()
    # Like the service's own `run`, which would also handle the signals of this process.
    http_server = make_server("127.0.0.1", 0, service._app, threaded=True)
    threading.Thread(target=http_server.serve_forever).start()
    try:
        yield http_server.server_port
    finally:
        http_server.shutdown()
        http_server.server_close()


def main(emulator, fronts):
    exit_on_sigterm()
    check_names("sam.py", "front", fronts, FRONTS)
    # Flask logs each request, which would hide the table.
    logging.disable()
    table = Table(KNOWN, ADDED)
    with tempfile.TemporaryFile("w+") as log:
        for app, binary, requests in apps():
            for front in fronts or FRONTS:
                with (
                    server(binary) as on_server,
                    emulating(emulator, binary, log) as emulator_port,
                    serving(front, emulator_port, log) as port,
                ):
                    for request in requests:
                        from_front = send(port, HOST, request)
                        table.compare(front, app, request, send(on_server, HOST, request), from_front)
    sys.exit(0 if table.report() else 1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
