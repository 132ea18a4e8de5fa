"""What the address book says of a network, its destination file and the normalisation rules say too."""

import msgspec
import pytest

from airlock.address_book import ADDRESS_BOOK, Address, ContactField, Destination, OwnSetting
from airlock.normalisation import Normalisation
from airlock.policy import Stage
from forwarder.adapter import Adapter
from forwarder.destinations import DESTINATIONS
from sanitizer.normalisation import normalise
from tests.forwarder.desk import TOKEN, build_policy, make_event

NAMES = {Normalisation.NAME, Normalisation.NAME_UNSPACED, Normalisation.NAME_UNPUNCTUATED}
MADE_FOR = {
    ContactField.EMAIL: {Normalisation.EMAIL, Normalisation.EMAIL_GMAIL, Normalisation.EMAIL_UNDOTTED},
    ContactField.PHONE: {Normalisation.PHONE_DIGITS, Normalisation.PHONE_E164},
    ContactField.FIRST_NAME: NAMES,
    ContactField.LAST_NAME: NAMES,
    ContactField.CITY: {Normalisation.CITY},
    ContactField.STATE: {Normalisation.STATE, Normalisation.STATE_UNSPACED},
    ContactField.ZIP: {Normalisation.ZIP, Normalisation.ZIP_DIGITS},
    ContactField.COUNTRY: {Normalisation.COUNTRY},
    ContactField.DATE_OF_BIRTH: {Normalisation.DATE_OF_BIRTH},
    ContactField.EXTERNAL_ID: {Normalisation.EXTERNAL_ID},
}
GOOD = {
    ContactField.EMAIL: "jane.doe@clinic.example",
    ContactField.PHONE: "(650) 555-1212",
    ContactField.FIRST_NAME: "Jane",
    ContactField.LAST_NAME: "Doe",
    ContactField.CITY: "Menlo Park",
    ContactField.STATE: "California",
    ContactField.ZIP: "94025",
    ContactField.COUNTRY: "US",
    ContactField.DATE_OF_BIRTH: "1985-06-30",
    ContactField.EXTERNAL_ID: "customer-42",
}


@pytest.mark.parametrize("adapter", DESTINATIONS.values(), ids=DESTINATIONS.keys())
def test_a_destination_file_has_a_key_for_exactly_the_fields_of_the_address_book(adapter: Adapter) -> None:
    """What a network may be told is written once on each side of the wire, and both say the same."""
    assert adapter.identifiers.keys() == ADDRESS_BOOK[adapter.destination].contact.keys()
    assert len(set(adapter.identifiers.values())) == len(adapter.identifiers)


@pytest.mark.parametrize("setting", list(OwnSetting))
@pytest.mark.parametrize("adapter", DESTINATIONS.values(), ids=DESTINATIONS.keys())
def test_a_networks_request_holds_exactly_the_settings_that_the_address_book_gives_it(
    adapter: Adapter, setting: OwnSetting, policy_text: str
) -> None:
    """A setting that a policy may have is one that the network is told, and no other is."""
    policy = build_policy(policy_text)
    rule = msgspec.structs.replace(policy.rules[adapter.destination], **{setting: "9876543210"})
    policy = msgspec.structs.replace(policy, stage=Stage.TEST, destinations=(rule,))
    call = adapter.render([make_event(adapter.destination)], policy, TOKEN)
    own = ADDRESS_BOOK[adapter.destination].own_settings
    assert ("9876543210" in f"{call.url} {call.headers} {call.body.decode()}") is (setting in own)


@pytest.mark.parametrize("adapter", DESTINATIONS.values(), ids=DESTINATIONS.keys())
def test_a_network_heeds_the_stage_where_the_book_says_so(adapter: Adapter, policy_text: str) -> None:
    """Elsewhere a policy of the test stage tells real events, and `airlock check` says it."""
    policy = build_policy(policy_text)
    rule = msgspec.structs.replace(policy.rules[adapter.destination], test_code=None)

    def tell(stage: Stage) -> tuple[str, bytes]:
        staged = msgspec.structs.replace(policy, stage=stage, destinations=(rule,))
        call = adapter.render([make_event(adapter.destination)], staged, TOKEN)
        return call.url, call.body

    assert (tell(Stage.TEST) != tell(Stage.LIVE)) is ADDRESS_BOOK[adapter.destination].heeds_stage


@pytest.mark.parametrize("address", ADDRESS_BOOK.values(), ids=ADDRESS_BOOK.keys())
def test_every_field_has_a_rule_that_was_made_for_it_and_that_takes_a_good_value(address: Address) -> None:
    for field, rule in address.contact.items():
        assert rule in MADE_FOR[field]
        assert normalise(rule, GOOD[field], "US"), field


def test_every_rule_is_carried_out_and_refuses_what_is_empty() -> None:
    for rule in Normalisation:
        field = next(field for field, rules in MADE_FOR.items() if rule in rules)
        assert normalise(rule, GOOD[field], "US"), rule
        assert normalise(rule, " ", "US") is None, rule


def test_every_rule_is_some_networks_but_the_one_of_the_network_that_is_told_no_contact_data() -> None:
    used = {rule for address in ADDRESS_BOOK.values() for rule in address.contact.values()}
    assert set(Normalisation) - used == {Normalisation.EMAIL_GMAIL}


@pytest.mark.parametrize("destination", [Destination.GOOGLE, Destination.GA4])
def test_google_is_told_no_contact_data_whatever_a_policy_says(destination: Destination) -> None:
    """Google's customer-data policy forbids it for health services."""
    address = ADDRESS_BOOK[destination]
    assert address.contact_refused
    assert not address.contact
    assert not address.recognised_by
    assert not DESTINATIONS[destination].identifiers


@pytest.mark.parametrize("address", ADDRESS_BOOK.values(), ids=ADDRESS_BOOK.keys())
def test_a_network_recognises_by_what_it_may_be_told(address: Address) -> None:
    told = address.contact.keys()
    assert address.needs_one_of <= told
    assert bool(told) == any(fields <= told for fields in address.recognised_by)


def test_the_book_cannot_be_written_in() -> None:
    with pytest.raises(TypeError):
        ADDRESS_BOOK[Destination.LINKEDIN].contact[ContactField.PHONE] = Normalisation.PHONE_E164  # type: ignore[index]
