"""The certificate of the collect host, in a stack of its own: CloudFormation waits for the record in the clinic's DNS.

`uv run python -m infra.certificate HOST` prints that record, and whether it was found.
"""

import sys
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from constructs import Construct

from infra.settings import Settings


class CertificateStack(cdk.Stack):
    """One certificate, validated by DNS. ACM renews it as long as the record stays."""

    def __init__(self, scope: Construct, settings: Settings, environment: cdk.Environment | None) -> None:
        super().__init__(
            scope,
            f"{settings.prefix}-certificate",
            env=environment,
            description=f"The certificate of {settings.policy.collect_host}",
            termination_protection=True,
        )
        self.certificate = acm.Certificate(
            self,
            "Certificate",
            domain_name=settings.policy.collect_host,
            validation=acm.CertificateValidation.from_dns(),
            transparency_logging_enabled=True,
        )
        cdk.CfnOutput(self, "CertificateArn", value=self.certificate.certificate_arn)


def read_records(client: Any, host: str) -> list[str]:  # noqa: ANN401 - boto3 ships no types
    """The lines to put into the clinic's DNS for a host, one for each certificate that waits for it or has it."""
    lines = []
    for page in client.get_paginator("list_certificates").paginate():
        for summary in page["CertificateSummaryList"]:
            if summary["DomainName"] != host:
                continue
            details = client.describe_certificate(CertificateArn=summary["CertificateArn"])["Certificate"]
            lines += [
                f"{record['Name']} {record['Type']} {record['Value']}  # {option['ValidationStatus']}"
                for option in details.get("DomainValidationOptions", ())
                if (record := option.get("ResourceRecord"))
            ]
    return lines


def main() -> int:
    """Print the records of the host named on the command line."""
    import boto3  # noqa: PLC0415 - the stack itself needs no AWS client

    if len(sys.argv) != 2:  # noqa: PLR2004 - the module and a host
        sys.stderr.write("usage: python -m infra.certificate HOST\n")
        return 2
    lines = read_records(boto3.client("acm"), sys.argv[1])
    if not lines:
        sys.stderr.write("no record yet: deploy the certificate's stack, and ask again in a minute\n")
        return 1
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
