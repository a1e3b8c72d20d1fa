"""Lets others judge the events of lodger-gateway. Run by models.sh.

On the standard input is a JSON object a line: the name of the `front`, the `event`, and, if it is known, the `request` that it
was made of: `method`, `target`, `headers` as a list of pairs in lower case, `body` with a character for each byte.
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
    """Powertools has no model of its own for it, and asks for the maps of the other mode, which AWS leaves out."""

    headers: None = None
    queryStringParameters: None = None
    multiValueHeaders: dict[str, list[str]]
    multiValueQueryStringParameters: dict[str, list[str]]


class LatticeV2(models.VpcLatticeV2Model):
    """AWS documents arrays, where Powertools asks for one string."""

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

# Mangum knows of no others.
HTTP = ["function-url", "http-api", "http-api-v1", "rest-api", "alb", "alb-multi-value"]


def refused(front, event):
    """What the model of the front says against an event."""
    try:
        MODELS[front].model_validate(event)
    except ValidationError as error:
        for fault in error.errors():
            yield ".".join(map(str, fault["loc"])), fault["msg"]


def request_of(event):
    """What a Function URL was sent: it leaves all but repeated headers as it was."""
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
    # As often as any front decodes it.
    return unquote(unquote(path))


def of_mangum(event):
    """The request that Mangum makes of an event."""
    found = {}

    async def app(scope, receive, send):
        found.update(scope, body=(await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": [[b"content-type", b"text/plain"]]})
        await send({"type": "http.response.body", "body": b"ok"})

    reply = Mangum(app, lifespan="off")(event, None)
    if (reply["statusCode"], reply["body"]) != (200, "ok"):
        raise ValueError(f"Mangum replies {reply}")
    return found


def values(headers, name):
    """The values of a header, one by one: fronts and Mangum join them by commas or semicolons, or do not."""
    return [value for other, all in headers if other == name for value in re.split(r"[,;]\s*", all)]


def by_key(pairs):
    """Fronts keep the order of one key's values, and no other."""
    return sorted(pairs, key=lambda pair: pair[0])


def misread(front, event, request):
    """What Mangum does not find in an event of what was sent."""
    found = of_mangum(event)
    path, _, query = request["target"].partition("?")
    sent, last = parse_qsl(query, keep_blank_values=True), front == "alb"
    # Rule 42: without multi-value headers only the last of each is left.
    sent = list(dict(sent).items()) if last else sent
    expected = {
        "method": request["method"],
        "path": unquote(path),
        "query": by_key(sent),
        "body": request["body"].encode("latin1"),
        "client": "127.0.0.1",
    }
    query = parse_qsl(found["query_string"].decode(), keep_blank_values=True)
    # Of a load balancer's list of addresses, Mangum takes all for the client's.
    shown = found | {"query": by_key(query), "client": found["client"][0].split(", ")[-1]}
    headers = [(name.decode(), value.decode()) for name, value in found["headers"]]
    for name in {name for name, _ in request["headers"]} - {"host", "content-length"}:
        # Each front adds its own.
        if name.startswith(("x-amzn-", "x-forwarded-")):
            continue
        expected[name], shown[name] = values(request["headers"], name), values(headers, name)
        if last:
            expected[name] = expected[name][-len(shown[name]):]
    for name in expected:
        if expected[name] != shown[name]:
            yield name, f"sent {expected[name]!r}, and was {shown[name]!r}"


def next_of(requests, event):
    """The next request that an event can be of: a front refuses some."""
    path = path_of(event)
    for request in requests:
        if unquote(unquote(request["target"].partition("?")[0])) == path:
            return request
    sys.exit(f"models.py: a Function URL was sent no {path}")


def main():
    # What Mangum says of each event would hide the table.
    logging.disable()
    # Of an event of Vercel's neither knows anything; vercel.sh asks who does.
    lines = [line for line in map(json.loads, filter(str.strip, sys.stdin)) if line["front"] != "vercel"]
    # What a line does not say of its request, those of a Function URL do, which come in the same order.
    requests = [request_of(line["event"]) for line in lines if line["front"] == "function-url"]
    left = collections.defaultdict(lambda: iter(requests))
    judged, faults = collections.Counter(), []
    for line in lines:
        front, event = line["front"], line["event"]
        if front == "websocket-api":
            front += f" {event['requestContext']['eventType']}"
        judged[front, "Powertools"] += 1
        told = list(refused(front, event))
        if front in HTTP:
            judged[front, "Mangum"] += 1
            told += misread(front, event, line.get("request") or next_of(left[front], event))
        faults += [(front, field, why, event) for field, why in told]

    for front in dict.fromkeys(front for front, _ in judged):
        wrong = len({json.dumps(event) for other, _, _, event in faults if other == front})
        by = ", ".join(f"{judge} {judged[front, judge]}" for judge in ("Powertools", "Mangum") if judged[front, judge])
        print(f"{front:25}  {f'DIFFERENT {wrong}' if wrong else 'same':12}  judged by {by}")
    for front, field, why, event in faults:
        print(f"\nDIFFERENT: {front} {field}: {why}\n  {json.dumps(event)}")
    print(f"\n{len(lines)} events, {len(faults)} DIFFERENT")
    sys.exit(1 if faults or not lines else 0)


if __name__ == "__main__":
    main()
