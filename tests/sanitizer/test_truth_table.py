"""Every combination of consent, opt-out, authorization, page, identity and network, against the table of the README."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from airlock.address_book import ADDRESS_BOOK, ContactField, Destination
from airlock.authorization import Authorization, AuthorizationsInMemory
from airlock.clean import CleanEvent
from airlock.outcome import Reason
from airlock.policy import Policy, PolicyError
from airlock.policy_document import compile_policy
from airlock.tokens import refer_to_authorization
from sanitizer.pages import build_finder
from sanitizer.pipeline import Rules, Verdict, Visit, decide
from sanitizer.raw import RawEvent, parse
from tests.sanitizer import truth_table
from tests.sanitizer.truth_table import BOTH, CLICK, DIGESTS, EVENT, IMPOSSIBLE
from tests.sanitizer.visits import DAY, GONE, MINUTE, NOW, SITE, make_visit

PAGES = {"private": "/portal/x", "health": "/services/x", "general": "/contact"}
# Each of the table's words, and the ways in which a visit can come to it.
GPC = {"off": [(False, False)], "on": [(True, False), (False, True), (True, True)]}
CONSENTS: dict[str, list[Any]] = {
    "given": [{"marketing": True, "at": NOW - DAY}],
    "none": [GONE, None, {"marketing": False, "at": NOW}],
    "unreadable": ["granted", {"marketing": "yes", "at": NOW}],
    "undated": [{"marketing": True}, {"marketing": True, "at": NOW + DAY}],
    "old": [{"marketing": True, "at": NOW - 181 * DAY}],
}
IDENTITIES = ("none", "click_id", "hashed, authorization", "hashed, consent")
FULL = Authorization(
    recipients=tuple(Destination),
    information=tuple(ContactField),
    purposes=("ad_measurement",),
    signed_at=NOW - 2 * DAY,
    expires_at=NOW + DAY,
)
AUTHORIZATIONS: dict[str, Authorization | None] = {
    "none": None,
    "valid": FULL,
    "another's": Authorization(
        information=tuple(ContactField), purposes=FULL.purposes, signed_at=1, expires_at=NOW * 2
    ),
    "ended": Authorization(
        recipients=FULL.recipients, information=FULL.information, purposes=FULL.purposes, expires_at=NOW
    ),
    "revoked": Authorization(
        recipients=FULL.recipients,
        information=FULL.information,
        purposes=FULL.purposes,
        signed_at=FULL.signed_at,
        expires_at=FULL.expires_at,
        revoked_at=NOW - DAY,
    ),
}
CLICKS = {
    "fbclid": "IwZXh0bgNhZW0CMTAAc2Rr",
    "gclid": "Cj0KCQiA88X_BRDUARIsACVM",
    "ttclid": "E.C.P.CrwBQ7hXk2vRz9",
    "li_fat_id": "7f3e2b1a-9c8d-4e5f-a6b7-0c1d2e3f4a5b",
    "msclkid": "0f" * 16,
    "rdt_cid": "7Q2mXw9Kd4Rf8Ls1",
    "epik": "dj0yJnU9Q7m2Xw9Kd4Rf8Ls1",
    "ScCid": "7f3e2b1a-9c8d-4e5f-a6b7-0c1d2e3f4a5b",
}
USER = {"email": "robin@mail.example", "phone": "4155550132"}
VISITS: dict[str, dict[str, Any]] = {
    "click id and contact data": {"click": CLICKS, "user": USER},
    "click id": {"click": CLICKS},
    "contact data": {"click": GONE, "user": USER},
    "nothing": {"click": GONE},
}
ACCOUNTS = {
    "meta": "123456789012345",
    "google": "1234567890",
    "ga4": "G-GLOWDEMO01",
    "tiktok": "CABCDEFGHIJKLMNOPQRS",
    "linkedin": "510012345",
    "microsoft": "510012345",
    "reddit": "t2_demo",
    "pinterest": "510012345",
    "snapchat": "7f3e2b1a-9c8d-4e5f-a6b7-0c1d2e3f4a5b",
}
EVENT_WORDS = {"google": "987654321", "linkedin": "104012", "reddit": "LEAD", "snapchat": "SIGN_UP"}


def write_policy(policy_text: str, identity: str, networks: list[Destination]) -> str:
    """The sample policy's clinic, pages and events, with these networks all told in the same mode."""
    mode, _, requires = identity.partition(", ")
    head = policy_text.split("# --- Networks.", maxsplit=1)[0]
    head = head.replace('to = ["meta", "google", "tiktok", "linkedin", "ga4"]', f"to = {json.dumps(networks)}")
    for other in ('to = ["meta", "google", "tiktok"]', 'to = ["meta", "google", "ga4"]'):
        head = head.replace(other, "to = []")
    tables = [head]
    for to in networks:
        fields = [field for field in ("email", "phone") if field in ADDRESS_BOOK[to].contact]
        table = f'[destination.{to}]\naccount = "{ACCOUNTS[to]}"\nidentity = "{mode}"\n'
        table += f'events = {{ lead = "{EVENT_WORDS.get(to, "Lead")}" }}\n'
        if mode == "hashed":
            table += f'identifiers = {json.dumps(fields or ["email"])}\nhashed_requires = "{requires}"\n'
        tables.append(table)
    return "\n".join(tables)


