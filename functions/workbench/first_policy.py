"""The answers to a handful of questions in, the TOML of a clinic's first policy out: little leaves, and it says why."""

import datetime
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from msgspec import Struct

from airlock.address_book import ADDRESS_BOOK, Destination

# What each network calls somebody who asks for an appointment; Google and LinkedIn have a number of the account's own.
LEADS: Mapping[Destination, str] = MappingProxyType(
    {
        Destination.META: "Lead",
        Destination.GA4: "generate_lead",
        Destination.TIKTOK: "SubmitForm",
        Destination.MICROSOFT: "lead",
        Destination.REDDIT: "LEAD",
        Destination.PINTEREST: "lead",
        Destination.SNAPCHAT: "SIGN_UP",
    }
)
REVIEWED_FOR = datetime.timedelta(days=365)


class Network(Struct, frozen=True):
    """One network that is told: its account, and what it calls a lead."""

    destination: Destination
    account: str
    lead: str


class Answers(Struct, frozen=True):
    """What a first policy is made of."""

    name: str
    sites: tuple[str, ...]
    collect_host: str
    state: str
    private: tuple[str, ...]
    networks: tuple[Network, ...]
    reviewed_by: str


def write_policy(answers: Answers, today: datetime.date) -> str:
    """The page, as a privacy officer reads it."""
    return "\n".join(
        [
            f"# The policy of {_comment(answers.name)}. It opens what may leave; all else stays inside.",
            "# `uv run airlock check --policy FILE` says in plain English what follows from it.",
            "",
            "[clinic]",
            f"name = {_text(answers.name)}",
            f"sites = {_texts(answers.sites)} # origins whose pages may post",
            f"collect_host = {_text(answers.collect_host)} # the first-party name of the airlock",
            f"public_url = {_text(answers.sites[0] + '/')} # the only URL an ad network is ever told",
            'country = "US" # for phone numbers written without a country code',
            'currency = "USD"',
            *([f"state = {_text(answers.state)} # for the networks' limited-data-use flags"] if answers.state else []),
            "",
            "[consent]",
            'required = ["marketing"] # each must be exactly true',
            "max_age_days = 180 # after that the visitor is asked again, and until then nothing leaves",
            "",
            '# --- Pages. The first match wins; a page that matches none is treated as surface = "health". ---',
            *(line for match in answers.private for line in _write_private(match)),
            "",
            "# --- Events. What is not listed here is refused. ---",
            "",
            "[[event]]",
            'name = "lead"',
            'aliases = ["Lead", "generate_lead", "SubmitForm"] # what today\'s tags call it; no alias ever leaves',
            'why = "count consultation requests per campaign"',
            f"reviewed_by = {_text(answers.reviewed_by)}",
            f"reviewed_on = {today}",
            f"expires = {today + REVIEWED_FOR} # the last good day; then it is refused until it is reviewed again",
            f"to = {_texts(network.destination for network in answers.networks)}",
            "",
            "# --- Networks. None of them signs a BAA; each is told only what stands here. ---",
            *(line for network in answers.networks for line in _write_network(network)),
            "",
        ]
    )


def _write_private(match: str) -> list[str]:
    return ["", "[[page]] # nothing is taken here", f"match = {_text(match)}", 'surface = "private"']


def _write_network(network: Network) -> list[str]:
    return [
        "",
        f"[destination.{network.destination}]",
        f"account = {_text(network.account)}",
        f"events = {{ lead = {_text(network.lead)} }}",
        *_write_identity(network.destination),
        f"secret = {_text(f'airlock/{network.destination}')} # its name in Secrets Manager, never the token",
    ]


def _write_identity(destination: Destination) -> list[str]:
    """As little as the network can work with."""
    address = ADDRESS_BOOK[destination]
    if address.needs_one_of:
        return [
            'identity = "hashed" # a click id alone is not enough for it ...',
            f"identifiers = {_texts(sorted(address.needs_one_of)[:1])}",
            'hashed_requires = "authorization" # ... and digests need a HIPAA authorization on file',
        ]
    if not address.needs_identity:
        return ['identity = "none"']
    return ['identity = "click_id" # the network gets its own click id back, which names the ad; no contact data']


def _comment(text: str) -> str:
    return " ".join(text.split())


def _text(text: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's."""
    return json.dumps(str(text), ensure_ascii=False)


def _texts(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"
