"""What a HIPAA authorization covers: the networks and the fields it names, and only while it stands."""

import msgspec
import pytest

from airlock.address_book import ContactField, Destination
from airlock.authorization import PURPOSE, Authorization, AuthorizationsInMemory, NoAuthorizations
from airlock.tokens import refer_to_authorization

SIGNED = 1_795_000_000_000
ENDS = SIGNED + 86_400_000
FIELDS = frozenset({ContactField.EMAIL, ContactField.PHONE})
NOTHING: frozenset[ContactField] = frozenset()
TERMS = Authorization(
    recipients=(Destination.META, Destination.TIKTOK),
    information=(ContactField.EMAIL, ContactField.PHONE),
    purposes=(PURPOSE,),
    signed_at=SIGNED,
    expires_at=ENDS,
    template_sha256="0" * 64,
)
REF = refer_to_authorization("auth_Zq8LkT3vWc5Yp0Ra")


@pytest.mark.parametrize("destination", list(Destination))
def test_the_named_fields_may_be_told_to_the_named_networks_and_to_no_other(destination: Destination) -> None:
    named = destination in {Destination.META, Destination.TIKTOK}
    assert TERMS.covers(destination, SIGNED + 1) == (FIELDS if named else NOTHING)


@pytest.mark.parametrize(
    ("now", "covered"),
    [(SIGNED - 1, NOTHING), (SIGNED, FIELDS), (ENDS - 1, FIELDS), (ENDS, NOTHING), (ENDS + 1, NOTHING)],
)
def test_it_covers_from_its_signature_up_to_its_end(now: int, covered: frozenset[ContactField]) -> None:
    """At the very moment of its end it covers nothing any more."""
    assert TERMS.covers(Destination.META, now) == covered


@pytest.mark.parametrize("revoked_at", [0, SIGNED, SIGNED + 2, ENDS])
def test_once_revoked_it_covers_nothing_at_any_time(revoked_at: int) -> None:
    revoked = msgspec.structs.replace(TERMS, revoked_at=revoked_at)
    for now in (SIGNED, SIGNED + 1, ENDS - 1):
        assert revoked.covers(Destination.META, now) == NOTHING


@pytest.mark.parametrize(("purposes", "covered"), [((), NOTHING), (("treatment",), NOTHING), (("x", PURPOSE), FIELDS)])
def test_it_covers_the_measurement_of_ads_only_where_it_says_so(
    purposes: tuple[str, ...], covered: frozenset[ContactField]
) -> None:
    """A purpose that the patient did not sign for is no purpose."""
    terms = msgspec.structs.replace(TERMS, purposes=purposes)
    assert terms.covers(Destination.META, SIGNED + 1) == covered


def test_a_record_without_terms_covers_nothing() -> None:
    for destination in Destination:
        assert Authorization().covers(destination, SIGNED) == NOTHING


def test_where_no_place_is_configured_a_change_says_so() -> None:
    """A revocation that is kept nowhere must not be answered as if it had been."""
    nowhere = NoAuthorizations()
    why = "^no place is configured where authorizations are kept$"
    with pytest.raises(NotImplementedError, match=why):
        nowhere.keep(REF, TERMS)
    with pytest.raises(NotImplementedError, match=why):
        nowhere.revoke(REF, SIGNED)
    assert nowhere.find(REF) is None


def test_a_list_of_what_is_on_file_may_be_walked_while_a_revocation_arrives() -> None:
    kept = AuthorizationsInMemory()
    kept.keep(REF, TERMS)
    for ref, _ in kept.read_all():
        kept.revoke(refer_to_authorization("auth_another000000000"), SIGNED)
        kept.revoke(ref, SIGNED)
    assert {terms.revoked_at for _, terms in kept.read_all()} == {SIGNED}
