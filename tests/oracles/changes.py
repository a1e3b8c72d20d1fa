"""Changes that fronts and Lodger make to a request or to a response. A known difference is made of these.

A change takes the request that was sent, and the request or the response of an observation, which it modifies.
"""

import base64
import contextlib
import re
import urllib.parse

LETTERS_AND_DIGITS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def escape(text, allowed):
    """Escapes every byte of the text that is not an allowed character."""
    return "".join(chr(byte) if chr(byte) in allowed else f"%{byte:02X}" for byte in text.encode())


# Paths.


def keep_path(path):
    """Returns the path that Lodger makes if the front does not decode paths (rule 16)."""
    return escape(path, LETTERS_AND_DIGITS + "!\"$%&'()*+,-./:;=@[\\]^_`{|}~")


def encode_path(path):
    """Returns the path that Lodger makes if the front decodes paths (rule 11)."""
    return escape(path, LETTERS_AND_DIGITS + "!$&'()*+,-./:;=@_~")


def encode_path_of_unknown_front(path):
    """Returns the path that Lodger makes if it does not know whether the front decodes paths (rule 15)."""
    return re.sub("%(?![0-9a-fA-F]{2})", "%25", escape(path, LETTERS_AND_DIGITS + "!$%&'()*+,-./:;=@[\\]_|~"))


def change_path(change):
    return lambda sent, seen: seen.update(path=change(seen["path"]))


# Queries.


def change_query(change):
    """Decodes the query, changes its pairs, and joins the encoded pairs that the change returns."""

    def apply(sent, seen):
        if seen["query"]:
            pairs = urllib.parse.parse_qsl(seen["query"], keep_blank_values=True)
            seen["query"] = "&".join(change(pairs))

    return apply


def group_by_key(pairs):
    """Moves the values of each key to the first one."""
    keys = list(dict.fromkeys(key for key, _ in pairs))
    return [(key, value) for key in keys for other, value in pairs if other == key]


def encode_pairs(pairs):
    """Returns the pairs that Lodger makes if the front decodes queries (rule 33)."""
    allowed = LETTERS_AND_DIGITS + "!$'()*,-./:?@[]_~"
    return [f"{escape(key, allowed)}={escape(value, allowed + '=')}" for key, value in pairs]


def remove_empty_query(sent, seen):
    seen["query"] = seen["query"] or None


# Headers.


def join_headers(separator):
    """Joins the values of each header, except cookies."""

    def apply(sent, changed):
        for name, values in changed["headers"].items():
            if name not in ("cookie", "set-cookie"):
                changed["headers"][name] = [separator.join(values)]

    return apply


def join_cookies(separator):
    def apply(sent, seen):
        if "cookie" in seen["headers"]:
            seen["headers"]["cookie"] = [separator.join(seen["headers"]["cookie"])]

    return apply


def decode_latin1(sent, response):
    """Decodes each header value as Latin-1 that can be in Latin-1, even if it was UTF-8."""
    for values in response["headers"].values():
        for at, value in enumerate(values):
            with contextlib.suppress(UnicodeError):
                values[at] = value.encode("latin1").decode()


# Bodies.


def set_length_of_chunked_body(sent, seen):
    if sent.chunked:
        seen["headers"]["content-length"] = [str(len(sent.body))]


def add_octet_stream(sent, response):
    """Adds the type that Lodger gives to a body without a type."""
    # In a response to HEAD, the length shows that there is a body.
    has_body = response["body"] or response["headers"].get("content-length", ["0"]) != ["0"]
    if has_body and "content-type" not in response["headers"]:
        response["headers"]["content-type"] = ["application/octet-stream"]


def add_json(except_status=()):
    """Adds the type that emulators give to a response without a type."""

    def apply(sent, response):
        if response["status"] not in except_status:
            response["headers"].setdefault("content-type", ["application/json"])

    return apply


def leave_base64(sent, response):
    """Leaves a body that is not text in base64."""
    body = response["body"].encode("latin1")
    try:
        text = body.decode() if "content-encoding" not in response["headers"] else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        response["body"] = base64.b64encode(body).decode()


def leave_base64_without_accept(sent, response):
    if not sent.values("accept"):
        leave_base64(sent, response)
