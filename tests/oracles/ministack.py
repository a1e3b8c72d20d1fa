"""The apps behind ministack's fronts. Run by ministack.sh."""

import contextlib
import json
import pathlib
import sys
import tempfile
import zipfile

import botocore.session

import compare
from compare import Known

REGION = "us-east-1"
# So that names of APIs are like those of AWS; nothing is ever asked for them.
DOMAIN = f"{REGION}.amazonaws.com"

# Headers that fronts add to each request, and to each response.
ADDED = {
    "seen": {"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id",
             "x-amzn-tls-cipher-suite", "x-amzn-tls-version"},
    "got": {"apigw-requestid", "x-amzn-requestid", "x-amzn-trace-id"},
}

KNOWN = []


class Ministack:
    """What asks it to make things."""

    def __init__(self, port):
        session = botocore.session.get_session()

        def client(name):
            return session.create_client(
                name, region_name=REGION, endpoint_url=f"http://127.0.0.1:{port}",
                aws_access_key_id="test", aws_secret_access_key="test",
            )

        self.functions, self.http, self.rest, self.balancers = map(client, ("lambda", "apigatewayv2", "apigateway", "elbv2"))

    def function(self, name, archive):
        """One for each front, so that each app begins anew."""
        return self.functions.create_function(
            FunctionName=name, Runtime="provided.al2023", Role="arn:aws:iam::000000000000:role/r", Handler="bootstrap",
            Timeout=10, MemorySize=256, Code={"ZipFile": archive},
        )["FunctionArn"]

    def function_url(self, name, arn):
        url = self.functions.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
        return url.removeprefix("https://").rstrip("/"), ""

    # It knows of payload format version 1.0, and sends 2.0 all the same: sam.sh has the other one.
    def http_api(self, name, arn, stage="$default"):
        api = self.http.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
        integration = self.http.create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0",
        )["IntegrationId"]
        self.http.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}")
        self.http.create_stage(ApiId=api, StageName=stage, AutoDeploy=True)
        return f"{api}.execute-api.{DOMAIN}", "" if stage == "$default" else f"/{stage}"

    def http_api_with_stage(self, name, arn):
        return self.http_api(name, arn, "prod")

    def rest_api(self, name, arn):
        api = self.rest.create_rest_api(name=name, binaryMediaTypes=["*/*"])["id"]
        root = self.rest.get_resources(restApiId=api)["items"][0]["id"]
        proxy = self.rest.create_resource(restApiId=api, parentId=root, pathPart="{proxy+}")["id"]
        uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
        for resource in (root, proxy):
            method = {"restApiId": api, "resourceId": resource, "httpMethod": "ANY"}
            self.rest.put_method(**method, authorizationType="NONE")
            self.rest.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
        self.rest.create_deployment(restApiId=api, stageName="prod")
        return f"{api}.execute-api.{DOMAIN}", "/prod"

    def alb(self, name, arn, multi_value="false"):
        balancer = self.balancers.create_load_balancer(Name=name, Subnets=["subnet-1", "subnet-2"])["LoadBalancers"][0]
        group = self.balancers.create_target_group(Name=name, TargetType="lambda")["TargetGroups"][0]["TargetGroupArn"]
        self.balancers.modify_target_group_attributes(
            TargetGroupArn=group, Attributes=[{"Key": "lambda.multi_value_headers.enabled", "Value": multi_value}],
        )
        self.balancers.register_targets(TargetGroupArn=group, Targets=[{"Id": arn}])
        self.balancers.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        return balancer["DNSName"], ""

    def alb_multi_value(self, name, arn):
        return self.alb(name, arn, "true")


FRONTS = {
    "function-url": Ministack.function_url,
    "http-api": Ministack.http_api,
    "http-api-stage": Ministack.http_api_with_stage,
    "rest-api": Ministack.rest_api,
    "alb": Ministack.alb,
    "alb-multi-value": Ministack.alb_multi_value,
}


def archive(binary, folder):
    """What Lambda takes: an executable of that name in a zip file."""
    path = folder / "function.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr, entry.compress_type = 0o755 << 16, zipfile.ZIP_DEFLATED
        file.writestr(entry, pathlib.Path(binary).read_bytes())
    return path.read_bytes()


def main(fronts):
    compare.end_on_signals()
    unknown = set(fronts) - FRONTS.keys()
    if unknown:
        sys.exit(f"ministack.py: there is no front {', '.join(unknown)}; there are {', '.join(FRONTS)}")
    table = compare.Table(KNOWN, ADDED)
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = compare.free_port()
        log = stack.enter_context(open(folder / "log", "w+"))
        variables = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "MINISTACK_HOST": DOMAIN,
                     # It keeps things in places of its own otherwise.
                     "TMPDIR": str(folder), "S3_DATA_DIR": str(folder / "s3")}
        stack.enter_context(compare.process([str(pathlib.Path(sys.executable).with_name("ministack"))], port, log, **variables))
        ministack = Ministack(port)
        for app, binary, requests in compare.apps():
            code = archive(binary, folder)
            for front in fronts or FRONTS:
                name = f"{app}-{front}"
                arn = ministack.function(name, code)
                host, prefix = FRONTS[front](ministack, name, arn)
                with compare.server(binary) as on_server:
                    for sent in requests:
                        table.compare(front, app, sent, compare.ask(on_server, host, sent), compare.ask(port, host, sent, prefix))
    sys.exit(0 if table.report() else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
