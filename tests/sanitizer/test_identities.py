"""By what a network may recognise a visitor: its own click id, digests that the policy opens, or nothing."""

import hashlib
from typing import Any

import msgspec
import pytest

from airlock.address_book import ADDRESS_BOOK, ContactField, Destination
from airlock.authorization import Authorization
from airlock.clean import Basis
from airlock.outcome import Reason
from airlock.policy import DestinationRule, HashedRequires, Identity, Policy
from airlock.tokens import ClickId, ClickIdKind, refer_to_authorization
from sanitizer.clicks import Click
from sanitizer.identities import Contact, OnFile, Told, find_means, identify
from tests.sanitizer.visits import AUTHORIZATION, DAY, IDS, NOW

EMAIL, PHONE = ContactField.EMAIL, ContactField.PHONE
USER = {"email": " Robin@Mail.example ", "phone": "(415) 555-0132"}
CLICKS = {ClickIdKind(kind): Click(ClickId(f"{kind}:{click_id}"), NOW - DAY) for kind, click_id in IDS.items()}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def on_file(**changes: Any) -> OnFile:
    terms = Authorization(
        recipients=(Destination.META,),
        information=(EMAIL, PHONE),
        purposes=("ad_measurement",),
        signed_at=NOW - DAY,
        expires_at=NOW + DAY,
    )
    return OnFile(refer_to_authorization(AUTHORIZATION), msgspec.structs.replace(terms, **changes))


def tell(
    policy: Policy,
    to: Destination = Destination.META,
    user: dict[str, Any] | None = None,
    clicks: Any = None,
    file: OnFile | None = None,
    **rule: Any,
) -> Told | Reason:
    changed: DestinationRule = msgspec.structs.replace(policy.rules[to], **rule)
    return identify(find_means(to, changed), clicks or {}, Contact(USER if user is None else user, "US"), file, NOW)


def test_without_an_identity_a_network_that_needs_one_gets_nothing(policy: Policy) -> None:
    assert tell(policy, identity=Identity.NONE, clicks=CLICKS, file=on_file()) is Reason.NO_IDENTITY


def test_a_network_is_given_its_own_click_id_and_no_other(policy: Policy) -> None:
    """Google never learns Facebook's click id, nor Facebook Google's."""
    for to in (Destination.META, Destination.GOOGLE, Destination.TIKTOK, Destination.LINKEDIN):
        told = tell(policy, to, user={}, clicks=CLICKS, identity=Identity.CLICK_ID)
        assert isinstance(told, Told)
        assert told.click is not None
        assert told.click.id.kind in ADDRESS_BOOK[to].click_ids
        assert (told.digests, told.basis, told.authorization) == (None, Basis.CONSENT, None)
        foreign = {kind: click for kind, click in CLICKS.items() if kind not in ADDRESS_BOOK[to].click_ids}
        assert tell(policy, to, user={}, clicks=foreign, identity=Identity.CLICK_ID) is Reason.NO_IDENTITY


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("wbraid", "gbraid", "gclid"), "gclid"),
        (("wbraid", "gbraid"), "gbraid"),
        (("wbraid",), "wbraid"),
    ],
)
def test_google_is_told_exactly_one_click_id(given: tuple[str, ...], told: str, policy: Policy) -> None:
    clicks = {ClickIdKind(kind): Click(ClickId(f"{kind}:{'x' * 20}"), NOW) for kind in given}
    result = tell(policy, Destination.GOOGLE, clicks=clicks)
    assert isinstance(result, Told)
    assert result.click is not None
    assert result.click.id.kind == told


def test_digests_are_told_under_an_authorization_that_covers_them(policy: Policy) -> None:
    told = tell(policy, file=on_file(), clicks=CLICKS)
    assert isinstance(told, Told)
    assert told.digests is not None
    assert told.digests.email == sha256("robin@mail.example")
    assert told.digests.phone == sha256("14155550132")
    assert (told.basis, told.authorization) == (Basis.AUTHORIZATION, refer_to_authorization(AUTHORIZATION))
    assert told.click == CLICKS[ClickIdKind.FBCLID]


@pytest.mark.parametrize(
    "changes",
    [
        {"recipients": (Destination.TIKTOK,)},
        {"recipients": ()},
        {"information": (ContactField.ZIP,)},
        {"information": ()},
        {"purposes": ("treatment",)},
        {"purposes": ()},
        {"signed_at": NOW + 1},
        {"expires_at": NOW},
        {"revoked_at": NOW},
        {"revoked_at": NOW + DAY},
        {"revoked_at": 0},
    ],
)
def test_an_authorization_that_does_not_cover_it_counts_as_none(changes: dict[str, Any], policy: Policy) -> None:
    """For another network, another field, another purpose, before its day, after it, or revoked."""
    assert tell(policy, file=on_file(**changes)) is Reason.NO_AUTHORIZATION
    told = tell(policy, file=on_file(**changes), clicks=CLICKS)
    assert told == Told(click=CLICKS[ClickIdKind.FBCLID], basis=Basis.CONSENT)


