"""Authorizations in DynamoDB: how long each is kept, and what the table may hold beside them."""

import datetime
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from airlock.address_book import ContactField, Destination
from airlock.authorization import PURPOSE, Authorization, NoAuthorizations
from airlock.authorization_table import AuthorizationTable, open_authorizations
from airlock.tokens import AuthorizationRef, refer_to_authorization
from sanitizer.receipts import ReceiptTable
from tests.clinic_systems import NOW, FakeDynamo

REF, OTHER = (refer_to_authorization(f"auth_{letter * 16}") for letter in "ab")
TERMS = Authorization(
    recipients=(Destination.META,),
    information=(ContactField.EMAIL,),
    purposes=(PURPOSE,),
    signed_at=NOW - 1_000,
    expires_at=NOW + 90 * 86_400_000,
    template_sha256="0" * 64,
)
MONTH = datetime.timedelta(days=31)


def read_moment(epoch_ms: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(epoch_ms // 1000, datetime.UTC)


def read_end(dynamo: FakeDynamo, ref: AuthorizationRef) -> datetime.datetime:
    """When DynamoDB may drop the item: it wants a whole number of epoch seconds."""
    text = dynamo.items[str.__str__(ref)]["expiration"]["N"]
    assert text.isdecimal()
    return read_moment(int(text) * 1000)


def years_after(moment: datetime.datetime, years: int) -> datetime.datetime:
    return moment.replace(year=moment.year + years)


def test_terms_are_kept_for_six_years_after_the_day_they_end() -> None:
    """45 CFR 164.530(j): six years from when it was last in effect, and not for ever."""
    dynamo = FakeDynamo()
    AuthorizationTable(lambda: dynamo, "authorizations").keep(REF, TERMS)
    due = years_after(read_moment(TERMS.expires_at), 6)
    assert due <= read_end(dynamo, REF) < due + MONTH


def test_a_revocation_shortens_nothing_of_that() -> None:
    dynamo = FakeDynamo()
    table = AuthorizationTable(lambda: dynamo, "authorizations")
    table.keep(REF, TERMS)
    before = read_end(dynamo, REF)
    table.revoke(REF, NOW)
    assert read_end(dynamo, REF) == before


def test_a_revocation_of_terms_that_never_came_outlives_whatever_they_could_have_been() -> None:
    """Terms hold for a year at most; if they were dropped with their revocation, they could be recorded anew."""
    dynamo = FakeDynamo()
    AuthorizationTable(lambda: dynamo, "authorizations").revoke(REF, NOW)
    due = years_after(read_moment(NOW), 7)
    assert due <= read_end(dynamo, REF) < due + MONTH


def test_terms_that_say_more_than_this_code_knows_are_not_taken_for_less() -> None:
    """A later version may have recorded a narrower permission; to leave out what narrows it would widen it."""
    dynamo = FakeDynamo()
    table = AuthorizationTable(lambda: dynamo, "authorizations")
    table.keep(REF, TERMS)
    terms = dynamo.items[str.__str__(REF)]["terms"]
    terms["S"] = terms["S"].replace("{", '{"only_until_visit":true,', 1)
    with pytest.raises(msgspec.ValidationError):
        table.find(REF)


def test_what_else_stands_in_the_table_is_no_authorization() -> None:
    """The receipts of webhooks are kept beside them."""
    dynamo = FakeDynamo()
    table = AuthorizationTable(lambda: dynamo, "authorizations")
    ReceiptTable(lambda: dynamo, "authorizations").claim("ab" * 32, NOW + 1_000, NOW)
    table.keep(REF, TERMS)
    assert dict(table.read_all()) == {REF: TERMS}


def test_a_page_without_items_is_not_the_end_of_the_list() -> None:
    """DynamoDB may answer a page that holds nothing but the place where the next one begins."""

    class Gap(FakeDynamo):
        def scan(self, **request: Any) -> Mapping[str, Any]:  # type: ignore[override]  # a page may lack any key
            if "ExclusiveStartKey" not in request:
                return {"LastEvaluatedKey": {"id": {"S": "0"}}}
            return super().scan(**request)

    dynamo = Gap()
    table = AuthorizationTable(lambda: dynamo, "authorizations")
    table.keep(REF, TERMS)
    table.revoke(OTHER, NOW)
    assert dict(table.read_all()) == {REF: TERMS, OTHER: Authorization(revoked_at=NOW)}


@pytest.mark.parametrize("environment", [{}, {"AIRLOCK_AUTHORIZATIONS_TABLE": ""}])
def test_a_clinic_without_a_table_has_nothing_on_file(environment: dict[str, str]) -> None:
    assert isinstance(open_authorizations(environment, lambda _: FakeDynamo()), NoAuthorizations)


def test_the_environment_names_the_table_that_is_asked() -> None:
    dynamo = FakeDynamo()
    on_file = open_authorizations({"AIRLOCK_AUTHORIZATIONS_TABLE": "glow-authorizations"}, lambda _: dynamo)
    on_file.find(REF)
    assert [request["TableName"] for _, request in dynamo.requests] == ["glow-authorizations"]