@pytest.fixture(scope="module")
def policies(policy_text: str) -> dict[str, Policy]:
    """One policy for each mode, with every network that may have it."""
    made = {}
    for identity in IDENTITIES:
        networks = [to for to in Destination if not (identity.startswith("hashed") and not ADDRESS_BOOK[to].contact)]
        made[identity] = compile_policy(write_policy(policy_text, identity, networks))
    return made


def cases() -> Iterator[tuple[str, ...]]:
    yield from product(PAGES, GPC, CONSENTS, IDENTITIES, AUTHORIZATIONS, VISITS)


def look(
    policy: Policy, page: str, gpc: tuple[bool, bool], consent: Any, terms: Authorization | None, visit: str
) -> Verdict:
    body = make_visit(
        url=SITE + PAGES[page],
        at=NOW - MINUTE,
        gpc=gpc[0],
        consent=consent,
        authorization="auth_Q7m2Xw9Kd4Rf8Ls1",
        **VISITS[visit],
    )
    raw = parse(json.dumps(body).encode())
    assert isinstance(raw, RawEvent)
    file = AuthorizationsInMemory()
    if terms is not None:
        file.keep(refer_to_authorization("auth_Q7m2Xw9Kd4Rf8Ls1"), terms)
    rules = Rules(policy, frozenset(policy.sites), build_finder(policy), file)
    return decide(raw, Visit(gpc=gpc[1], cookie="", received_at=NOW), rules)


def word(result: CleanEvent | Reason) -> str:
    """A decision in the table's words."""
    if isinstance(result, Reason):
        return f"`{result}`"
    told = (result.click is not None, result.digests is not None)
    return {(False, False): EVENT, (True, False): CLICK, (False, True): DIGESTS, (True, True): BOTH}[told]


def test_every_combination_falls_under_exactly_one_row_and_every_row_is_needed() -> None:
    used: Counter[truth_table.Row] = Counter()
    for case in cases():
        rows = truth_table.find(*case)
        assert len(rows) == 1, case
        used[rows[0]] += 1
    assert set(used) == set(truth_table.TABLE)


def test_every_combination_is_decided_as_the_table_says(policies: dict[str, Policy]) -> None:
    """2,400 combinations, each in every way in which a visit can come to it, for up to nine networks."""
    tried = 0
    for page, gpc, consent, identity, authorization, visit in cases():
        (row,) = truth_table.find(page, gpc, consent, identity, authorization, visit)
        for signal, given in product(GPC[gpc], CONSENTS[consent]):
            verdict = look(policies[identity], page, signal, given, AUTHORIZATIONS[authorization], visit)
            if verdict.refused is not None:
                expected = {truth_table.cell_of(row, to) for to in Destination}
                assert (expected, verdict.decisions) == ({f"`{verdict.refused}`"}, ())
                tried += 1
                continue
            for decision in verdict.decisions:
                told = truth_table.cell_of(row, decision.destination)
                assert word(decision.result) == told, (page, gpc, consent, identity, authorization, visit)
                tried += 1
    assert tried > 20_000


@pytest.mark.parametrize("network", [Destination.GOOGLE, Destination.GA4])
@pytest.mark.parametrize("identity", ["hashed, authorization", "hashed, consent"])
def test_where_the_table_says_that_there_is_no_such_policy_there_is_none(
    network: Destination, identity: str, policy_text: str
) -> None:
    """Google's customer-data policy forbids hashed contact data for health services."""
    rows = [row for row in truth_table.TABLE if row.identity == identity]
    assert {truth_table.cell_of(row, network) for row in rows} == {IMPOSSIBLE}
    with pytest.raises(PolicyError, match="customer-data policy"):
        compile_policy(write_policy(policy_text, identity, [network]))


def test_the_readme_shows_the_table_as_it_is() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert truth_table.render() in readme, "put the output of `python -m tests.sanitizer.truth_table` into the README"
