"""The apps behind ministack's fronts. Run by ministack.sh."""

import contextlib
import pathlib
import re
import sys
import tempfile
import zipfile
from urllib.parse import unquote

import botocore.session

import compare
from compare import (
    LETTERS, OF_LAMBDA, Known, as_json, base64_of, cookies, encoded, escape, grouped, joined, latin1, path, query, quoted,
    tolerant, verbatim,
)

REGION = "us-east-1"
# So that names of APIs are like those of AWS; nothing is ever asked for them.
DOMAIN = f"{REGION}.amazonaws.com"

# Headers that fronts add to each request, and to each response.
ADDED = {
    "seen": {"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id",
             "x-amzn-tls-cipher-suite", "x-amzn-tls-version"},
    "got": {"apigw-requestid", "x-amzn-requestid", "x-amz-request-id", "x-amzn-trace-id"},
}

# Of this one, the app streams its answers.
STREAMS = "function-url-stream"
URLS = f"function-url {STREAMS}"
APIS = "http-api http-api-stage"
ALBS = "alb alb-multi-value"
SINGLE = f"{URLS} {APIS} alb"


def decode_but_percent(path):
    return "%25".join(map(unquote, path.split("%25")))


def unescaped(pairs):
    """Rule 39: what Lodger makes of a query that should not have been decoded, and was."""
    taken = LETTERS + "!$%'()*+,-./:;?@[\\]^_`{|}~"
    return [f"{escape(key, taken)}={escape(value, taken + '=')}" for key, value in pairs]


def last_of_each(sent, seen):
    if seen["query"]:
        pairs = [pair.partition("=") for pair in seen["query"].split("&")]
        seen["query"] = "&".join(f"{key}={value}" for key, value in {key: value for key, _, value in pairs}.items())


def replaced(sent, seen):
    """What is no UTF-8 is lost."""
    if not sent.header("content-type") and sent.body:
        body = sent.body.decode(errors="replace").encode()
        seen["body"] = body.decode("latin1")
        seen["headers"]["content-length"] = [str(len(body))]


def first_forwarded(sent, seen):
    for value in sent.header("x-forwarded-for"):
        seen["client"] = value.decode()


def forwarded(sent, seen):
    for value in sent.header("x-forwarded-for"):
        seen["headers"]["x-forwarded-for"] = [f"{value.decode()}, 127.0.0.1"]


def octets(sent, shown):
    shown["headers"].setdefault("content-type", ["application/octet-stream"])


def without_cookies(sent, shown):
    shown["headers"].pop("set-cookie", None)


def no_length(sent, shown):
    if sent.method == "HEAD":
        shown["headers"]["content-length"] = ["0"]


def no_utf8(sent, shown):
    try:
        shown.get("body", "").encode("latin1").decode()
    except UnicodeDecodeError:
        return 502, "application/json", TIMED_OUT


def no_preflight(sent, shown):
    return sent.method == "OPTIONS" and (403, "application/json", '{"message": "CORS not configured"}')


KNOWN = OF_LAMBDA + [
    # As AWS has it.
    Known("last", "alb", "42", "without multi-value headers, of a repeated parameter only the last one is left",
          seen=last_of_each),
    Known("+ip", ALBS, "55", "a load balancer adds the client's address to X-Forwarded-For", seen=forwarded),
    Known("octets", STREAMS, "88", "what is streamed has a type, be it that which claims nothing", got=octets),
    Known("HEAD", STREAMS, "84, 92", "what goes before a stream has no length, which AWS renames, and so there is none of a HEAD",
          got=no_length),
    Known("joined", SINGLE, "75", "repeated headers of a response are joined by ', '", got=joined(", ")),
    Known("no type", "rest-api", "66", "a REST API takes a body for text if its type is not a binary one", seen=replaced),
    # Ministack's own.
    Known("decoded", f"{URLS} {ALBS}", "12, 14", "ministack decodes paths; AWS does not",
          seen=path(lambda p: verbatim(unquote(p)))),
    # Its REST API says that it is an HTTP API with payload 1.0, whose paths Lodger takes as they come.
    Known("decoded", "rest-api", "13, 15", "ministack decodes paths; AWS does not",
          seen=path(lambda p: tolerant(unquote(p)))),
    Known("decoded", APIS, "11", "paths are decoded, but for %25, which ministack keeps; AWS has been seen to decode it too",
          seen=path(lambda p: encoded(decode_but_percent(p)))),
    Known("slashes", "http-api", "16, 18", "without a stage, ministack drops an empty first segment and a slash at the end",
          seen=path(lambda p: p if p == "/" else re.sub("^//", "/", p).removesuffix("/"))),
    Known("query", URLS, "30", "ministack decodes the query and encodes it again, key by key; AWS leaves it",
          seen=query(lambda pairs: quoted(grouped(pairs)))),
    Known("query", "rest-api", "33, 35, 36", "a query is decoded, key by key, as AWS does",
          seen=query(lambda pairs: quoted(grouped(pairs)))),
    Known("query", "alb-multi-value", "39", "ministack decodes the query; AWS does not",
          seen=query(lambda pairs: unescaped(grouped(pairs)))),
    Known("header", "all", "45, 46", "ministack joins repeated headers by ', ' before any front sees them", seen=joined(", ")),
    Known("cookies", "all", "50", "ministack joins repeated cookies before any front sees them", seen=cookies("; ")),
    Known("accept", "rest-api", "97", "ministack leaves base64 to a client without Accept; of AWS that is not known",
          got=lambda sent, shown: sent.header("accept") or base64_of(sent, shown)),
    Known("client", "rest-api", "55", "ministack believes X-Forwarded-For; AWS names who is connected", seen=first_forwarded),
    Known("CORS", APIS, "61", "ministack answers OPTIONS by itself", instead=no_preflight),
    Known("JSON", f"function-url {APIS} rest-api", "88", "what has no type is JSON to ministack", got=as_json()),
    Known("cookies", STREAMS, "105", "ministack drops the cookies before a stream; AWS sends them", got=without_cookies),
    Known("UTF-8", STREAMS, "103", "ministack fails for a stream that is no UTF-8, so that it never ends", instead=no_utf8),
    Known("latin1", "all", "86", "ministack sends values of headers in Latin-1, if they could be", got=latin1),
]


