"""A stack that is broken on purpose, behind the guardrails of the real one; run by test_guardrails.py."""

import sys

import infra  # noqa: F401 - points the CDK at its Node before the CDK is imported

import aws_cdk as cdk  # isort: skip
from aws_cdk import aws_lambda as lambda_  # isort: skip
from aws_cdk import aws_logs as logs  # isort: skip
from aws_cdk import aws_sqs as sqs  # isort: skip

from infra.guardrails import guard  # isort: skip

app = cdk.App(outdir=sys.argv[1])
stack = cdk.Stack(app, "Broken")
logs.LogGroup(stack, "PlainLog")
sqs.Queue(stack, "PlainQueue")
function = lambda_.Function(
    stack,
    "Open",
    runtime=lambda_.Runtime.PYTHON_3_13,
    handler="index.handler",
    code=lambda_.Code.from_inline("def handler(event, context): ..."),
)
function.add_function_url(auth_type=lambda_.FunctionUrlAuthType.NONE)
cdk.CustomResource(stack, "Custom", service_token=function.function_arn, resource_type="Custom::Anything")
guard(app)
app.synth()
