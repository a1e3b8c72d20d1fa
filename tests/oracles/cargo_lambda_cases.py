"""The apps and their requests for cargo_lambda.py, and the known differences of `cargo lambda watch`."""

import random

from changes import join_headers
from client import Request, get
from known import ON_LAMBDA, Known
from request_lists import EXAMPLE, JSON, PROBE

# Headers that `cargo lambda watch` adds to each request, and to each response.
ADDED = {
    "request": {"lambda-runtime-aws-request-id", "x-amzn-trace-id"},
    "response": {"lambda-runtime-function-response-mode"},
}


def keep_first_values(sent, seen):
    for name, values in seen["headers"].items():
        seen["headers"][name] = values[:1]


def no_length_of_head(sent, response):
    if sent.method == "HEAD":
        response["headers"].pop("content-length", None)


def zero_length_of_head(sent, response):
    if sent.method == "HEAD":
        response["headers"].setdefault("content-length", ["0"])


def fail_without_type(sent, observation):
    body = '{"type":"https://httpstatuses.com/500","status":500,"title":"Internal Server Error"}'
    return not sent.values("content-type") and sent.body and (500, "text/plain; charset=utf-8", body)


KNOWN = ON_LAMBDA + [
    # Like AWS.
    Known("joined", "all", "75", "repeated headers of a response are joined by ', '", response=join_headers(", ")),
    Known("HEAD", "stream", "84, 92", "the prelude of a stream has no length, because AWS renames that header; so a HEAD has none",
          response=no_length_of_head),
    # Only in cargo lambda.
    Known("first", "all", "45, 46, 50", "it passes on the first of repeated headers and cookies; AWS joins them",
          request=keep_first_values),
    Known("0", "buffered", "92", "it sends content-length: 0 in a response without a body, to HEAD too",
          response=zero_length_of_head),
    Known("no type", "all", "63 to 65", "it reads a body without a type as text, and fails if it is not text; AWS sends base64",
          replacement=fail_without_type),
]

BOUNDARY = b"a-boundary"
FORM = ("content-type", b"multipart/form-data; boundary=" + BOUNDARY)
PICTURE = random.Random(1).randbytes(100_000)


def form(name, content_type, content):
    """Returns the body of a form with one file."""
    head = f'content-disposition: form-data; name="file"; filename="{name}"\r\ncontent-type: {content_type}'.encode()
    return b"--" + BOUNDARY + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n--" + BOUNDARY + b"--\r\n"


# To the example for actix-web, in this order, because it stores files.
FILES = [
    get("/files"),
    Request("POST", "/files", (FORM,), form("a picture.png", "image/png", PICTURE)),
    get("/files"),
    get("/files/0"),
    get("/files/1"),
    get("/files/2"),
    get("/nowhere"),
]
# To the example for warp, in this order, because it stores entries and pictures.
GUEST_BOOK = [
    get("/entries"),
    Request("POST", "/entries", (JSON,), '{"name":"Zoë","words":"grüße"}'.encode()),
    Request("POST", "/entries", (JSON,), b'{"name":"","words":""}', note="blank"),
    get("/entries/feed"),
    Request("POST", "/pictures", (FORM,), form("a.png", "image/png", PICTURE)),
    get("/pictures/0"),
    get("/pictures/1"),
    get("/nowhere"),
]

# Name, package, binary, requests, and the framework that the probe runs.
APPS = [
    *((f"probe, {framework}", "lodger-tests", "probe", PROBE, framework) for framework in ("axum", "actix-web", "warp")),
    ("example", "example-axum", "example-axum", EXAMPLE, None),
    ("files", "example-actix-web", "example-actix-web", FILES, None),
    ("guest book", "example-warp", "example-warp", GUEST_BOOK, None),
]
