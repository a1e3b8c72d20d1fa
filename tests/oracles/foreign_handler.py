"""A function in Python: it responds to requests, and adds the records of an event of a queue."""

import os


def handle(event, context):
    if "Records" in event:
        return {"count": len(event["Records"]), "request_id": context.aws_request_id}
    if event.get("fail"):
        raise ValueError("the event asks for it")
    path = event.get("rawPath") or event.get("path")
    print(f"{path} for {os.environ['AWS_LAMBDA_FUNCTION_NAME']}")
    return {"statusCode": 200, "headers": {"content-type": "text/plain"}, "body": f"Python at {path}"}
