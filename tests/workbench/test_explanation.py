"""A policy explains itself: what each network is told, and by how many bits at most a visit can change it."""

import itertools
import re

import msgspec
import pytest

from airlock.address_book import Destination
from airlock.policy import Policy, Stage
from airlock.tokens import CLICK_GRAMMARS, ClickIdKind
from tests.forwarder.desk import build_policy
from workbench.explanation import count_bits, count_texts, explain

ID = "event id, random and derived one way"
CLICK = "click id, the network's own"
# By hand: log2 of the choices, up to the next tenth. Each may be missing where the request may be without it.
FIVE_AMOUNTS = 2.4  # four bands or none: 2.322
WEEK, QUARTER = 9.4, 13.1  # 7 and 90 days of 96 quarter hours each, and two: 674 is 9.397, 8642 is 13.077
DIGEST = 256.1  # 256 bits or none
HEX_32 = 142.8  # 32 digits of 22 signs each, 0-9 a-f A-F: 32 * 4.4595 = 142.702
LEAD = {
    Destination.META: {
        "event": 1.6,  # 3: 1.585
        "time": 12.6,  # 62 days: 5954 is 12.540
        "source": 2,
        "worth": FIVE_AMOUNTS,
        "page label": 2,  # three labels or none
        CLICK: 3000.1,  # 10 to 500 of 64 signs: 500 * 6, and 64/63 for the shorter ones
        "click time": 13.1,  # 90 days and the quarter hour itself: 8641
        "hashed email": DIGEST,
        "hashed phone": DIGEST,
        ID: 128,
    },
    # Three kinds of 20 to 200 of 64 signs: 200 * 6 + 1.585 + 0.023.
    Destination.GOOGLE: {"event": 1.6, "time": QUARTER, "source": 2, "worth": FIVE_AMOUNTS, CLICK: 1201.7, ID: 128},
    # 3 days: 290 is 8.180. Its client id is 16 of the event id's 32 digits.
    Destination.GA4: {"event": 1, "time": 8.2, "worth": FIVE_AMOUNTS, "client id, random and derived one way": 64},
    # 10 to 512 of 65 signs: 512 * 6.02237 + 0.022 = 3083.475. By phone and in person are one source of three.
    Destination.TIKTOK: {"event": 1, "time": WEEK, "source": 1.6, "worth": FIVE_AMOUNTS, CLICK: 3083.5, ID: 128},
    Destination.LINKEDIN: {
        "event": 0, "time": QUARTER, "worth": FIVE_AMOUNTS, CLICK: HEX_32, "hashed email": DIGEST, ID: 128,
    },
    Destination.MICROSOFT: {"event": 0, "time": WEEK, "worth": FIVE_AMOUNTS, CLICK: HEX_32, ID: 128},
    Destination.REDDIT: {"event": 0, "time": WEEK, "source": 1.6, "worth": FIVE_AMOUNTS, CLICK: 600.1, ID: 128},
    Destination.PINTEREST: {
        "event": 0, "time": WEEK, "source": 1, "worth": FIVE_AMOUNTS, CLICK: 1200.1, "hashed email": DIGEST, ID: 128,
    },
    Destination.SNAPCHAT: {
        "event": 0, "time": WEEK, "source": 1, "worth": FIVE_AMOUNTS, CLICK: HEX_32,
        "hashed email": DIGEST, "hashed phone": DIGEST, ID: 128,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def all_nine(policy_text: str) -> Policy:
    return build_policy(policy_text)


def say(policy: Policy, network: str, event: str = "lead") -> str:
    """What is said of one event at one network, on one line."""
    own = explain(policy).partition(f"\n{network} (account ")[2].partition("\n\n")[0]
    found = re.search(rf"- {event}: (.*?)(?= - |$)", " ".join(own.split()))
    assert found is not None
    return found[1]


def test_the_explanation_says_what_each_network_is_told(policy: Policy) -> None:
    said = " ".join(explain(policy).split())
    for sentence in (
        "Meta (account 123456789012345, no BAA)",
        "lead: is told “Lead”, the quarter hour it happened in",
        "a worth of 0, 250, 500 or 1000 USD",
        "the fixed worth of 150 USD",
        "only under a HIPAA authorization on file that names it",
        "with the visitor's consent, by the clinic's own decision recorded in this policy",
        "Nothing is taken from /portal/** and /patient/**.",
        "Switched off, told nothing: Google Analytics 4.",
        "told to nobody: page_view",
    ):
        assert sentence in said
    assert max(map(len, explain(policy).splitlines())) <= 100


@pytest.mark.parametrize(
    ("network", "how"),
    [
        ("Meta", "(on the website, in the CRM, by phone or in person)"),
        ("Google Ads", "(on the website, in the CRM, by phone or in person)"),
        ("TikTok", "(on the website, in the CRM or by phone/in person)"),
        ("Reddit", "(on the website, in the CRM/by phone or in person)"),
        ("Pinterest", "(on the website or in the CRM/by phone/in person)"),
        ("Snapchat", "(on the website or in the CRM/by phone/in person)"),
        ("Google Analytics 4", None),
        ("LinkedIn", None),
        ("Microsoft Advertising", None),
    ],
)
def test_how_it_happened_is_said_where_the_network_is_told(all_nine: Policy, network: str, how: str | None) -> None:
    """As finely as its own request tells it, and not at all where the request is the same."""
    said = say(all_nine, network)
    assert ("how it happened" in said) is (how is not None)
    assert how is None or f"how it happened {how}" in said


def test_ga4_is_told_a_client_id_and_no_event_id(all_nine: Policy) -> None:
    derived = "a client id derived from the one-way event id that is made for this network alone, new for each event"
    assert derived in say(all_nine, "Google Analytics 4")
    assert derived not in say(all_nine, "Meta")
    assert "a one-way event id made for this network alone" in say(all_nine, "Meta")


def test_a_test_event_is_called_one_where_it_goes_out_as_one(all_nine: Policy) -> None:
    """Meta, TikTok and Reddit need a code for it, LinkedIn, Microsoft and GA4 have no test mode."""
    coded = [
        msgspec.structs.replace(rule, test_code="TEST123") if rule.destination is Destination.META else rule
        for rule in all_nine.destinations
    ]
    staged = msgspec.structs.replace(all_nine, stage=Stage.TEST, destinations=tuple(coded))
    words = 'that it is a test event, by `stage = "test"`'
    told = [name for name in ("Meta", "Google Ads", "TikTok", "LinkedIn", "Snapchat") if words in say(staged, name)]
    assert told == ["Meta", "Google Ads", "Snapchat"]
    assert "test event" not in explain(all_nine)
    assert "test event" not in say(msgspec.structs.replace(all_nine, stage=Stage.TEST), "Meta")


def test_the_account_that_signs_in_is_said_where_it_is_sent(policy_text: str, policy: Policy) -> None:
    of_agency = build_policy(
        policy_text, ('account = "1234567890"', 'account = "1234567890"\nlogin_account = "9876543210"')
    )
    assert "the account 9876543210, which signs in for it" in say(of_agency, "Google Ads")
    assert "signs in for it" not in explain(policy)


@pytest.mark.parametrize("destination", LEAD)
def test_the_bits_are_counted_from_the_policy_and_never_below_the_truth(
    all_nine: Policy, destination: Destination
) -> None:
    """A wider policy lets a visit change more of a request, and the number says so."""
    event = all_nine.events_by_name["lead"]
    assert dict(count_bits(all_nine, destination, all_nine.rules[destination], event)) == LEAD[destination]


def test_the_sum_is_printed_with_its_parts(all_nine: Policy) -> None:
    said = say(all_nine, "Google Analytics 4")
    assert said.endswith(
        "A visit can change it by 75.6 bits at most: event 1, time 8.2, worth 2.4, client id, random and derived one "
        "way 64."
    )


@pytest.mark.parametrize("grammar", ["[ab]{1,3}", "a[b-d_]{2}", "[01]{2}(?:-[01]{1,2}){2}", "[a.-]", "[ab]{0,2}"])
def test_a_grammars_texts_are_as_many_as_a_search_finds(grammar: str) -> None:
    signs, longest = ("01-", 8) if "(?:" in grammar else ("abcd._-", 3)
    texts = ("".join(text) for length in range(longest + 1) for text in itertools.product(signs, repeat=length))
    assert count_texts(grammar) == sum(re.fullmatch(grammar, text) is not None for text in texts)


def test_every_click_ids_grammar_can_be_counted() -> None:
    assert {kind: count_texts(grammar) for kind, grammar in CLICK_GRAMMARS.items()}.keys() == set(ClickIdKind)
    assert (
        count_texts(CLICK_GRAMMARS[ClickIdKind.LI_FAT_ID])
        == count_texts(CLICK_GRAMMARS[ClickIdKind.MSCLKID])
        == (22**32)
    )
    with pytest.raises(ValueError, match="character 3"):
        count_texts("ab_*")
