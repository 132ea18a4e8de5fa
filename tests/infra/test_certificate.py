"""The record that the clinic puts into its DNS is printed as ACM wants it."""

from collections.abc import Iterator
from typing import Any

from infra.certificate import read_records

HOST = "collect.glow-medspa.example"
RECORD = {"Name": f"_a1.{HOST}.", "Type": "CNAME", "Value": "_b2.acm-validations.example."}


class _Certificates:
    """ACM with two certificates, one of them another host's."""

    def __init__(self, options: list[dict[str, Any]]) -> None:
        self._options = options

    def get_paginator(self, operation: str) -> "_Certificates":
        assert operation == "list_certificates"
        return self

    def paginate(self) -> Iterator[dict[str, Any]]:
        yield {"CertificateSummaryList": [{"DomainName": "other.example", "CertificateArn": "arn:other"}]}
        yield {"CertificateSummaryList": [{"DomainName": HOST, "CertificateArn": "arn:ours"}]}

    def describe_certificate(self, *, CertificateArn: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        assert CertificateArn == "arn:ours"
        return {"Certificate": {"DomainValidationOptions": self._options}}


def test_the_record_is_one_line_with_its_standing() -> None:
    lines = read_records(_Certificates([{"ResourceRecord": RECORD, "ValidationStatus": "PENDING_VALIDATION"}]), HOST)
    assert lines == [f"_a1.{HOST}. CNAME _b2.acm-validations.example.  # PENDING_VALIDATION"]


def test_a_certificate_that_has_no_record_yet_gives_no_line() -> None:
    assert read_records(_Certificates([{"ValidationStatus": "PENDING_VALIDATION"}]), HOST) == []
