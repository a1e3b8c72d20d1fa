"""The events that lodger-gateway makes for tests, which contain the same values each time."""

import json
import subprocess
import sys

from processes import build


def test_events():
    """Returns an event of each kind."""
    try:
        output = subprocess.run([build("test_events")], check=True, stdout=subprocess.PIPE, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"cannot make the events: {error}")
    return {line["kind"]: line["event"] for line in map(json.loads, output.splitlines())}


def http_event(method, path, body="", domain="api.execute-api.us-east-1.amazonaws.com"):
    """Returns the event of an HTTP API, or of a Function URL if the domain is one."""
    return {
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "isBase64Encoded": False, "body": body,
        "headers": {"content-type": "application/json", "host": domain},
        "requestContext": {
            "apiId": domain.split(".")[0], "domainName": domain, "stage": "$default",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test"},
        },
    }


def with_bodies(event, bodies):
    """Returns an event of SQS whose messages are JSON."""
    records = event["Records"][:len(bodies)]
    return event | {"Records": [record | {"body": json.dumps(body)} for record, body in zip(records, bodies)]}


def failures(event, *positions):
    """Returns the result of a batch whose records at these positions failed."""
    return {"batchItemFailures": [{"itemIdentifier": event["Records"][position]["messageId"]} for position in positions]}
