"""The known differences between Vercel's programs and a server."""

from changes import add_octet_stream, join_cookies, remove_empty_query, set_length_of_chunked_body
from known import PANIC_IS_500, Known, panic

HOST = "app.example.com"
# The address of the client that Vercel sees.
CLIENT = "198.51.100.4"

# Headers that Vercel adds to each request, and to each response.
ADDED = {
    "request": {
        "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip", "x-vercel-id",
        "x-vercel-deployment-url", "x-vercel-forwarded-for", "x-vercel-oidc-token",
    },
    "response": {"x-vercel-cache", "x-vercel-id"},
}


def set_client(sent, seen):
    seen["client"] = CLIENT


def accept_gzip(sent, seen):
    seen["headers"].setdefault("accept-encoding", ["gzip"])


def fail_to_unpack(sent, observation):
    """The probe labels a body as gzip that is not gzip."""
    if sent.method == "GET" and "gzip" in observation["headers"].get("content-encoding", ()):
        return "incomplete", None, ""


def guess_type(sent, response):
    if response["body"] and "content-type" not in response["headers"]:
        response["headers"]["content-type"] = ["text/plain; charset=utf-8"]


def append_proxy(sent, seen):
    if sent.values("x-forwarded-for"):
        seen["headers"]["x-forwarded-for"] = [f"{seen['headers']['x-forwarded-for'][0]}, 127.0.0.1"]


def add_cache_control(sent, response):
    response["headers"].setdefault("cache-control", ["public, max-age=0, must-revalidate"])


KNOWN = [
    Known("client", "executable proxy provided", "56", "the client is the one that Vercel sees", request=set_client),
    Known("panic", "executable provided", "115", "a panic ends the connection of a server, and is a 500 on Vercel",
          replacement=PANIC_IS_500),
    Known("panic", "proxy", "115", "Vercel's proxy responds with 502 after a panic", replacement=panic(502, None, "")),
    Known("gzip", "proxy", "", "Vercel's proxy accepts gzip for a client that does not, and unpacks the response",
          request=accept_gzip, replacement=fail_to_unpack),
    Known("type", "proxy", "88", "Vercel's proxy guesses the type of a body without a type", response=guess_type),
    Known("via", "proxy", "54", "Vercel's proxy appends its address to X-Forwarded-For", request=append_proxy),
    Known("cache", "vercel-dev", "", "the command line adds a cache-control if there is none", response=add_cache_control),
    Known("?", "provided", "31", "an empty query is removed", request=remove_empty_query),
    Known("cookies", "provided", "49", "cookies arrive in one header", request=join_cookies("; ")),
    Known("chunked", "provided", "57", "a body arrives complete, and has a length", request=set_length_of_chunked_body),
    Known("type", "provided", "88", "a body without a type gets application/octet-stream", response=add_octet_stream),
]