def test_an_authorization_opens_the_fields_that_it_names_and_no_more(policy: Policy) -> None:
    told = tell(policy, file=on_file(information=(PHONE, ContactField.ZIP)), user=USER | {"zip": "94110"})
    assert isinstance(told, Told)
    assert told.digests is not None
    assert told.digests.email is None
    assert told.digests.zip is None
    assert told.digests.phone == sha256("14155550132")


@pytest.mark.parametrize(("at", "covered"), [(NOW - 1, False), (NOW, True), (NOW + DAY - 1, True), (NOW + DAY, False)])
def test_an_authorization_holds_from_its_first_to_before_its_last_moment(at: int, covered: bool) -> None:  # noqa: FBT001 - a case
    terms = on_file(signed_at=NOW, expires_at=NOW + DAY).terms
    assert terms.covers(Destination.META, at) == (frozenset({EMAIL, PHONE}) if covered else frozenset())


def test_consent_is_enough_only_where_the_policy_says_so(policy: Policy) -> None:
    told = tell(policy, hashed_requires=HashedRequires.CONSENT)
    assert isinstance(told, Told)
    assert told.digests is not None
    assert (told.basis, told.authorization) == (Basis.CONSENT, None)
    assert tell(policy, hashed_requires=HashedRequires.AUTHORIZATION) is Reason.NO_AUTHORIZATION


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        ({}, Reason.NO_IDENTITY),
        ({"email": None}, Reason.NO_IDENTITY),
        ({"email": ""}, Reason.NO_IDENTITY),
        ({"email": "not an address"}, Reason.NO_IDENTITY),
        ({"email": 1}, Reason.NO_IDENTITY),
        ({"email": ["robin@mail.example"]}, Reason.NO_IDENTITY),
        ({"email": sha256("robin@mail.example")}, Reason.NO_IDENTITY),
        ({"phone": "000"}, Reason.NO_IDENTITY),
        ({"first_name": "Robin", "zip": "94110"}, Reason.NO_IDENTITY),
        ({"email": "robin@mail.example"}, Reason.NO_AUTHORIZATION),
        ({"email": "bad", "phone": "4155550132"}, Reason.NO_AUTHORIZATION),
    ],
)
def test_no_authorization_is_said_only_where_nothing_else_was_missing(
    user: dict[str, Any], reason: Reason, policy: Policy
) -> None:
    assert tell(policy, user=user) is reason


def test_an_authorization_is_missed_too_where_a_click_id_is_there_and_not_enough(policy: Policy) -> None:
    """A network that wants a postcode beside its click id: with an authorization on file it would have both."""
    rule = msgspec.structs.replace(policy.rules[Destination.META], identifiers=(ContactField.ZIP,))
    means = find_means(Destination.META, rule)
    address = msgspec.structs.replace(means.address, needs_one_of=frozenset({ContactField.ZIP}))
    means = msgspec.structs.replace(means, address=address, by_click_alone=False)

    def told(user: dict[str, str], file: OnFile | None = None) -> Told | Reason:
        return identify(means, CLICKS, Contact(user, "US"), file, NOW)

    assert told({"zip": "94110"}) is Reason.NO_AUTHORIZATION
    assert isinstance(told({"zip": "94110"}, on_file(information=(ContactField.ZIP,))), Told)
    assert told({"email": "robin@mail.example"}) is Reason.NO_IDENTITY


def test_a_click_id_policy_never_speaks_of_authorizations(policy: Policy) -> None:
    assert tell(policy, Destination.TIKTOK) is Reason.NO_IDENTITY
    assert tell(policy, Destination.TIKTOK, file=on_file(recipients=tuple(Destination))) is Reason.NO_IDENTITY


@pytest.mark.parametrize("requires", HashedRequires)
def test_a_click_id_policy_opens_no_digests_whatever_else_it_says(requires: HashedRequires, policy: Policy) -> None:
    """Identifiers that stand in the rule, consent that would be enough, an authorization on file: all of no effect."""
    file = on_file(recipients=tuple(Destination))
    rule: dict[str, Any] = {
        "identity": Identity.CLICK_ID,
        "identifiers": tuple(ContactField),
        "hashed_requires": requires,
    }
    told = tell(policy, Destination.TIKTOK, clicks=CLICKS, file=file, **rule)
    assert told == Told(click=CLICKS[ClickIdKind.TTCLID], basis=Basis.CONSENT)
    assert tell(policy, Destination.TIKTOK, file=file, **rule) is Reason.NO_IDENTITY
    assert tell(policy, Destination.TIKTOK, **rule) is Reason.NO_IDENTITY


