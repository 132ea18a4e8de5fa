"""Where the journal is kept, what counts its lines, and that nothing of it goes away unnoticed."""

import json
import re
from io import StringIO

import pytest

from airlock.outcome import Outcome, Reason
from infra.template import Template, resources
from tests.infra.conftest import Pick

PREFIX = "/airlock/glow-medspa/"


def test_every_part_that_writes_has_a_log_group_of_its_own(pick: Pick) -> None:
    names = {group.get("LogGroupName") for group in pick("Logs::LogGroup")}
    parts = {f"{PREFIX}{part}" for part in ("sanitizer", "google", "meta", "canary")}
    assert names == {*parts, "/aws/vendedlogs/airlock/glow-medspa/access"}


def test_a_line_is_kept_for_six_years_and_its_group_cannot_be_deleted(pick: Pick) -> None:
    for group in pick("Logs::LogGroup"):
        assert group.get("RetentionInDays") == 2192
        assert group.get("DeletionProtectionEnabled") is True
        assert group.get("KmsKeyId")
        assert group.get("LogGroupClass") in (None, "STANDARD"), "the other class has no metric filters"


@pytest.mark.parametrize(
    "identifier",
    [
        "EmailAddress",
        "Name",
        "Address",
        "IpAddress",
        "PhoneNumber-US",
        "Ssn-US",
        "ZipCode-US",
        "MedicareBeneficiaryNumber-US",
    ],
)
def test_the_tripwire_audits_and_masks_what_must_never_stand_in_a_line(pick: Pick, identifier: str) -> None:
    for group in pick("Logs::LogGroup"):
        audit, mask = group.get("DataProtectionPolicy")["Statement"]
        for statement in (audit, mask):
            assert any(f"data-identifier/{identifier}" in json.dumps(each) for each in statement["DataIdentifier"])
        assert "Audit" in audit["Operation"]
        assert "Deidentify" in mask["Operation"]


def test_the_tripwires_own_patterns_find_a_click_id_in_a_url_and_no_line_of_the_journal(pick: Pick) -> None:
    group, *_ = pick("Logs::LogGroup")
    patterns = {
        each["Name"]: each["Regex"]
        for each in group.get("DataProtectionPolicy")["Configuration"]["CustomDataIdentifier"]
    }
    ids = ["fbclid", "gclid", "gbraid", "wbraid", "ttclid", "li_fat_id", "msclkid"]
    for name in ids:
        url = f"https://www.glow-medspa.example/?{name}=IwAR2ExampleFbclid0001"
        assert any(re.search(pattern, url) for pattern in patterns.values())
    assert re.search(patterns["BearerToken"], "Authorization: Bearer EAAexampleexampleexample00")
    line = json.dumps({"click_id": "fbclid", "sha256": "0" * 64, "policy": "f" * 64, "payload": {"fbc": "fb.1.."}})
    assert not any(re.search(pattern, line) for pattern in patterns.values())
    for pattern in patterns.values():
        assert len(pattern) <= 200, "CloudWatch Logs takes no longer pattern"
        assert re.fullmatch(r"[A-Za-z0-9_#=@/;, ^$?\[\]{}|\\*+.-]+", pattern), "and no other characters"


def test_what_is_counted_is_named_as_the_journal_names_it(pick: Pick) -> None:
    """A metric filter that waits for a word which no line has would be silent for ever."""
    words = {*Outcome, *Reason, "decision", "disclosure", "fault"}
    filters = pick("Logs::MetricFilter")
    for each in filters:
        told = set(re.findall(r'"([^"]+)"', each.get("FilterPattern")))
        assert told
        assert told <= words
        assert set(re.findall(r"\$\.(\w+)", each.get("FilterPattern"))) <= {"kind", "outcome", "reason"}
    assert {each.get("MetricTransformations")[0]["MetricNamespace"] for each in filters} == {"Airlock/glow-medspa"}


def test_no_metric_has_a_dimension(pick: Pick) -> None:
    """A dimension is a place for a value, and each of its values is a metric to pay for."""
    for each in pick("Logs::MetricFilter"):
        (transformation,) = each.get("MetricTransformations")
        assert "Dimensions" not in transformation


def test_the_auditors_questions_are_ready_and_cover_every_journal(pick: Pick) -> None:
    queries = pick("Logs::QueryDefinition")
    assert len(queries) == 8
    for query in queries:
        assert query.get("Name").startswith("airlock/glow-medspa/")
        assert len(query.get("LogGroupNames")) == 3
        text = StringIO(query.get("QueryString"))
        for line in text:
            command = line.removeprefix("| ").split(maxsplit=1)[0]
            assert command in {"fields", "filter", "stats", "sort", "limit"}


def test_nothing_asks_for_a_field_that_the_journal_does_not_write(template: Template) -> None:
    from airlock import journal_line  # noqa: PLC0415 - only its types are looked at

    lines = [kind for kind in vars(journal_line).values() if hasattr(kind, "__struct_fields__")]
    fields = {field for kind in lines for field in kind.__struct_fields__}
    for query in resources(template, "AWS::Logs::QueryDefinition"):
        text = re.sub(r"'[^']*'", "", query.get("QueryString"))
        made = set(re.findall(r"\bas (\w+)", text))
        language = {
            "fields",
            "filter",
            "stats",
            "sort",
            "limit",
            "by",
            "as",
            "and",
            "in",
            "desc",
            "asc",
            "bin",
            "count",
        }
        language |= {"sum", "min", "max", "ispresent", "fromMillis", "h", "d"}
        words = set(re.findall(r"[A-Za-z_]\w*", text))
        assert words - language - made <= fields
