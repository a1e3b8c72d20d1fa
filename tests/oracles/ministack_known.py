"""The known differences between ministack's fronts and a server."""

import re
from urllib.parse import quote, unquote

from changes import (
    LETTERS_AND_DIGITS, add_json, change_path, change_query, decode_latin1, encode_pairs, encode_path,
    encode_path_of_unknown_front, escape, group_by_key, join_cookies, join_headers, keep_path, leave_base64_without_accept,
)
from known import ON_LAMBDA, Known
from ministack_fronts import STREAMING_URL, TIMEOUT

# Headers that fronts add to each request, and to each response.
ADDED = {
    "request": {"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id", "x-amzn-tls-cipher-suite",
                "x-amzn-tls-version"},
    "response": {"apigw-requestid", "x-amzn-requestid", "x-amz-request-id", "x-amzn-trace-id"},
}

URLS = f"function-url {STREAMING_URL}"
APIS = "http-api http-api-stage"
ALBS = "alb alb-multi-value"
SINGLE_VALUE = f"{URLS} {APIS} alb"


def decode_except_percent(path):
    return "%25".join(map(unquote, path.split("%25")))


def drop_outer_slashes(path):
    return path if path == "/" else re.sub("^//", "/", path).removesuffix("/")


def encode_like_ministack(pairs):
    return [f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in pairs]


def keep_decoded_pairs(pairs):
    """Returns the pairs that Lodger makes if a front decodes queries that AWS does not decode (rule 39)."""
    allowed = LETTERS_AND_DIGITS + "!$%'()*+,-./:;?@[\\]^_`{|}~"
    return [f"{escape(key, allowed)}={escape(value, allowed + '=')}" for key, value in pairs]


def keep_last_of_each_key(sent, seen):
    if seen["query"]:
        pairs = [pair.partition("=") for pair in seen["query"].split("&")]
        seen["query"] = "&".join(f"{key}={value}" for key, value in {key: value for key, _, value in pairs}.items())


def replace_invalid_utf8(sent, seen):
    if not sent.values("content-type") and sent.body:
        body = sent.body.decode(errors="replace").encode()
        seen["body"] = body.decode("latin1")
        seen["headers"]["content-length"] = [str(len(body))]


def trust_forwarded_client(sent, seen):
    for value in sent.values("x-forwarded-for"):
        seen["client"] = value.decode()


def append_client(sent, seen):
    for value in sent.values("x-forwarded-for"):
        seen["headers"]["x-forwarded-for"] = [f"{value.decode()}, 127.0.0.1"]


def type_of_stream(sent, response):
    response["headers"].setdefault("content-type", ["application/octet-stream"])


def drop_cookies(sent, response):
    response["headers"].pop("set-cookie", None)


def no_length_of_head(sent, response):
    if sent.method == "HEAD":
        response["headers"]["content-length"] = ["0"]


def time_out_without_utf8(sent, observation):
    try:
        observation.get("body", "").encode("latin1").decode()
    except UnicodeDecodeError:
        message = f"Task timed out after {TIMEOUT}.00 seconds"
        return 502, "application/json", f'{{"errorMessage": "{message}", "errorType": "Sandbox.Timedout"}}'


def reject_preflight(sent, observation):
    return sent.method == "OPTIONS" and (403, "application/json", '{"message": "CORS not configured"}')


KNOWN = ON_LAMBDA + [
    # Like AWS.
    Known("last", "alb", "42", "without multi-value headers, only the last of several parameters of one key arrives",
          request=keep_last_of_each_key),
    Known("+ip", ALBS, "55", "a load balancer appends the client's address to X-Forwarded-For", request=append_client),
    Known("octets", STREAMING_URL, "88", "a streamed response always has a type, at least application/octet-stream",
          response=type_of_stream),
    Known("HEAD", STREAMING_URL, "84, 92", "the prelude of a stream has no length, because AWS renames that header; so a HEAD has none",
          response=no_length_of_head),
    Known("joined", SINGLE_VALUE, "75", "repeated headers of a response are joined by ', '", response=join_headers(", ")),
    Known("no type", "rest-api", "66", "a REST API reads a body as text if its type is not a binary media type",
          request=replace_invalid_utf8),
    # Only in ministack.
    Known("decoded", f"{URLS} {ALBS}", "12, 14", "ministack decodes paths; AWS does not",
          request=change_path(lambda path: keep_path(unquote(path)))),
    # Its REST API claims to be an HTTP API with payload format 1.0. Lodger keeps the escapes of such a path.
    Known("decoded", "rest-api", "13, 15", "ministack decodes paths; AWS does not",
          request=change_path(lambda path: encode_path_of_unknown_front(unquote(path)))),
    Known("decoded", APIS, "11", "paths are decoded, except %25, which ministack keeps; captures show that AWS decodes it too",
          request=change_path(lambda path: encode_path(decode_except_percent(path)))),
    Known("slashes", "http-api", "16, 18", "without a stage, ministack drops an empty first segment and a slash at the end",
          request=change_path(drop_outer_slashes)),
    Known("query", URLS, "30", "ministack decodes the query and encodes it again, key by key; AWS keeps it",
          request=change_query(lambda pairs: encode_like_ministack(group_by_key(pairs)))),
    Known("query", "rest-api", "33, 35, 36", "the query is decoded, key by key, like on AWS",
          request=change_query(lambda pairs: encode_pairs(group_by_key(pairs)))),
    Known("query", "alb-multi-value", "39", "ministack decodes the query; AWS does not",
          request=change_query(lambda pairs: keep_decoded_pairs(group_by_key(pairs)))),
    Known("header", "all", "45, 46", "ministack joins repeated headers by ', ' before the front", request=join_headers(", ")),
    Known("cookies", "all", "50", "ministack joins repeated cookies before the front", request=join_cookies("; ")),
    Known("accept", "rest-api", "97", "ministack sends base64 to a client without Accept; for AWS this is unknown",
          response=leave_base64_without_accept),
    Known("client", "rest-api", "55", "ministack trusts X-Forwarded-For; AWS uses the address of the connection",
          request=trust_forwarded_client),
    Known("CORS", APIS, "61", "ministack responds to OPTIONS itself", replacement=reject_preflight),
    Known("JSON", f"function-url {APIS} rest-api", "88", "ministack treats a response without a type as JSON", response=add_json()),
    Known("cookies", STREAMING_URL, "105", "ministack drops the cookies before a stream; AWS sends them", response=drop_cookies),
    Known("UTF-8", STREAMING_URL, "103", "a stream that is not UTF-8 never ends in ministack", replacement=time_out_without_utf8),
    Known("latin1", "all", "86", "ministack sends header values in Latin-1 where possible", response=decode_latin1),
]
