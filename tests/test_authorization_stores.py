"""Wherever authorizations are kept, the same holds: what was revoked stays revoked, whoever writes when."""

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from airlock.address_book import ContactField, Destination
from airlock.authorization import (
    PURPOSE,
    Authorization,
    Authorizations,
    AuthorizationsInMemory,
    NoAuthorizations,
)
from airlock.authorization_table import AuthorizationTable, open_authorizations
from airlock.table import UnavailableError
from airlock.tokens import refer_to_authorization
from tests.clinic_systems import NOW, FakeDynamo
from workbench.authorization_file import AuthorizationFile

REF, OTHER = (refer_to_authorization(f"auth_{letter * 16}") for letter in "ab")
TERMS = Authorization(
    recipients=(Destination.META,),
    information=(ContactField.EMAIL,),
    purposes=(PURPOSE,),
    signed_at=NOW - 1_000,
    expires_at=NOW + 1_000,
    template_sha256="0" * 64,
)


@pytest.fixture(params=["memory", "sqlite", "dynamodb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Authorizations]:
    match request.param:
        case "memory":
            yield AuthorizationsInMemory()
        case "sqlite":
            file = AuthorizationFile(tmp_path / "authorizations.sqlite3")
            yield file
            file.close()
        case "dynamodb":
            yield AuthorizationTable(FakeDynamo, "authorizations")


def test_what_was_recorded_is_found_and_nothing_else_is(store: Authorizations) -> None:
    assert store.keep(REF, TERMS) is True
    assert store.find(REF) == TERMS
    assert store.find(OTHER) is None


def test_terms_may_be_recorded_anew_while_they_stand(store: Authorizations) -> None:
    longer = msgspec.structs.replace(TERMS, expires_at=NOW + 5_000)
    assert store.keep(REF, TERMS)
    assert store.keep(REF, longer)
    assert store.find(REF) == longer


def test_nothing_that_is_recorded_later_undoes_a_revocation(store: Authorizations) -> None:
    store.keep(REF, TERMS)
    store.revoke(REF, NOW)
    assert store.keep(REF, TERMS) is False
    assert store.find(REF) == msgspec.structs.replace(TERMS, revoked_at=NOW)


def test_a_revocation_that_overtakes_its_authorization_holds(store: Authorizations) -> None:
    """A system may tell of the revocation before the authorization itself arrives."""
    store.revoke(REF, NOW)
    assert store.keep(REF, TERMS) is False
    found = store.find(REF)
    assert found is not None
    assert found.revoked_at == NOW
    assert found.covers(Destination.META, NOW) == frozenset()


def test_the_moment_of_the_first_revocation_stays(store: Authorizations) -> None:
    store.keep(REF, TERMS)
    store.revoke(REF, NOW)
    store.revoke(REF, NOW + 99)
    found = store.find(REF)
    assert found is not None
    assert found.revoked_at == NOW


def test_everything_on_file_can_be_listed_the_revoked_too(store: Authorizations) -> None:
    store.keep(REF, TERMS)
    store.revoke(OTHER, NOW)
    assert dict(store.read_all()) == {REF: TERMS, OTHER: Authorization(revoked_at=NOW)}


def test_without_a_place_nothing_is_on_file_and_no_change_is_taken_for_done() -> None:
    nowhere = NoAuthorizations()
    assert nowhere.find(REF) is None
    assert list(nowhere.read_all()) == []
    with pytest.raises(NotImplementedError):
        nowhere.keep(REF, TERMS)
    with pytest.raises(NotImplementedError):
        nowhere.revoke(REF, NOW)


def test_a_record_written_at_the_moment_of_a_revocation_never_wins(tmp_path: Path) -> None:
    """Two processes write one file at once, a hundred times over; at the end everything is revoked."""
    files = [AuthorizationFile(tmp_path / "authorizations.sqlite3") for _ in range(2)]
    refs = [refer_to_authorization(f"auth_{number:016}") for number in range(100)]
    starting = threading.Barrier(2)

    def write(file: AuthorizationFile, *, revoke: bool) -> None:
        starting.wait()
        for ref in refs:
            if revoke:
                file.revoke(ref, NOW)
            else:
                file.keep(ref, TERMS)

    threads = [threading.Thread(target=write, args=(file,), kwargs={"revoke": file is files[0]}) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [terms.revoked_at for _, terms in files[1].read_all()] == [NOW] * 100
    for file in files:
        file.close()


def test_the_table_is_read_consistently_and_written_on_conditions() -> None:
    """A revocation that was answered is seen by whoever asks next; the fake refuses every other expression."""
    dynamo = FakeDynamo()
    table = AuthorizationTable(lambda: dynamo, "airlock-authorizations")
    table.keep(REF, TERMS)
    table.revoke(REF, NOW)
    table.find(REF)
    list(table.read_all())
    assert [operation for operation, _ in dynamo.requests] == ["put_item", "update_item", "get_item", "scan"]
    assert {request["TableName"] for _, request in dynamo.requests} == {"airlock-authorizations"}
    assert dynamo.requests[0][1]["ConditionExpression"] == "attribute_not_exists(revoked_at)"
    assert all(request["ConsistentRead"] for operation, request in dynamo.requests if operation in {"get_item", "scan"})


def test_a_table_that_does_not_answer_is_no_answer_that_nothing_is_on_file() -> None:
    dynamo = FakeDynamo()
    dynamo.error = RuntimeError("throttled while reading auth_Zq8LkT3vWc5Yp0Ra")
    table = AuthorizationTable(lambda: dynamo, "airlock-authorizations")
    for attempt in (lambda: table.find(REF), lambda: table.keep(REF, TERMS), lambda: list(table.read_all())):
        with pytest.raises(UnavailableError) as caught:
            attempt()
        assert "Zq8LkT3vWc5Yp0Ra" not in str(caught.value)


def test_no_client_is_opened_before_an_authorization_is_asked_for() -> None:
    """Most events name none, and a cold start should not pay for a client."""
    opened: list[str] = []

    def open_client(service: str) -> FakeDynamo:
        opened.append(service)
        return FakeDynamo()

    place = open_authorizations({"AIRLOCK_AUTHORIZATIONS_TABLE": "airlock-authorizations"}, open_client)
    assert opened == []
    assert place.find(REF) is None
    assert place.find(OTHER) is None
    assert opened == ["dynamodb"]
    assert isinstance(open_authorizations({}, open_client), NoAuthorizations)


def test_the_real_client_takes_the_requests() -> None:
    """Validated by botocore against AWS's own description of DynamoDB; nothing is sent."""
    botocore_session = pytest.importorskip("botocore.session")
    stub = pytest.importorskip("botocore.stub")
    session = botocore_session.get_session()
    session.set_credentials("example", "example")
    client = session.create_client("dynamodb", region_name="us-east-1")
    table = AuthorizationTable(lambda: client, "airlock-authorizations")
    with stub.Stubber(client) as stubber:
        stubber.add_response("put_item", {})
        stubber.add_client_error("put_item", "ConditionalCheckFailedException")
        stubber.add_response("update_item", {})
        stubber.add_response("get_item", {})
        stubber.add_client_error("get_item", "ProvisionedThroughputExceededException")
        assert table.keep(REF, TERMS) is True
        assert table.keep(REF, TERMS) is False
        table.revoke(REF, NOW)
        assert table.find(REF) is None
        with pytest.raises(UnavailableError, match="ProvisionedThroughputExceededException"):
            table.find(REF)
