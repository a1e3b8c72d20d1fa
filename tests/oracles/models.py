"""Reads the events of lodger-gateway with the models of Powertools for AWS Lambda and with Mangum. Run by models.sh.

Each line of standard input is a JSON object with the name of the `front`, the `event`, and optionally the `request` of the event. The
request has the members `method`, `target`, `headers` (a list of pairs in lower case) and `body` (a character for each byte).
"""

import base64
import collections
import json
import logging
import re
import sys
from urllib.parse import parse_qsl, unquote

from aws_lambda_powertools.utilities.parser import models
from mangum import Mangum
from pydantic import Field, ValidationError


class AlbMultiValue(models.AlbModel):
    """Powertools has no model for this mode, and its model requires the maps of the other mode, which AWS omits."""

    headers: None = None
    queryStringParameters: None = None
    multiValueHeaders: dict[str, list[str]]
    multiValueQueryStringParameters: dict[str, list[str]]


class LatticeV2(models.VpcLatticeV2Model):
    """AWS documents arrays, but Powertools requires one string."""

    headers: dict[str, list[str]]
    query_string_parameters: dict[str, list[str]] | None = Field(None, alias="queryStringParameters")


MODELS = {
    "function-url": models.LambdaFunctionUrlModel,
    "http-api": models.APIGatewayProxyEventV2Model,
    "http-api-v1": models.APIGatewayProxyEventModel,
    "rest-api": models.APIGatewayProxyEventModel,
    "alb": models.AlbModel,
    "alb-multi-value": AlbMultiValue,
    "lattice-v1": models.VpcLatticeModel,
    "lattice-v2": LatticeV2,
    "websocket-api CONNECT": models.APIGatewayWebSocketConnectEventModel,
    "websocket-api MESSAGE": models.APIGatewayWebSocketMessageEventModel,
    "websocket-api DISCONNECT": models.APIGatewayWebSocketDisconnectEventModel,
}

# The fronts that Mangum reads.
MANGUM_FRONTS = ["function-url", "http-api", "http-api-v1", "rest-api", "alb", "alb-multi-value"]


def model_errors(front, event):
    """Yields the errors of the front's model for an event."""
    try:
        MODELS[front].model_validate(event)
    except ValidationError as error:
        for detail in error.errors():
            yield ".".join(map(str, detail["loc"])), detail["msg"]


def request_of(event):
    """Returns the request to a Function URL. A Function URL changes only repeated headers."""
    query = event["rawQueryString"]
    return {
        "method": event["requestContext"]["http"]["method"],
        "target": event["rawPath"] + (f"?{query}" if query else ""),
        "headers": [[name, value] for name, value in event["headers"].items()],
        "body": body_of(event).decode("latin1"),
    }


def body_of(event):
    body = event.get("body") or ""
    return base64.b64decode(body) if event["isBase64Encoded"] else body.encode()


def path_of(event):
    path = event.get("rawPath") or event["path"]
    # Twice, like the front that decodes most.
    return unquote(unquote(path))


def read_by_mangum(event):
    """Returns the request that Mangum makes from an event."""
    found = {}

    async def app(scope, receive, send):
        found.update(scope, body=(await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": [[b"content-type", b"text/plain"]]})
        await send({"type": "http.response.body", "body": b"ok"})

    reply = Mangum(app, lifespan="off")(event, None)
    if (reply["statusCode"], reply["body"]) != (200, "ok"):
        raise ValueError(f"unexpected reply of Mangum: {reply}")
    return found


def values(headers, name):
    """Returns the single values of a header, which fronts and Mangum may have joined by commas or semicolons."""
    return [value for other, all in headers if other == name for value in re.split(r"[,;]\s*", all)]


def sort_by_key(pairs):
    """Sorts pairs by their keys, because fronts keep only the order of the values of one key."""
    return sorted(pairs, key=lambda pair: pair[0])


def mangum_errors(front, event, request):
    """Yields the parts of a request that Mangum does not find in its event."""
    found = read_by_mangum(event)
    path, _, query = request["target"].partition("?")
    # Rule 42: without multi-value headers, a load balancer keeps only the last value of each name.
    pairs, keeps_last = parse_qsl(query, keep_blank_values=True), front == "alb"
    pairs = list(dict(pairs).items()) if keeps_last else pairs
    expected = {
        "method": request["method"],
        "path": unquote(path),
        "query": sort_by_key(pairs),
        "body": request["body"].encode("latin1"),
        "client": "127.0.0.1",
    }
    query = parse_qsl(found["query_string"].decode(), keep_blank_values=True)
    # Mangum returns all addresses of a load balancer's list as the client.
    actual = found | {"query": sort_by_key(query), "client": found["client"][0].split(", ")[-1]}
    headers = [(name.decode(), value.decode()) for name, value in found["headers"]]
    for name in {name for name, _ in request["headers"]} - {"host", "content-length"}:
        # Each front adds values to these.
        if name.startswith(("x-amzn-", "x-forwarded-")):
            continue
        expected[name], actual[name] = values(request["headers"], name), values(headers, name)
        if keeps_last:
            expected[name] = expected[name][-len(actual[name]):]
    for name in expected:
        if expected[name] != actual[name]:
            yield name, f"sent {expected[name]!r}, received {actual[name]!r}"


def next_request(requests, event):
    """Returns the next request that may be the one of the event. A front rejects some requests, which have no event."""
    path = path_of(event)
    for request in requests:
        if unquote(unquote(request["target"].partition("?")[0])) == path:
            return request
    sys.exit(f"models.py: cannot find the request for {path} among those to a Function URL")


def main():
    # Mangum logs each event, which would hide the table.
    logging.disable()
    # Neither of them reads events of Vercel. vercel.sh tests those.
    lines = [line for line in map(json.loads, filter(str.strip, sys.stdin)) if line["front"] != "vercel"]
    # The events of a Function URL have the requests of all other lines, in the same order.
    requests = [request_of(line["event"]) for line in lines if line["front"] == "function-url"]
    remaining = collections.defaultdict(lambda: iter(requests))
    read, faults = collections.Counter(), []
    for line in lines:
        front, event = line["front"], line["event"]
        if front == "websocket-api":
            front += f" {event['requestContext']['eventType']}"
        read[front, "Powertools"] += 1
        errors = list(model_errors(front, event))
        if front in MANGUM_FRONTS:
            read[front, "Mangum"] += 1
            errors += mangum_errors(front, event, line.get("request") or next_request(remaining[front], event))
        faults += [(front, field, reason, event) for field, reason in errors]
    report(read, faults)
    print(f"\n{len(lines)} events, {len(faults)} DIFFERENT")
    sys.exit(1 if faults or not lines else 0)


def report(read, faults):
    """Prints the number of events of each front that Powertools and Mangum have read, and all faults."""
    for front in dict.fromkeys(front for front, _ in read):
        wrong = len({json.dumps(event) for other, _, _, event in faults if other == front})
        readers = ", ".join(f"{reader} {read[front, reader]}" for reader in ("Powertools", "Mangum") if read[front, reader])
        print(f"{front:25}  {f'DIFFERENT {wrong}' if wrong else 'same':12}  read by {readers}")
    for front, field, reason, event in faults:
        print(f"\nDIFFERENT: {front} {field}: {reason}\n  {json.dumps(event)}")


if __name__ == "__main__":
    main()