# What its client gets of an invocation that never ends, in so many seconds.
TIMEOUT = 5
TIMED_OUT = f'{{"errorMessage": "Task timed out after {TIMEOUT}.00 seconds", "errorType": "Sandbox.Timedout"}}'


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

    def function(self, name, archive, response_mode):
        """One for each front, so that each app begins anew."""
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
    STREAMS: Ministack.streaming_url,
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


def follow(checks, port, ministack, code, on_server):
    """What URLs of either mode make of an app in either mode, of a feed and of one that fails."""
    def check(what, expected, was):
        checks.check(f"{mode}, app {response_mode}", what, expected, was)

    feed = compare.follow(on_server, "a", "/feed/3/200").events
    for mode in ("RESPONSE_STREAM", "BUFFERED"):
        for response_mode in ("stream", "buffered"):
            name = f"feed-{mode}-{response_mode}"
            host, _ = ministack.function_url(name, ministack.function(name, code, response_mode), mode)
            whole, failed = (compare.follow(port, host, target) for target in ("/feed/3/200", "/feed/3/50/fails"))
            if mode == "RESPONSE_STREAM" and response_mode == "stream":
                check("a feed: status, type, events", (200, ["text/event-stream"], feed),
                      (whole.status, whole.headers["content-type"], whole.events))
                check("they arrive together, after all have been written (known: it collects a stream; AWS does not)", (True, True),
                      (whole.first >= 0.4, whole.at[-1] < 0.1))
                check("of one that fails there is what came before (known: it drops trailers, of which AWS makes a failure)",
                      (200, feed[:2], True), (failed.status, failed.events, failed.is_whole))
            elif mode == "BUFFERED" and response_mode == "buffered":
                check("a feed: status, type, events", (200, ["text/event-stream"], feed),
                      (whole.status, whole.headers["content-type"], whole.events))
                check("of one that fails, a 500", (500, []), (failed.status, failed.events))
            else:
                # As AWS has it, where the mode of the app is not that of the URL.
                answer = compare.ask(port, host, compare.get("/reply/text"))
                begin = '{"statusCode":200,"headers":{"content-type":"text/plain;charset=utf-8"},'
                check("the client gets the reply as it is, prelude or JSON", (200, True),
                      (answer["status"], answer["body"].replace(" ", "").startswith(begin)))
            after = compare.ask(port, host, compare.get("/after"))
            check("and the next request is answered", 200, after["status"])


def main(fronts):
    compare.end_on_signals()
    unknown = set(fronts) - FRONTS.keys()
    if unknown:
        sys.exit(f"ministack.py: there is no front {', '.join(unknown)}; there are {', '.join(FRONTS)}")
    table, checks = compare.Table(KNOWN, ADDED), compare.Checks()
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        [port] = compare.free_ports(1)
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
                arn = ministack.function(name, code, "stream" if front == STREAMS else "buffered")
                host, prefix = FRONTS[front](ministack, name, arn)
                with compare.server(binary) as on_server:
                    for sent in requests:
                        behind = compare.ask(port, host, sent, prefix)
                        table.compare(front, app, sent, compare.ask(on_server, host, sent), behind)
            if app == "probe" and STREAMS in (fronts or FRONTS):
                with compare.server(binary) as on_server:
                    follow(checks, port, ministack, code, on_server)
    fine = table.report()
    sys.exit(0 if checks.report() and fine else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
