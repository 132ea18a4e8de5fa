"""`airlock check` tells a privacy officer what is wrong with a policy, and what follows from one that is right."""

import datetime
import json
from pathlib import Path

import pytest

from airlock.address_book import Destination
from airlock.policy import Policy
from airlock.policy_document import compile_policy, draft_policy
from workbench.command import main
from workbench.explanation import count_bits, explain
from workbench.policy_lint import Finding, lint

TODAY = datetime.date(2026, 11, 24)


def lint_text(text: str, today: datetime.date = TODAY) -> list[Finding]:
    return lint(draft_policy(text), today)


def rules_of(text: str, today: datetime.date = TODAY) -> set[str]:
    return {finding.rule for finding in lint_text(text, today)}


def test_the_sample_policy_has_nothing_to_ask_about(policy_text: str) -> None:
    assert lint_text(policy_text) == []


@pytest.mark.parametrize(
    ("old", "new", "rule", "place"),
    [
        ('why = "count consultation requests per campaign"\n', "", "event-without-review", "event.1"),
        (
            "reviewed_on = 2026-11-02\nexpires = 2027-11-02 #",
            "expires = 2027-11-02 #",
            "event-without-review",
            "event.1",
        ),
        ("expires = 2027-11-02 # the last", "expires = 2026-11-23 # the last", "event-expired", "event.1.expires"),
        (
            "expires = 2027-11-02 # the last",
            "expires = 2026-12-01 # the last",
            "event-about-to-expire",
            "event.1.expires",
        ),
        ("expires = 2027-11-02 # the last", "# the last", "event-without-end", "event.1"),
        ('label = "/contact"', 'label = "/weight-loss"', "names-a-treatment", "page.5.label"),
        ('lead = "SubmitForm"', 'lead = "BotoxLead"', "names-a-treatment", "destination.tiktok.events.lead"),
        ('name = "contact"\n', 'name = "semaglutide"\n', "names-a-treatment", "event.3.name"),
        ('match = "/patient/**"', 'match = "/portal/login"', "overlapping-page-rules", "page.2.match"),
        (
            'identity = "click_id"\nsecret = "airlock/tiktok"',
            'secret = "airlock/tiktok"',
            "network-without-identity",
            "tiktok",
        ),
        (
            'secret = "airlock/tiktok"',
            'test_code = "T1"\nsecret = "airlock/tiktok"',
            "test-mode-live",
            "tiktok.test_code",
        ),
        ('account = "1234567890"', 'account = "1234567890"\npage = "label"', "label-not-told", "google.page"),
        ('booking = "Schedule", contact = "Contact"', 'booking = "Schedule"', "event-without-word", "event.3.to"),
    ],
)
def test_each_rule_speaks_up_at_its_place(policy_text: str, old: str, new: str, rule: str, place: str) -> None:
    assert old in policy_text, "the sample policy has changed"
    findings = [each for each in lint_text(policy_text.replace(old, new, 1)) if each.rule == rule]
    assert findings, f"{rule} says nothing"
    assert place in findings[0].place
    assert findings[0].place.startswith("line ")


def test_a_policy_without_a_private_page_is_asked_about(policy_text: str) -> None:
    assert "no-private-page" in rules_of(policy_text.replace('surface = "private"', 'surface = "health"'))


def test_an_exemption_has_to_exempt_something(policy_text: str) -> None:
    needed = policy_text.replace('label = "/contact"', 'label = "/botox"')
    assert "names-a-treatment" in rules_of(needed)
    assert not rules_of(needed + '\n[[exempt]]\nterm = "botox"\n')
    assert "exemption-that-exempts-nothing" in rules_of(policy_text + '\n[[exempt]]\nterm = "botox"\n')
    assert "exemption-that-exempts-nothing" in rules_of(policy_text + '\n[[exempt]]\nterm = "table"\n')


@pytest.mark.parametrize(
    ("today", "expected"),
    [(datetime.date(2027, 5, 1), None), (datetime.date(2027, 7, 20), False), (datetime.date(2027, 8, 17), True)],
)
def test_a_pinned_api_version_is_warned_of_60_days_before_it_ends(
    policy_text: str, today: datetime.date, *, expected: bool | None
) -> None:
    found = [
        each for each in lint_text(policy_text, today) if each.rule == "api-version-ends" and "linkedin" in each.place
    ]
    assert [each.is_error for each in found] == ([] if expected is None else [expected])


def test_what_is_real_in_a_test_stage_is_said(policy_text: str) -> None:
    """Whoever tries a policy out has to know which networks count the visits all the same."""
    text = policy_text.replace("[clinic]\n", '[clinic]\nstage = "test"\n')
    found = {each.place.rpartition(", ")[2]: each for each in lint_text(text) if each.rule == "real-in-test-stage"}
    assert {place: each.sentence.rpartition(", ")[2] for place, each in found.items()} == {
        "destination.meta": "without its `test_code`",
        "destination.tiktok": "without its `test_code`",
        "destination.linkedin": "because it has no test mode",
    }
    assert not any(each.is_error for each in found.values())
    coded = text.replace("[destination.meta]\n", '[destination.meta]\ntest_code = "TEST123"\n')
    assert "destination.meta" not in {each.place.rpartition(", ")[2] for each in lint_text(coded)}
    assert "real-in-test-stage" not in rules_of(policy_text)


