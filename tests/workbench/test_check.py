"""`airlock check` tells a privacy officer what is wrong with a policy, and what follows from one that is right."""

import datetime
import io
import json
import sys
from pathlib import Path

import pytest

from airlock.guard import Guard
from airlock.policy import Policy
from airlock.policy_document import compile_policy, draft_policy
from workbench.command import main
from workbench.explanation import explain
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
    ("label", "terms", "rules"),
    [
        ("/botox-acne", ["botox", "acne"], {}),
        ("/botox-acne", ["botox", "acne", "laser"], {3: "exemption-that-exempts-nothing"}),
        ("/botox", ["botox", "Botox"], {2: "exemption-stands-twice"}),
        ("/contact", ["botox", "Botox"], {1: "exemption-that-exempts-nothing", 2: "exemption-stands-twice"}),
        ("/fillers", ["fillers", "filler"], {1: "exemption-stands-twice"}),
    ],
)
def test_an_exemption_is_judged_beside_the_others(
    policy_text: str, label: str, terms: list[str], rules: dict[int, str]
) -> None:
    """One label may need two of them; and two that let the same word pass are one too many."""
    text = policy_text.replace('label = "/contact"', f'label = "{label}"')
    text += "".join(f'\n[[exempt]]\nterm = "{term}"\n' for term in terms)
    found = {each.place.rpartition(", ")[2]: each.rule for each in lint_text(text)}
    assert found == {f"exempt.{at}.term": rule for at, rule in rules.items()}


@pytest.mark.parametrize("label", ["/visits/2026-11-02", "/call/555-123-4567", "/p/123456789", "/contact"])
def test_a_label_that_the_guard_would_withhold_is_refused(policy_text: str, label: str) -> None:
    text = policy_text.replace('label = "/contact"', f'label = "{label}"')
    found = [each.place for each in lint_text(text) if each.rule == "looks-like-an-identifier" and each.is_error]
    assert [place.rpartition(", ")[2] for place in found] == (["page.5.label"] if label != "/contact" else [])


@pytest.mark.parametrize("name", ["lead_2025_11_02", "mrn_12345"])
def test_an_events_name_that_the_guard_would_withhold_is_refused(policy_text: str, name: str) -> None:
    text = policy_text.replace('name = "contact"', f'name = "{name}"').replace("contact = ", f"{name} = ")
    assert [each.place.rpartition(", ")[2] for each in lint_text(text) if "identifier" in each.rule] == ["event.3.name"]


def test_what_check_lets_pass_of_the_policys_own_words_the_guard_does_too(policy_text: str) -> None:
    """A visit whose label or event is withheld each time would be missed by nobody until the campaign is over."""
    for word in ("visits-2026-11-02", "mrn_12345", "lead", "botox", "step-2", "p123456789", "spring_2027", "nov_2"):
        text = policy_text.replace('label = "/contact"', f'label = "/{word}"')
        draft = draft_policy(text)
        guard = Guard(draft.policy)
        assert bool(lint_text(text)) == bool(guard._look(f"/{word}", is_chosen=True)), word


@pytest.mark.parametrize(
    ("changes", "rule", "place"),
    [
        (
            [('account = "123456789012345"', 'account = "12"'), ('lead = "Lead"', 'lead = "BotoxLead"')],
            "names-a-treatment",
            "destination.meta.events.lead",
        ),
        ([('match = "/contact"', 'match = "x"'), ('"/contact"', '"/botox"')], "names-a-treatment", "page.5.label"),
        ([('name = "contact"\n', 'name = "Botox!"\n')], "names-a-treatment", "event.3.name"),
        (
            [('name = "lead"', 'name = "Lead!"'), ('why = "count consultation requests per campaign"\n', "")],
            "event-without-review",
            "event.1",
        ),
        (
            [('name = "lead"', 'name = "Lead!"'), ("expires = 2027-11-02 # the last", "expires = 2020-11-02 #")],
            "event-expired",
            "event.1.expires",
        ),
    ],
)
def test_what_cannot_be_read_hides_nothing_beside_it(
    policy_text: str, changes: list[tuple[str, str]], rule: str, place: str
) -> None:
    """Whoever corrects what is told first is not told the rest only then."""
    for old, new in changes:
        assert old in policy_text, "the sample policy has changed"
        policy_text = policy_text.replace(old, new, 1)
    assert draft_policy(policy_text).problems
    assert place in [each.place.rpartition(", ")[2] for each in lint_text(policy_text) if each.rule == rule]


@pytest.mark.parametrize("odd", ["0", "true", '""', "[]", "{}", "[[]]", "[{}]", '["a", 1]', "9999-12-31", "07:32:00"])
def test_whatever_stands_in_the_place_of_a_value_there_is_an_answer(policy_text: str, odd: str) -> None:
    for line in {line for line in policy_text.splitlines() if " = " in line and not line.startswith("#")}:
        lint_text(policy_text.replace(line, f"{line.partition(' = ')[0]} = {odd}", 1))


def test_one_mistake_is_told_once(policy_text: str) -> None:
    """What is there and cannot be read is not called missing as well."""
    quoted = policy_text.replace("expires = 2027-11-02 # the last", 'expires = "2027-11-02" # the last')
    quoted = quoted.replace('why = "count consultation requests per campaign"', "why = 1")
    assert lint_text(quoted) == []
    for surface in ("private", "privat"):
        text = policy_text.replace('match = "/portal/**"', 'match = "portal"').replace('match = "/patient/**"', "x = 1")
        assert "no-private-page" not in rules_of(text.replace('surface = "private"', f'surface = "{surface}"'))


@pytest.mark.parametrize(("day", "says"), [("23", None), ("24", "1 day"), ("25", "2 days")])
def test_the_days_that_are_left_are_counted_with_the_last_good_one(
    policy_text: str, day: str, says: str | None
) -> None:
    text = policy_text.replace("expires = 2027-11-02 # the last", f"expires = 2026-11-{day} # the last")
    [found] = lint_text(text)
    assert found.sentence == (f"expires in {says}" if says else "has expired and is refused until it is reviewed again")


@pytest.mark.parametrize(
    ("old", "new", "rule", "place"),
    [
        (
            'collect_host = "collect.glow-medspa.example"',
            'collect_host = "book.glow-medspa.example"',
            "collect-host-is-a-site",
            "clinic.collect_host",
        ),
        (
            'public_url = "https://www.glow-medspa.example/"',
            'public_url = "https://glow-medspa.example/"',
            "public-url-elsewhere",
            "clinic.public_url",
        ),
    ],
)
def test_a_host_in_the_wrong_place_is_asked_about(policy_text: str, old: str, new: str, rule: str, place: str) -> None:
    assert old in policy_text, "the sample policy has changed"
    found = lint_text(policy_text.replace(old, new))
    assert [(each.rule, each.place.rpartition(", ")[2], each.is_error) for each in found] == [(rule, place, False)]


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


def test_a_terminal_of_few_signs_is_given_question_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="\n")
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["check"]) == 0
    out.flush()
    said = out.buffer.getvalue().decode("ascii")
    assert "is told ?Lead?" in said
    assert "0 problems, 0 warnings" in said
