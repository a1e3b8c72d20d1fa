// AWS CDK: one function behind a Function URL, an HTTP API, a REST API and a WebSocket API, with a queue and a schedule.
// In the root of the repository:
//   cargo lambda build --release --arm64 -p example-deploy
//   cd examples/deploy/cdk && npm install && npx cdk deploy
import { App, CfnOutput, Duration, Stack } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as apigatewayv2 from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration, WebSocketLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import * as sqs from "aws-cdk-lib/aws-sqs";

const stack = new Stack(new App(), "Weather");

const app = new lambda.Function(stack, "App", {
  // `cargo lambda build` writes the binary to this folder, as `bootstrap`.
  code: lambda.Code.fromAsset("../../../target/lambda/example-deploy"),
  // Lambda requires a value, and custom runtimes ignore it.
  handler: "bootstrap",
  runtime: lambda.Runtime.PROVIDED_AL2023,
  // Has to be the architecture of the build.
  architecture: process.env.ARCHITECTURE === "x86_64" ? lambda.Architecture.X86_64 : lambda.Architecture.ARM_64,
  memorySize: 512,
  // An HTTP API waits for at most 30 seconds.
  timeout: Duration.seconds(29),
  // `lodger::logs` writes JSON then, in the format of Lambda's own lines.
  loggingFormat: lambda.LoggingFormat.JSON,
  // Has to match invokeMode and responseTransferMode below. The other fronts ignore it.
  environment: { LODGER_RESPONSE_MODE: "stream" },
});

// Adds both permissions of a public URL: lambda:InvokeFunctionUrl, and lambda:InvokeFunction with InvokedViaFunctionUrl.
const url = app.addFunctionUrl({
  authType: lambda.FunctionUrlAuthType.NONE,
  invokeMode: lambda.InvokeMode.RESPONSE_STREAM,
});

const httpApi = new apigatewayv2.HttpApi(stack, "HttpApi", {
  defaultIntegration: new HttpLambdaIntegration("HttpApi", app),
});

const restApi = new apigateway.LambdaRestApi(stack, "RestApi", {
  handler: app,
  integrationOptions: { responseTransferMode: apigateway.ResponseTransferMode.STREAM },
  // Or the API damages request bodies that are not text.
  binaryMediaTypes: ["*/*"],
  // Or CDK changes the role for logs of all REST APIs in the account.
  cloudWatchRole: false,
});

// Its events go to the path of `Lodger::websocket_path`.
const webSockets = new apigatewayv2.WebSocketApi(stack, "WebSocketApi", {
  connectRouteOptions: { integration: new WebSocketLambdaIntegration("Connect", app) },
  disconnectRouteOptions: { integration: new WebSocketLambdaIntegration("Disconnect", app) },
  // The body of the response goes to the client as a message.
  defaultRouteOptions: { integration: new WebSocketLambdaIntegration("Message", app), returnResponse: true },
});
new apigatewayv2.WebSocketStage(stack, "Stage", { webSocketApi: webSockets, stageName: "prod", autoDeploy: true });

const queue = new sqs.Queue(stack, "Queue", {
  // Six times the timeout of the function, as AWS recommends.
  visibilityTimeout: Duration.seconds(180),
  deadLetterQueue: { queue: new sqs.Queue(stack, "FailedReadings"), maxReceiveCount: 3 },
});
// Without `reportBatchItemFailures`, Lambda ignores the failures that `lambda::Batch` returns.
app.addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true }));

new events.Rule(stack, "Hourly", {
  schedule: events.Schedule.rate(Duration.hours(1)),
  targets: [new targets.LambdaFunction(app)],
});

new CfnOutput(stack, "FunctionUrl", { value: url.url });
new CfnOutput(stack, "HttpApiUrl", { value: httpApi.apiEndpoint });
new CfnOutput(stack, "RestApiUrl", { value: restApi.url });
