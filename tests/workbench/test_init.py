"""`airlock init` writes a first policy that `airlock check` accepts, by flags or by asking, and overwrites none."""

import argparse
import datetime
import json
from pathlib import Path

import pytest

from airlock.address_book import ADDRESS_BOOK, Destination
from airlock.policy import Identity, Surface
from airlock.policy_document import compile_policy
from workbench.command import main
from workbench.complaint import Complaint
from workbench.first_policy import LEADS
from workbench.init import describe, write

TODAY = datetime.date(2026, 11, 24)
ACCOUNTS = {
    Destination.META: "123456789012345",
    Destination.GOOGLE: "1234567890",
    Destination.GA4: "G-EXAMPLE01",
    Destination.TIKTOK: "CABCDEFGHIJKLMNOPQRS",
    Destination.LINKEDIN: "510012345",
    Destination.MICROSOFT: "1234567",
    Destination.REDDIT: "t2_example",
    Destination.PINTEREST: "549755885175",
    Destination.SNAPCHAT: "00000000-0000-4000-8000-000000000001",
}
FLAGS = ["--name", "Glow Medspa", "--site", "https://www.glow-medspa.example", "--reviewed-by", "privacy officer"]


def flag(destination: Destination) -> str:
    lead = "" if destination in LEADS else ":987654321"
    return f"--network={destination}={ACCOUNTS[destination]}{lead}"


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    describe(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize("destination", list(Destination))
def test_a_first_policy_for_any_one_network_passes_the_check(
    destination: Destination, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "clinic.toml"
    assert main(["init", str(file), *FLAGS, flag(destination)]) == 0
    assert main(["check", "--policy", str(file)]) == 0
    said = capsys.readouterr()
    assert "0 problems, 0 warnings" in said.out
    assert said.err == ""


def test_a_first_policy_for_all_networks_lets_out_no_more_than_each_needs(tmp_path: Path) -> None:
    file = tmp_path / "clinic.toml"
    assert write(parse(str(file), *FLAGS, "--state", "ca", *map(flag, Destination)), TODAY, None) == 0
    policy = compile_policy(file.read_text(encoding="utf-8"))
    assert set(policy.rules) == set(Destination)
    for destination, rule in policy.rules.items():
        address = ADDRESS_BOOK[destination]
        hashed = rule.identity is Identity.HASHED
        assert hashed == bool(address.needs_one_of)
        assert rule.hashed_requires == "authorization"
        assert len(rule.identifiers) == int(hashed)
        assert rule.secret == f"airlock/{destination}"
    assert policy.collect_host == "collect.glow-medspa.example"
    assert policy.public_url == "https://www.glow-medspa.example/"
    assert policy.state == "CA"
    assert [(page.match, page.surface) for page in policy.pages] == [
        ("/portal/**", Surface.PRIVATE),
        ("/patient/**", Surface.PRIVATE),
    ]
    assert [event.reviewed_on for event in policy.events] == ["2026-11-24"]


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "clinic.toml"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(Complaint, match="is not overwritten"):
        write(parse(str(file), *FLAGS, flag(Destination.META)), TODAY, None)
    assert file.read_text(encoding="utf-8") == "mine"


def test_without_a_terminal_the_missing_flags_are_named(tmp_path: Path) -> None:
    with pytest.raises(Complaint, match="give --site, --network, --reviewed-by") as refused:
        write(parse(str(tmp_path / "p.toml"), "--name", "Glow"), TODAY, None)
    assert refused.value.code == 2
    assert list(tmp_path.iterdir()) == []


def test_what_no_flag_says_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "clinic.toml"
    answers = {
        "The clinic's name": ["", "Glow Medspa"],
        "Its site's origins": ["https://www.glow-medspa.example/ https://book.glow-medspa.example"],
        "The airlock's host name": ["events.glow-medspa.example"],
        "US state": [""],
        "meta:": [ACCOUNTS[Destination.META]],
        "google: the": [ACCOUNTS[Destination.GOOGLE]],
        "google: a conversion": ["987654321"],
        "Who reviews": ["Dr. Ana Example"],
    }
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return next((given.pop(0) for start, given in answers.items() if question.startswith(start)), "")

    assert write(parse(str(file)), TODAY, ask) == 0
    policy = compile_policy(file.read_text(encoding="utf-8"))
    assert policy.sites == ("https://www.glow-medspa.example", "https://book.glow-medspa.example")
    assert policy.collect_host == "events.glow-medspa.example"
    assert set(policy.rules) == {Destination.META, Destination.GOOGLE}
    assert policy.events[0].reviewed_by == "Dr. Ana Example"
    assert asked.count("The clinic's name") == 2
    assert len(asked) <= 16


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("--network=meta=not-digits", "a dataset .pixel. id"),
        ("--network=meta=123456789012345:Botox", "about health"),
        ("--site=http://plain.example", "an https origin"),
        ("--state=California", "two letters"),
    ],
)
def test_answers_that_make_no_policy_are_told_by_rule_and_nothing_is_written(
    word: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "clinic.toml"
    words = [str(file), *FLAGS, word] + ([] if "network" in word else [flag(Destination.META)])
    assert main(["init", *words]) == 1
    assert says.replace(".", "") in capsys.readouterr().err.replace("(", "").replace(")", "")
    assert not file.exists()


@pytest.mark.parametrize("word", ["meta", "meta=", "nobody=1", "google=1234567890", "linkedin=5"])
def test_a_network_needs_its_account_and_where_it_has_no_word_of_its_own_the_accounts_number(
    word: str, tmp_path: Path
) -> None:
    with pytest.raises(Complaint) as refused:
        write(parse(str(tmp_path / "p.toml"), *FLAGS, f"--network={word}"), TODAY, None)
    assert refused.value.code == 2


def test_a_name_with_quotes_and_lines_stays_a_text(tmp_path: Path) -> None:
    file = tmp_path / "clinic.toml"
    words = ["--name", 'Glow "Skin"\\', *FLAGS[2:], flag(Destination.META)]
    assert write(parse(str(file), *words), TODAY, None) == 0
    assert compile_policy(file.read_text(encoding="utf-8")).name == 'Glow "Skin"\\'
    with pytest.raises(Complaint, match="no policy that can be used"):
        write(
            parse(str(tmp_path / "q.toml"), "--name", 'x"\n[script]', *FLAGS[2:], flag(Destination.META)), TODAY, None
        )


def test_a_program_reads_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "clinic.toml"
    assert main(["init", str(file), *FLAGS, flag(Destination.META), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["secrets"] == {"meta": "airlock/meta"}
    assert told["policy"] == compile_policy(file.read_text(encoding="utf-8")).digest
