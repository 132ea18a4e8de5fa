"""An AWS account as `airlock doctor` meets it, in order unless a test breaks it, and a DNS of a few lines."""

import datetime
import ssl
from typing import Any, NoReturn

from workbench.examination import UnseenError

NOW = datetime.datetime(2026, 11, 24, 15, 7, 12, tzinfo=datetime.UTC)
HOST = "collect.glow-medspa.example"
TARGET = "d-1example.execute-api.us-east-1.amazonaws.com"
RECORD = {
    "Name": f"_x1.{HOST}.",
    "Type": "CNAME",
    "Value": "_y1.acm-validations.aws.",
}
DAY = datetime.timedelta(days=1)


class ClientError(Exception):
    """What botocore raises, as far as it is looked at."""

    def __init__(self, code: str) -> None:
        super().__init__("a text that may hold anything: CANARY")
        self.response = {"Error": {"Code": code}}


class FakeNames:
    """A DNS that holds what the test puts in."""

    def __init__(self, records: dict[tuple[str, str], tuple[str, ...]]) -> None:
        self.records = records
        self.is_down = False

    def ask(self, name: str, kind: str) -> tuple[str, ...]:
        if self.is_down:
            raise UnseenError("DNS did not answer")
        return self.records.get((name, kind), ())


def make_names() -> FakeNames:
    return FakeNames({(HOST, "CNAME"): (TARGET,), (f"_x1.{HOST}", "CNAME"): ("_y1.acm-validations.aws",)})


class Account:
    """What each operation answers; an exception in its place is raised."""

    def __init__(self) -> None:
        group = {
            "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/1",
            "retentionInDays": 2192,
            "dataProtectionStatus": "ACTIVATED",
            "deletionProtectionEnabled": True,
        }
        certificate = {
            "Status": "ISSUED",
            "NotAfter": NOW + 150 * DAY,
            "DomainValidationOptions": [{"DomainName": HOST, "ValidationStatus": "SUCCESS", "ResourceRecord": RECORD}],
        }
        self.answers: dict[str, Any] = {
            "artifact.list_customer_agreements": {
                "customerAgreements": [{"name": "AWS Business Associate Addendum", "state": "ACTIVE"}]
            },
            "iam.get_account_summary": {"SummaryMap": {"AccountMFAEnabled": 1}},
            "cloudtrail.describe_trails": {"trailList": [{"TrailARN": "trail", "IsMultiRegionTrail": True}]},
            "cloudtrail.get_trail_status": {"IsLogging": True},
            "lambda.get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 1000}},
            "acm.list_certificates": {"CertificateSummaryList": [{"CertificateArn": "arn", "DomainName": HOST}]},
            "acm.describe_certificate": {"Certificate": certificate},
            "apigatewayv2.get_domain_name": {
                "DomainNameConfigurations": [{"ApiGatewayDomainName": TARGET, "SecurityPolicy": "TLS_1_2"}]
            },
            "apigatewayv2.get_apis": {
                "Items": [{"Name": "airlock-glow-medspa", "ApiId": "a1", "DisableExecuteApiEndpoint": True}]
            },
            "apigatewayv2.get_stages": {"Items": [{"AccessLogSettings": {"Format": '{"st":"$context.status"}'}}]},
            "apigateway.get_rest_apis": {"items": []},
            "logs.describe_log_groups": {
                "logGroups": [
                    {"logGroupName": "/airlock/glow-medspa/sanitizer", **group},
                    {"logGroupName": "/airlock/glow-medspa/meta", **group},
                ]
            },
            "kms.describe_key": {"KeyMetadata": {"KeyId": "1", "KeyState": "Enabled"}},
            "kms.get_key_rotation_status": {"KeyRotationEnabled": True},
            "ssm.get_parameter": {"Parameter": {"Value": "open"}},
            "secretsmanager.describe_secret": {
                "LastChangedDate": NOW - 3 * DAY,
                "VersionIdsToStages": {"v1": ["AWSCURRENT"]},
            },
        }

    def open_client(self, service: str) -> Any:
        account = self

        class Client:
            def __getattr__(self, operation: str) -> Any:
                def answer(**_: Any) -> Any:
                    found = account.answers[f"{service}.{operation}"]
                    if isinstance(found, Exception):
                        raise found
                    return found

                return answer

        return Client()


def refuse_old(_: str, context: ssl.SSLContext) -> None:
    """A host that speaks TLS 1.2 and better."""
    if context.maximum_version is not ssl.TLSVersion.MAXIMUM_SUPPORTED:
        error = ssl.SSLError(1, "[SSL: TLSV1_ALERT_PROTOCOL_VERSION]")
        error.reason = "TLSV1_ALERT_PROTOCOL_VERSION"
        raise error


def be_away(_: str, __: ssl.SSLContext) -> NoReturn:
    raise TimeoutError
