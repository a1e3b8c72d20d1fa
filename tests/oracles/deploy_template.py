"""The settings that examples/deploy needs in every template of CloudFormation, whichever tool writes the template."""


def check_template(checks, part, template):
    """Checks the settings of each front, the queue and the schedule. Returns the variables of the function."""
    resources = list(template["Resources"].values())

    def properties(kind):
        return [resource.get("Properties", {}) for resource in resources if resource["Type"] == kind]

    [function] = [function for function in properties("AWS::Lambda::Function") if function["Runtime"] == "provided.al2023"]
    checks.check(part, "the function: handler and timeout", ("bootstrap", 29), (function["Handler"], function["Timeout"]))
    [url] = properties("AWS::Lambda::Url")
    checks.check(part, "the Function URL streams, and is public", ("RESPONSE_STREAM", "NONE"), (url["InvokeMode"], url["AuthType"]))
    permissions = [
        (permission["Action"], permission.get("FunctionUrlAuthType"), permission.get("InvokedViaFunctionUrl"))
        for permission in properties("AWS::Lambda::Permission") if permission["Principal"] == "*"
    ]
    expected = [("lambda:InvokeFunction", None, True), ("lambda:InvokeFunctionUrl", "NONE", None)]
    checks.check(part, "a public Function URL has both permissions", expected, sorted(permissions))
    checks.check(part, "both methods of the REST API stream", 2, len(list(streaming_integrations(resources))))
    checks.check(part, "the REST API passes on binary data", True, "*/*" in str(properties("AWS::ApiGateway::RestApi")))
    protocols = sorted(api["ProtocolType"] for api in properties("AWS::ApiGatewayV2::Api") if "ProtocolType" in api)
    # SAM writes an HTTP API as a document of OpenAPI, which has no protocol.
    checks.check(part, "an HTTP API and a WebSocket API", (2, "WEBSOCKET"), (len(properties("AWS::ApiGatewayV2::Api")), protocols[-1]))
    checks.check(part, "a WebSocket API that sends replies", 1, len(properties("AWS::ApiGatewayV2::RouteResponse")))
    [mapping] = properties("AWS::Lambda::EventSourceMapping")
    checks.check(part, "the queue receives failures", ["ReportBatchItemFailures"], mapping["FunctionResponseTypes"])
    timeouts = [queue["VisibilityTimeout"] for queue in properties("AWS::SQS::Queue") if "RedrivePolicy" in queue]
    checks.check(part, "the queue waits longer than six invocations, and has a dead-letter queue", [180], timeouts)
    checks.check(part, "the schedule", ["rate(1 hour)"], [rule["ScheduleExpression"] for rule in properties("AWS::Events::Rule")])
    return function["Environment"]["Variables"]


def streaming_integrations(node):
    """Yields each integration in a template that streams, in the form of CloudFormation or of OpenAPI."""
    if isinstance(node, dict):
        integration = {key[0].lower() + key[1:]: value for key, value in node.items() if key}
        if integration.get("responseTransferMode") == "STREAM" and "/response-streaming-invocations" in str(integration.get("uri")):
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for member in node:
            yield from streaming_integrations(member)
