"""Which resource types a clinic's stack may hold: what AWS lists as HIPAA-eligible, and what touches no event data."""

# aws-samples/service-control-policy-examples, HIPAA policy: AWS's list of this date, 173 services (read 2026-11-23).
AS_OF = "2026-05-22"
# May carry event data.
CORE = (
    "AWS::ApiGateway::",
    "AWS::ApiGatewayV2::",
    "AWS::DynamoDB::",
    "AWS::KMS::",
    "AWS::Lambda::",
    "AWS::Logs::",
    "AWS::SQS::",
    "AWS::SecretsManager::",
)
# Names, numbers and settings only.
SUPPORT = (
    "AWS::CDK::Metadata",
    "AWS::CertificateManager::",
    "AWS::CloudWatch::",
    "AWS::CodeDeploy::",
    "AWS::Events::Rule",
    "AWS::IAM::",
    "AWS::SNS::",
    "AWS::SSM::Parameter",
    "AWS::WAFv2::",
)
# Eligible or not, not here: a function without host name or access log, a key that is no identity, a standing user.
NEVER = ("AWS::ApiGateway::ApiKey", "AWS::IAM::AccessKey", "AWS::IAM::User", "AWS::Lambda::Url")


def is_eligible(resource_type: str) -> bool:
    """Whether a stack may hold such a resource. A custom resource is a Lambda outside every control here: never."""
    if resource_type in NEVER:
        return False
    return resource_type.startswith((*CORE, *SUPPORT))
