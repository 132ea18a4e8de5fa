"""A network in, the words that a request to it may be made of out: written by hand, beside no code that renders one.

Whatever else stands in a request has to come from the policy or from the checked message. A destination file that
starts to say something new is stopped by the request guard until the word stands here too, where a reviewer sees it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from airlock.address_book import Destination


class Words(Struct, frozen=True):
    """A network's own words: keys of its JSON, values that are always the same, numbers, and parts of its address."""

    keys: frozenset[str]
    constants: frozenset[str]
    numbers: frozenset[int]
    address: frozenset[str]


def _words(keys: str, constants: str, address: str, numbers: frozenset[int] = frozenset()) -> Words:
    return Words(frozenset(keys.split()), frozenset(constants.split()), numbers, frozenset(address.split()))


_CONTACT = "em ph fn ln ct st zp country db external_id"
_LIMITED = "data_processing_options data_processing_options_country data_processing_options_state"
# Meta's numbers of the states whose law limits the use of data, and 1 for the United States; Snapchat uses the same.
_STATES = frozenset({1, *range(1000, 1015)})

REQUEST_WORDS: Mapping[Destination, Words] = MappingProxyType(
    {
        Destination.META: _words(
            "data event_name event_time event_id action_source event_source_url user_data custom_data value currency"
            f" test_event_code client_user_agent fbc {_CONTACT} {_LIMITED}",
            "website phone_call physical_store system_generated LDU airlock/1",
            "events",
            _STATES,
        ),
        Destination.GOOGLE: _words(
            "destinations operatingAccount loginAccount accountType accountId productDestinationId events "
            "eventTimestamp transactionId eventSource conversionValue currency adIdentifiers gclid gbraid wbraid"
            " consent adUserData adPersonalization validateOnly",
            "GOOGLE_ADS WEB PHONE IN_STORE OTHER CONSENT_GRANTED CONSENT_DENIED",
            "events ingest",
        ),
        Destination.GA4: _words(
            "client_id timestamp_micros consent ad_user_data ad_personalization events name params value currency"
            " engagement_time_msec",
            "DENIED",
            "collect measurement_id api_secret",
            frozenset({1}),
        ),
        Destination.TIKTOK: _words(
            "event_source event_source_id test_event_code data event event_time event_id user email phone first_name"
            " last_name zip_code external_id ttclid page url properties value currency limited_data_use",
            "web crm offline",
            "open_api event track",
        ),
        Destination.LINKEDIN: _words(
            "elements conversion conversionHappenedAt conversionValue currencyCode amount eventId user userIds idType"
            " idValue",
            "SHA256_EMAIL LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID",
            "rest conversionEvents",
        ),
        Destination.MICROSOFT: _words(
            "data eventType eventName eventTime eventId adStorageConsent userData em ph msclkid customData value"
            " currency continueOnValidationError dataProvider",
            "custom G airlock",
            "events",
        ),
        Destination.REDDIT: _words(
            "data test_id events event_at action_source type tracking_type click_id metadata conversion_id value"
            " currency user email phone_number external_id data_processing_options modes country region",
            "WEBSITE OTHER PHYSICAL_STORE LDU US",
            "api pixels conversion_events",
        ),
        Destination.PINTEREST: _words(
            "data event_name action_source event_time event_id event_source_url user_data custom_data value currency"
            f" opt_out_type click_id {_CONTACT}",
            "web offline LDP",
            "ad_accounts events test true",
        ),
        Destination.SNAPCHAT: _words(
            "data event_name event_time action_source event_id event_source_url user_data custom_data value currency"
            f" sc_click_id {_CONTACT} {_LIMITED}",
            "website OFFLINE LDU",
            "events validate",
            _STATES,
        ),
    }
)
