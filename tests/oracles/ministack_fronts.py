"""The fronts of ministack, created by its AWS APIs."""

import botocore.session

REGION = "us-east-1"
# Makes names of APIs look like those of AWS. No request leaves this machine.
DOMAIN = f"{REGION}.amazonaws.com"

# The timeout of an invocation, in seconds.
TIMEOUT = 5


class Ministack:
    """A client of ministack's AWS APIs. Each method that creates a front returns its host and the prefix of its paths."""

    def __init__(self, port):
        session = botocore.session.get_session()

        def client(name):
            return session.create_client(
                name, region_name=REGION, endpoint_url=f"http://127.0.0.1:{port}",
                aws_access_key_id="test", aws_secret_access_key="test",
            )

        self.functions, self.http, self.rest, self.balancers = map(client, ("lambda", "apigatewayv2", "apigateway", "elbv2"))

    def function(self, name, archive, response_mode):
        """Creates a function and returns its ARN. Each front has its own, so that each app begins without state."""
        return self.functions.create_function(
            FunctionName=name, Runtime="provided.al2023", Role="arn:aws:iam::000000000000:role/r", Handler="bootstrap",
            Timeout=TIMEOUT, MemorySize=256, Code={"ZipFile": archive},
            Environment={"Variables": {"LODGER_RESPONSE_MODE": response_mode}},
        )["FunctionArn"]

    def function_url(self, name, arn, mode="BUFFERED"):
        url = self.functions.create_function_url_config(FunctionName=name, AuthType="NONE", InvokeMode=mode)["FunctionUrl"]
        return url.removeprefix("https://").rstrip("/"), ""

    def streaming_url(self, name, arn):
        return self.function_url(name, arn, "RESPONSE_STREAM")

    # ministack accepts payload format 1.0 and sends 2.0 anyway. sam.sh tests 1.0.
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


# The app streams its responses behind this front.
STREAMING_URL = "function-url-stream"

FRONTS = {
    "function-url": Ministack.function_url,
    STREAMING_URL: Ministack.streaming_url,
    "http-api": Ministack.http_api,
    "http-api-stage": Ministack.http_api_with_stage,
    "rest-api": Ministack.rest_api,
    "alb": Ministack.alb,
    "alb-multi-value": Ministack.alb_multi_value,
}
