# Terraform: one function behind a Function URL, an HTTP API and a REST API, with a queue and a schedule.
# In the root of the repository:
#   cargo lambda build --release --arm64 --output-format zip -p example-deploy
#   cd examples/deploy/terraform && terraform init && terraform apply

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 6.29 has `invoked_via_function_url`.
      version = ">= 6.29"
    }
  }
}

variable "architecture" {
  description = "The architecture of the build: arm64 or x86_64."
  default     = "arm64"
}

variable "zip" {
  description = "The zip file that `cargo lambda build` writes."
  default     = "../../../target/lambda/example-deploy/bootstrap.zip"
}

resource "aws_lambda_function" "app" {
  function_name    = "weather"
  filename         = var.zip
  source_code_hash = filebase64sha256(var.zip)
  role             = aws_iam_role.app.arn
  # Lambda requires a value, and custom runtimes ignore it.
  handler       = "bootstrap"
  runtime       = "provided.al2023"
  architectures = [var.architecture]
  memory_size   = 512
  # An HTTP API waits for at most 30 seconds.
  timeout = 29

  # `lodger::logs` writes JSON then, in the format of Lambda's own lines.
  logging_config {
    log_format = "JSON"
  }

  environment {
    variables = {
      # Has to match invoke_mode and responseTransferMode below. The HTTP API ignores it.
      LODGER_RESPONSE_MODE = "stream"
    }
  }
}

resource "aws_iam_role" "app" {
  name = "weather"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

# Writes logs, and receives messages of the queue.
resource "aws_iam_role_policy_attachment" "app" {
  role       = aws_iam_role.app.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
}

# Function URL

resource "aws_lambda_function_url" "app" {
  function_name      = aws_lambda_function.app.function_name
  authorization_type = "NONE"
  invoke_mode        = "RESPONSE_STREAM"
}

# A public URL needs both permissions since October 2025.
# https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
resource "aws_lambda_permission" "url" {
  function_name          = aws_lambda_function.app.function_name
  action                 = "lambda:InvokeFunctionUrl"
  principal              = "*"
  function_url_auth_type = "NONE"
}

resource "aws_lambda_permission" "invoke_by_url" {
  function_name            = aws_lambda_function.app.function_name
  action                   = "lambda:InvokeFunction"
  principal                = "*"
  invoked_via_function_url = true
}

# HTTP API, with all paths and methods

resource "aws_apigatewayv2_api" "http" {
  name          = "weather"
  protocol_type = "HTTP"
  # Makes the route `$default` and the stage `$default`, with payload format 2.0.
  target = aws_lambda_function.app.arn
}

resource "aws_lambda_permission" "http" {
  function_name = aws_lambda_function.app.function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.http.execution_arn}/*"
}

# REST API, which streams

data "aws_region" "here" {}

locals {
  rest_method = {
    x-amazon-apigateway-any-method = {
      x-amazon-apigateway-integration = {
        type                 = "aws_proxy"
        httpMethod           = "POST"
        responseTransferMode = "STREAM"
        # Differs from `invoke_arn`, which is for buffered responses.
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
        uri = "arn:aws:apigateway:${data.aws_region.here.region}:lambda:path/2021-11-15/functions/${aws_lambda_function.app.arn}/response-streaming-invocations"
      }
    }
  }
}

resource "aws_api_gateway_rest_api" "rest" {
  name = "weather"
  # Or the API damages request bodies that are not text.
  binary_media_types = ["*/*"]
  body = jsonencode({
    openapi = "3.0.1"
    info    = { title = "weather", version = "1" }
    paths   = { "/" = local.rest_method, "/{proxy+}" = local.rest_method }
  })
}

resource "aws_api_gateway_deployment" "rest" {
  rest_api_id = aws_api_gateway_rest_api.rest.id
  triggers    = { body = aws_api_gateway_rest_api.rest.body }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "rest" {
  rest_api_id   = aws_api_gateway_rest_api.rest.id
  deployment_id = aws_api_gateway_deployment.rest.id
  # Lodger removes the stage from the paths that the app sees.
  stage_name = "prod"
}

resource "aws_lambda_permission" "rest" {
  function_name = aws_lambda_function.app.function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.rest.execution_arn}/*"
}

# Queue

resource "aws_sqs_queue" "readings" {
  name = "readings"
  # Six times the timeout of the function, as AWS recommends.
  visibility_timeout_seconds = 180
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.failed_readings.arn
    maxReceiveCount     = 3
  })
}

resource "aws_sqs_queue" "failed_readings" {
  name = "failed-readings"
}

resource "aws_lambda_event_source_mapping" "readings" {
  function_name    = aws_lambda_function.app.arn
  event_source_arn = aws_sqs_queue.readings.arn
  batch_size       = 10
  # Without this setting, Lambda ignores the failures that `lambda::Batch` returns.
  function_response_types = ["ReportBatchItemFailures"]
}

# Schedule

resource "aws_cloudwatch_event_rule" "hourly" {
  name                = "weather-hourly"
  schedule_expression = "rate(1 hour)"
}

resource "aws_cloudwatch_event_target" "hourly" {
  rule = aws_cloudwatch_event_rule.hourly.name
  arn  = aws_lambda_function.app.arn
}

resource "aws_lambda_permission" "hourly" {
  function_name = aws_lambda_function.app.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.hourly.arn
}

output "function_url" {
  value = aws_lambda_function_url.app.function_url
}

output "http_api_url" {
  value = aws_apigatewayv2_api.http.api_endpoint
}

output "rest_api_url" {
  value = aws_api_gateway_stage.rest.invoke_url
}

output "queue_url" {
  value = aws_sqs_queue.readings.url
}