def test_identifiers_that_no_identity_asks_for_are_pointed_out(policy_text: str) -> None:
    text = policy_text.replace('secret = "airlock/tiktok"', 'identifiers = ["email"]\nsecret = "airlock/tiktok"')
    assert [each.is_error for each in lint_text(text) if each.rule == "identifiers-not-told"] == [False]
    assert "identifiers-not-told" not in rules_of(policy_text)


@pytest.mark.parametrize("network", ["pinterest", "snapchat"])
def test_a_network_that_cannot_work_with_a_click_id_is_refused(policy_text: str, network: str) -> None:
    account = "549755885175" if network == "pinterest" else "0f1e2d3c-0001-4abc-8def-0123456789ab"
    word = "lead" if network == "pinterest" else "SIGN_UP"
    table = f'\n[destination.{network}]\naccount = "{account}"\nevents = {{ lead = "{word}" }}\nidentity = '
    assert "network-needs-contact" in rules_of(f'{policy_text}{table}"click_id"\n')
    assert "network-needs-contact" not in rules_of(f'{policy_text}{table}"hashed"\nidentifiers = ["email"]\n')


def write_pages(policy_text: str, *pages: tuple[str, str]) -> str:
    """The sample policy with these page rules, match and surface, before its own."""
    tables = "".join(f'[[page]]\nmatch = "{match}"\nsurface = "{surface}"\n\n' for match, surface in pages)
    return policy_text.replace("[[page]] # the patient portal", f"{tables}[[page]] # the patient portal", 1)


@pytest.mark.parametrize(
    ("earlier", "later", "sentence"),
    [
        (("/Intake/**", "general"), ("/intake/x", "private"), "can never match"),
        (("/intake/**", "health"), ("/INTAKE/x", "general"), "can never match"),
        (("//intake/**/", "general"), ("/intake/x", "private"), "can never match"),
        (("/intake/*", "general"), ("/intake/x/", "private"), "can never match"),
        (("/Intake/*", "general"), ("/*/Results/", "private"), "is private, but page 1 stands before it"),
        (("/intake/results", "general"), ("/Intake/*", "private"), None),
        (("/intake/results", "general"), ("/Intake/**/", "private"), None),
        (("/intake", "general"), ("/intakes/**", "private"), None),
        (("/*/**", "general"), ("/**", "private"), None),
    ],
)
def test_page_rules_are_held_against_each_other_as_pages_are_matched(
    policy_text: str, earlier: tuple[str, str], later: tuple[str, str], sentence: str | None
) -> None:
    """Case and slashes make no other page: a rule that hides the portal is found however either is written."""
    text = write_pages(policy_text, earlier, later)
    found = [each for each in lint_text(text) if "page.2." in each.place]
    assert [each.rule for each in found] == (["overlapping-page-rules"] if sentence else [])
    assert all(each.is_error and sentence and each.sentence.startswith(sentence) for each in found)


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


def test_the_bits_are_counted_from_the_policy(policy: Policy) -> None:
    """A wider policy lets a visit change more of a request, and the number says so."""
    event = policy.events_by_name["lead"]
    meta = dict(count_bits(policy, Destination.META, policy.rules[Destination.META], event))
    google = dict(count_bits(policy, Destination.GOOGLE, policy.rules[Destination.GOOGLE], event))
    assert meta["worth"] == 2.3  # four bands or none
    assert meta["time"] == 12.5  # the quarter hours of the 62 days in which Meta takes what happened in person
    assert meta["hashed email"] == 256
    assert "hashed email" not in google
    assert "page label" not in google
    assert google["click id, the network's own"] == 1200


def test_the_command_answers_0_for_a_good_policy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert "0 problems, 0 warnings" in capsys.readouterr().out


def test_the_command_answers_1_and_lists_every_problem(
    policy_text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "clinic.toml"
    text = policy_text.replace('currency = "USD"', "currency = 1").replace(
        '"count consultation requests per campaign"', '""'
    )
    file.write_text(text.replace('why = ""\n', ""), encoding="utf-8")
    assert main(["check", "--policy", str(file)]) == 1
    said = capsys.readouterr().out
    assert "clinic.toml: line 10, clinic.currency: must be an ISO 4217 code" in said
    assert "event-without-review" in said
    assert "cannot be used, 2 problems" in said


def test_the_command_speaks_json(policy: Policy, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["policy"] == policy.digest
    assert result["usable"] is True
    assert result["problems"] == result["findings"] == []


def test_a_missing_file_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--policy", str(tmp_path / "gone.toml")]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "there is no such file" in printed.err


def test_what_compiles_explains_itself(policy_text: str) -> None:
    assert explain(compile_policy(policy_text))