def test_only_fields_that_the_policy_and_the_network_both_take_are_hashed(policy: Policy) -> None:
    """A policy that names more than the network takes opens nothing by it."""
    told = tell(
        policy,
        Destination.LINKEDIN,
        user=USER | {"first_name": "Robin", "date_of_birth": "1980-05-21"},
        identifiers=tuple(ContactField),
        hashed_requires=HashedRequires.CONSENT,
    )
    assert isinstance(told, Told)
    assert told.digests is not None
    assert msgspec.to_builtins(told.digests, enc_hook=str) == {"email": sha256("robin@mail.example")}


def test_ga4_needs_nobody_and_is_told_of_nobody(policy_text: str) -> None:
    from tests.sanitizer.visits import change_policy  # noqa: PLC0415 - for this one

    policy = change_policy(policy_text, ("enabled = false", "enabled = true"))
    for identity in Identity:
        assert tell(policy, Destination.GA4, clicks=CLICKS, file=on_file(), identity=identity) == Told()


def test_what_was_no_good_is_counted_by_its_fields_name() -> None:
    contact = Contact(
        {"email": "bad", "phone": 1, "zip": "94110", "city": None, "Email": "x", "ssn": "078-05-1120"}, "US"
    )
    contact.hash(ADDRESS_BOOK[Destination.META], (EMAIL, PHONE))
    assert contact.dropped == ("user.email", "user.phone", "user.unknown", "user.unknown")


def test_every_field_of_the_contract_is_hashed_where_it_is_asked_for() -> None:
    name = {"first_name": "Robin", "last_name": "Sample", "date_of_birth": "1980-05-21", "external_id": "x7"}
    place = {"city": "Reno", "state": "NV", "zip": "89501", "country": "US"}
    contact = Contact(USER | name | place, "US")
    assert set(contact.hash(ADDRESS_BOOK[Destination.META], tuple(ContactField))) == set(ContactField)
    assert contact.dropped == ()


def test_a_field_that_is_not_given_does_not_hide_the_next() -> None:
    contact = Contact({"phone": "4155550132"}, "US")
    assert set(contact.hash(ADDRESS_BOOK[Destination.META], (EMAIL, PHONE))) == {PHONE}


def test_contact_data_shows_nothing_of_itself(policy: Policy) -> None:
    contact = Contact({"email": "canary@mail.example"}, "US")
    told = tell(policy, file=on_file())
    assert f"{contact} {contact!r}" == "<Contact> <Contact>"
    assert f"{told} {told!r}" == "<Told> <Told>"
    assert sha256("robin@mail.example") not in f"{told} {told!r}"


@pytest.mark.parametrize(
    ("to", "kind", "click_id"),
    [
        (Destination.PINTEREST, ClickIdKind.EPIK, "dj0yJnU9Kx9Qz4Wv7Lr2"),
        (Destination.SNAPCHAT, ClickIdKind.SCCID, "7f3e2b1a-9c8d-4e5f-a6b7-0c1d2e3f4a5b"),
    ],
)
def test_where_a_click_id_alone_is_not_enough_it_is_not_told(
    to: Destination, kind: ClickIdKind, click_id: str, policy: Policy
) -> None:
    """Pinterest and Snapchat want a digest beside it; without one they learn of no click either."""
    click = Click(ClickId(f"{kind}:{click_id}"), NOW)
    rule = msgspec.structs.replace(
        policy.rules[Destination.META], hashed_requires=HashedRequires.CONSENT, identifiers=tuple(ContactField)
    )

    def told(user: dict[str, Any], **changes: Any) -> Told | Reason:
        changed = msgspec.structs.replace(rule, **changes)
        return identify(find_means(to, changed), {kind: click}, Contact(user, "US"), None, NOW)

    for user in ({}, {"external_id": "x7"}, {"email": "bad"}, {"city": "Reno"}):
        assert told(user) is Reason.NO_IDENTITY
    assert told(USER, identity=Identity.CLICK_ID) is Reason.NO_IDENTITY
    both = told({"email": "robin@mail.example"})
    assert isinstance(both, Told)
    assert both.click == click
    assert both.digests is not None
    assert both.digests.email == sha256("robin@mail.example")
