"""The requests to the probe and to the example for axum, and the two apps.

The probe responds with the request that it received. Below `/reply` and `/status`, it responds as the path demands.
"""

import dataclasses

from client import Request, get, post
from processes import build

PATHS = [
    get("/"),
    get("/a/b?c=d"),
    get("/space%20here"),
    get("/unicode-%CE%BB-%E4%B8%96"),
    get("/a%2Fb%2fc"),
    get("/a%23b%3Fc"),
    get("/a%25b%2525c"),
    get("//double//slash"),
    get("/a/./b/../c"),
    get("/a/%2e%2e/b"),
    get("/trailing/"),
    get("/;p=1/a=b:c@d!$&'()*,"),
    get("/+plus+/%2B"),
]

QUERIES = [
    get("/?"),
    get("/q?a=1&b=2&a=3"),
    get("/q?q=a+b%20c%2Bd"),
    get("/q?empty=&flag&x=1"),
    get("/q?u=%C3%BC&e=%26%3D%25"),
    get("/q?list[]=1&pipe=a|b&colon=a:b/c"),
]

METHODS = [
    post("a text", b"body", ("content-type", b"text/plain"), method=method)
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "X-ANY", "GET")
]

HEADERS = [
    get("/h", ("X-Case", b'Kept: "Value"'), ("x-empty", b""), ("accept", b"a, b;q=0.1"), note="headers"),
    get("/h", ("x-twice", b"1"), ("X-Twice", b"2, 3"), note="a header twice"),
    get("/h", ("x-utf8", "São".encode()), note="a header in UTF-8"),
    get("/h", ("date", b"Sat, 21 Nov 2026 04:15:02 GMT"), note="a date"),
    get("/h", ("x-forwarded-for", b"6.6.6.6"), note="a forged client address"),
    get("/h", ("cookie", b'a=1; b="2"; c=x=y'), note="cookies"),
    get("/h", ("cookie", b"a=1"), ("cookie", b"b=2"), note="cookies twice"),
]

BODIES = [
    post("JSON", r'{"a":"\u00e9\n","b":["ü"]}'.encode(), ("content-type", b"application/json")),
    post("a form", b"a=1&b=%20+", ("content-type", b"application/x-www-form-urlencoded")),
    post("binary", bytes(range(256)), ("content-type", b"application/octet-stream")),
    post("no type", b"\x00\xfe\xff"),
    post("text in UTF-8", "\ufeff\u0001é😀".encode(), ("content-type", b"text/plain")),
    post("chunked", b"in chunks", ("content-type", b"text/plain"), chunked=True),
    post("empty", b"", ("content-type", b"text/plain"), ("content-length", b"0")),
]

RESPONSES = [
    *(Request(method, f"/reply/{kind}", (("accept", b"*/*"),))
      for kind in ("text", "binary", "gzip", "untyped", "empty", "cookies", "repeats", "redirect", "odd-header", "length")
      for method in ("GET", "HEAD")),
    get("/reply/binary", note="no accept"),
    *(get(f"/status/{status}") for status in (201, 204, 206, 304, 400, 404, 418, 500, 503, 599)),
    get("/panic"),
]

PROBE = PATHS + QUERIES + METHODS + HEADERS + BODIES + RESPONSES

JSON = ("content-type", b"application/json")

# In this order, because the example stores notes.
EXAMPLE = [
    get("/"),
    get("/notes"),
    Request("POST", "/notes", (JSON,), '{"text":"milk & Käse"}'.encode()),
    Request("POST", "/notes", (JSON,), b'{"text":" "}', note="no text"),
    Request("POST", "/notes", (JSON,), b"{", note="invalid JSON"),
    get("/notes/1"),
    Request("HEAD", "/notes/1"),
    get("/notes?contains=K%C3%A4se"),
    get("/notes?contains=milk+%26"),
    get("/notes?contains=x"),
    get("/notes/one"),
    Request("PUT", "/notes/1"),
    Request("DELETE", "/notes/1"),
    get("/notes/1", note="deleted"),
    get("/nowhere"),
    get("/ip"),
]
# Without this header the example makes a random id, which no comparison matches.
EXAMPLE = [dataclasses.replace(request, headers=(*request.headers, ("x-request-id", b"mine"))) for request in EXAMPLE]


def apps():
    """Yields the name, the binary and the requests of the two apps."""
    yield "probe", build("probe"), PROBE
    yield "example", build("example-axum"), EXAMPLE
