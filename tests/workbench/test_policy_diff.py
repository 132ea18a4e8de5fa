"""`airlock policy diff`: what a change would let out is said before it is merged, and fails unless somebody answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from airlock.address_book import ADDRESS_BOOK, ContactField, Destination
from airlock.policy_document import compile_policy
from airlock.tokens import ClickId
from workbench import corpus

OWN = Path(__file__).parents[2] / "functions" / "clinic.toml"


@pytest.fixture
def diff(command: Any, tmp_path: Path, policy_text: str) -> Any:
    """The difference that replacing one text of the policy by another makes."""

    def run(before: str, after: str, *more: str) -> tuple[int, dict[str, Any]]:
        assert before in policy_text
        new = tmp_path / "new.toml"
        if not more or not new.exists():
            new.write_text(policy_text.replace(before, after), encoding="utf-8")
        code, out, err = command("policy", "diff", OWN, new, "--json", *more)
        assert not err
        return code, json.loads(out)

    return run


def test_the_same_policy_changes_nothing(command: Any) -> None:
    code, out, _ = command("policy", "diff", OWN, OWN)
    assert code == 0
    assert "the same" in out


WIDER = {
    "a label is told to another network": (
        'identity = "click_id"\nsecret = "airlock/tiktok"',
        'identity = "click_id"\npage = "label"\nsecret = "airlock/tiktok"',
        "TikTok is told the label",
    ),
    "digests without an authorization": (
        'hashed_requires = "authorization"',
        'hashed_requires = "consent"',
        "Meta is told a SHA-256 of the email by consent alone",
    ),
    "another identifier": (
        'identifiers = ["email", "phone"]',
        'identifiers = ["email", "phone", "zip"]',
        "SHA-256 of the zip",
    ),
    "the portal is opened": (
        'match = "/patient/**"\nsurface = "private"',
        'match = "/patient/**"\nsurface = "health"',
        "",
    ),
    "consent counts for longer": ("max_age_days = 180", "max_age_days = 365", "a consent counts for 365 days, not 180"),
    "a finer band": ("bands = [0, 250, 500, 1000]", "bands = [0, 100, 250, 500, 1000]", "the band from 100 USD"),
    "another network for an event": (
        'to = ["meta", "google", "ga4"]',
        'to = ["meta", "google", "linkedin", "ga4"]',
        None,
    ),
    "a network is switched on": ("enabled = false", "enabled = true", "Google Analytics 4 is told of the event lead"),
    "the review is prolonged": ("expires = 2027-11-02", "expires = 2028-11-02", "lead may be told 366 days longer"),
    "another word": ('lead = "Lead"', 'lead = "Purchase"', "Meta is told the word “Purchase” for lead"),
    "another site": ('"https://book.glow', '"https://shop.glow', "pages of https://shop.glow-medspa.example may post"),
    "another alias": ('aliases = ["PageView"]', 'aliases = ["PageView", "Visit"]', "calls “Visit” counts as page_view"),
}


@pytest.mark.parametrize("name", WIDER)
def test_what_widens_is_said_and_fails(diff: Any, name: str) -> None:
    before, after, sentence = WIDER[name]
    code, found = diff(before, after)
    if sentence is None:  # LinkedIn has no word for `contact`: nothing more would leave
        assert (code, found["widens"], found["shifts"]) == (0, [], [])
        return
    assert code == 1
    assert found["is_wider"]
    assert any(sentence in said for said in found["widens"]) or not sentence


NARROWER = {
    "a network is switched off": ("[destination.tiktok]\n", "[destination.tiktok]\nenabled = false\n"),
    "no click id": ('identity = "click_id"\nsecret = "airlock/tiktok"', 'identity = "none"\nsecret = "airlock/tiktok"'),
    "consent counts for less": ("max_age_days = 180", "max_age_days = 30"),
    "another consent is asked for": ('required = ["marketing"]', 'required = ["marketing", "health"]'),
    "a page becomes private": (
        'match = "/services/**"\nsurface = "health"\nlabel = "/services/general-service"',
        'match = "/services/**"\nsurface = "private"',
    ),
}


@pytest.mark.parametrize("name", NARROWER)
def test_what_narrows_passes_and_is_said(diff: Any, name: str) -> None:
    code, found = diff(*NARROWER[name])
    assert code == 0
    assert found["narrows"] or found["shifts"]
    assert not any(shift["widens"] for shift in found["shifts"])


def test_a_replay_shows_what_no_reading_of_the_rules_does(diff: Any) -> None:
    """Pages match in the order of the file: a portal rule that slips behind a wider one is no private page any more."""
    portal = '[[page]] # the patient portal: nothing is taken\nmatch = "/portal/**"\nsurface = "private"\n'
    code, found = diff(portal, f'[[page]]\nmatch = "/portal/*"\nsurface = "health"\n\n{portal}')
    assert code == 1
    assert found["visits"] > 100
    (shift, *_) = [shift for shift in found["shifts"] if shift["widens"]]
    assert any("/portal/" in example for shift in found["shifts"] for example in shift["examples"])
    assert shift["count"] > 0


def test_who_answers_for_a_widening_is_recorded_and_binds_to_this_change_alone(
    diff: Any, command: Any, tmp_path: Path, policy_text: str
) -> None:
    change = ("max_age_days = 180", "max_age_days = 365")
    assert diff(*change)[0] == 1
    code, found = diff(*change, "--approve", "Dr. Ada Privacy")
    assert (code, found["approved_by"]) == (0, "Dr. Ada Privacy")
    new = tmp_path / "new.toml"
    assert 'by = "Dr. Ada Privacy"' in new.read_text()
    assert compile_policy(new.read_text()).digest == compile_policy(policy_text.replace(*change)).digest
    assert command("policy", "diff", OWN, new)[0] == 0, "the pipeline needs no flag"
    new.write_text(new.read_text().replace("max_age_days = 365", "max_age_days = 366"))
    assert command("policy", "diff", OWN, new)[0] == 1, "another change is another decision"


def test_an_approval_needs_a_name(command: Any, tmp_path: Path, policy_text: str) -> None:
    new = tmp_path / "new.toml"
    new.write_text(policy_text.replace("max_age_days = 180", "max_age_days = 365"))
    for name in (" ", "Ada\tPrivacy", "Ada\u2028Privacy", "A" * 201):  # the policy's reader would refuse them
        assert command("policy", "diff", OWN, new, "--approve", name)[0] == 2
    assert "approval" not in new.read_text()


def test_a_policy_that_cannot_be_used_is_said(command: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[clinic]\n")
    code, _, err = command("policy", "diff", OWN, broken)
    assert code == 1
    assert "cannot be used" in err


def test_the_pipeline_s_step_is_printed(command: Any) -> None:
    code, out, _ = command("policy", "ci")
    assert code == 0
    assert "airlock policy diff" in out


@pytest.mark.parametrize("destination", list(Destination))
def test_the_corpus_holds_whatever_a_network_could_be_told(destination: Destination) -> None:
    """A click id or a contact field that no visit of the corpus has would make a widening look like no change."""
    address = ADDRESS_BOOK[destination]
    own = [kind for kind in address.click_ids if kind in corpus._CLICKS]
    assert bool(own) == bool(address.click_ids), "give the corpus a click id of this network"
    assert all(ClickId(f"{kind}:{corpus._CLICKS[kind]}") for kind in own)
    assert set(address.contact) <= set(map(ContactField, corpus._USER))
