"""A synthesised template in, the stack deployed into the emulated account out: no Node CLI, boto3 alone.

What is changed of the template for the emulator's sake stands in this file and nowhere else.
"""

import copy
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cloud.emulator import ACCOUNT, REGION, Emulator

# Types that ministack 1.5.33 does not have; one of them refuses the whole template.
DROPPED = {
    "AWS::CodeDeploy::Application": "the canary deployment",
    "AWS::CodeDeploy::DeploymentGroup": "the canary deployment",
    "AWS::Logs::QueryDefinition": "the auditor's saved questions",
}
BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
_BATCH_S = 600.0


def adapt(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template as the emulator takes it; every change is named here.

    - The types of DROPPED are left out, and with them what an alias says of its canary deployment.
    - `Ref` of a secret gives its name there and its ARN in AWS: GetAtt Id gives the ARN in both.
    - A batching window only makes a test wait.
    """
    adapted = copy.deepcopy(dict(template))
    resources = adapted["Resources"]
    secrets = {name for name, body in resources.items() if body["Type"] == "AWS::SecretsManager::Secret"}
    dropped = {name for name, body in resources.items() if body["Type"] in DROPPED}
    for name in dropped:
        del resources[name]
    for body in resources.values():
        body.get("UpdatePolicy", {}).pop("CodeDeployLambdaAliasUpdate", None)
        if isinstance(body.get("DependsOn"), list):
            body["DependsOn"] = [name for name in body["DependsOn"] if name not in dropped]
        if body["Type"] == "AWS::Lambda::EventSourceMapping":
            body["Properties"]["MaximumBatchingWindowInSeconds"] = 0
            body["Properties"]["BatchSize"] = 10  # more needs a window
    return _point_at_secrets(adapted, secrets)  # type: ignore[no-any-return]  # a dict in, a dict out


def _point_at_secrets(value: Any, secrets: set[str]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"Ref"} and value["Ref"] in secrets:
            return {"Fn::GetAtt": [value["Ref"], "Id"]}
        return {key: _point_at_secrets(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_point_at_secrets(item, secrets) for item in value]
    return value


def upload(emulator: Emulator, zips: Mapping[str, Path], template: Mapping[str, Any]) -> None:
    """The assets: each Lambda's code, for this machine's processor, under the key that the template names."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    emulator.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
    for body in template["Resources"].values():
        if body["Type"] == "AWS::Lambda::Function":
            properties = body["Properties"]
            part = properties["Handler"].partition(".")[0]
            s3.put_object(Bucket=BUCKET, Key=properties["Code"]["S3Key"], Body=zips[part].read_bytes())


def deploy(emulator: Emulator, name: str, template: Mapping[str, Any]) -> dict[str, str]:
    """Create or update the stack; the physical id of each of its resources."""
    cloudformation, s3 = emulator.client("cloudformation"), emulator.client("s3")
    s3.put_object(Bucket=BUCKET, Key=f"{name}.json", Body=json.dumps(template).encode())
    asked = {
        "StackName": name,
        "TemplateURL": f"{emulator.url}/{BUCKET}/{name}.json",
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    try:
        cloudformation.describe_stacks(StackName=name)
    except cloudformation.exceptions.ClientError:
        cloudformation.create_stack(**asked)
    else:
        cloudformation.update_stack(**asked)
    ends = time.monotonic() + _BATCH_S
    while True:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            break
        if not stack["StackStatus"].endswith("IN_PROGRESS") or time.monotonic() > ends:
            events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            failed = [event for event in events if "FAILED" in event["ResourceStatus"]]
            said = [f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason')}" for each in failed]
            raise RuntimeError(f"{stack['StackStatus']} {stack.get('StackStatusReason', '')}: {said}")
        time.sleep(0.1)
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for page in pages
        for each in page["StackResourceSummaries"]
    }
