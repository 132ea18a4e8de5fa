"""A policy is read whole: every problem is found at once, by its place in the file, and none repeats a value."""

import re

import msgspec
import pytest

from airlock.address_book import ADDRESS_BOOK, ContactField, Destination
from airlock.policy import (
    ConsentTool,
    Identity,
    Page,
    PayloadLog,
    Policy,
    PolicyError,
    Shim,
    Stage,
    Surface,
    load,
)
from airlock.policy_document import compile_policy, draft_policy
from airlock.tokens import Currency, PageLabel
from tests.airlock.drafts import SHORT, SMALLEST
from tests.airlock.drafts import problems_of as told

DAY_MS = 86_400_000


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as refused:
        compile_policy(text)
    return refused.value.problems


def with_line(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, "the sample policy has changed"
    return text.replace(old, new)


def test_the_sample_policy_can_be_used_and_shows_every_feature(policy: Policy) -> None:
    assert {rule.destination for rule in policy.destinations} >= {
        Destination.META,
        Destination.GOOGLE,
        Destination.TIKTOK,
        Destination.LINKEDIN,
        Destination.GA4,
    }
    assert Destination.GA4 not in policy.rules
    assert {page.surface for page in policy.pages} == set(Surface)
    assert {rule.identity for rule in policy.destinations} == set(Identity)


def test_a_compiled_policy_loads_as_it_was_compiled(policy: Policy) -> None:
    again = load(policy.compiled)
    assert again == policy
    assert again.digest == policy.digest
    assert re.fullmatch(r"[0-9a-f]{64}", policy.digest)


def test_a_compiled_policy_that_was_changed_is_not_loaded(policy: Policy) -> None:
    """What is deployed is what was reviewed, or nothing runs."""
    for changed in (policy.compiled + b" ", policy.compiled.replace(b'"USD"', b'"usd"'), b"", b"[]", b"{}", b"\xff"):
        with pytest.raises(PolicyError):
            load(changed)


def test_two_policies_that_differ_have_two_hashes(policy: Policy) -> None:
    other = msgspec.structs.replace(policy, consent_max_age_ms=policy.consent_max_age_ms + 1)
    assert load(other.compiled).digest != policy.digest


@pytest.mark.parametrize(
    ("old", "new", "place", "rule"),
    [
        (
            '"https://www.glow-medspa.example", ',
            '"http://www.glow-medspa.example", ',
            "clinic.sites",
            "site-without-https",
        ),
        ('"https://www.glow-medspa.example", ', '"https://www.glow.example/a", ', "clinic.sites", "site-without-https"),
        ('currency = "USD"', 'currency = "usd"', "clinic.currency", "wrong-value"),
        ('country = "US" ', 'country = "USA" ', "clinic.country", "wrong-value"),
        ('name = "Glow Medspa"', 'name = ""', "clinic.name", "wrong-value"),
        ('name = "Glow Medspa"', "nam = 1", "clinic.name", "missing-setting"),
        ('required = ["marketing"] ', "required = [] ", "consent.required", "wrong-value"),
        ("max_age_days = 180 ", "max_age_days = 0 ", "consent.max_age_days", "wrong-value"),
        ('match = "/contact"', 'match = "contact"', "page.5.match", "wrong-value"),
        ('label = "/contact"', 'label = "/Contact us"', "page.5.label", "wrong-value"),
        ('match = "/patient/**"', 'match = "/patient/**"\nlabel = "/x"', "page.2.label", "private-page-label"),
        ('value = "fixed"', 'value = "exact"', "event.2.value", "wrong-value"),
        ("amount = 150 ", "amount = -1 ", "event.2.amount", "wrong-value"),
        ("bands = [0, 250, 500, 1000] ", "bands = [0, 500, 250] ", "event.1.bands", "wrong-value"),
        ('to = ["meta", "google", "tiktok"]', 'to = ["meta", "myspace"]', "event.2.to", "wrong-value"),
        ('"PageView"', '"Lead"', "event.4.aliases", "ambiguous-name"),
        ('account = "123456789012345"', 'account = "EAABsbCS1iHgBAKZCZCZC"', "destination.meta.account", "wrong-value"),
        (
            'identity = "click_id" # never',
            'identity = "hashed" # never',
            "destination.google.identity",
            "google-hashed",
        ),
        (
            'identifiers = ["email"]',
            'identifiers = ["email", "phone"]',
            "destination.linkedin.identifiers",
            "identifier",
        ),
        ('secret = "airlock/tiktok"', 'secret = "ya29.A0AbVbY6example"', "destination.tiktok.secret", "secret-value"),
        ("state = ", "colour = ", "clinic.colour", "unknown-setting"),
        ('contact = "Contact" }', 'contact = "Contact", gone = "Gone" }', "destination.meta.events", "undeclared-name"),
        ("[destination.tiktok]", "[destination.myspace]", "destination.myspace", "wrong-value"),
        ("expires = 2027-11-02 # the last", 'expires = "2027-11-02" # the last', "event.1.expires", "wrong-value"),
    ],
)
def test_each_mistake_is_named_with_its_place_and_its_rule(
    policy_text: str, old: str, new: str, place: str, rule: str
) -> None:
    found = problems_of(with_line(policy_text, old, new))
    matching = [problem for problem in found if place in problem and f"[{rule}" in problem]
    assert matching, f"{place}: not among {len(found)} problems"
    assert re.match(r"line \d+, ", matching[0])


def test_every_problem_is_reported_at_once_in_the_files_order(policy_text: str) -> None:
    text = policy_text.replace('currency = "USD"', "currency = 1").replace("amount = 150 ", "amount = true ")
    text = text.replace('account = "1234567890"', 'account = "12"')
    lines = [int(problem.split(",")[0].removeprefix("line ")) for problem in problems_of(text)]
    assert len(lines) == 3
    assert lines == sorted(lines)


@pytest.mark.parametrize("destination", ["google", "ga4"])
@pytest.mark.parametrize("addition", ['identity = "hashed"', 'identifiers = ["email"]'])
def test_google_and_ga4_never_get_contact_data(policy_text: str, destination: str, addition: str) -> None:
    """Google's customer-data policy forbids it for health services, so no policy that says so can be compiled."""
    text = re.sub(
        rf"(\[destination\.{destination}\]\n(?:[^\[]*?))identity = [^\n]*\n", r"\1", policy_text, flags=re.DOTALL
    )
    text = text.replace(f"[destination.{destination}]\n", f"[destination.{destination}]\n{addition}\n")
    assert any("google-hashed-contact" in problem for problem in problems_of(text))


@pytest.mark.parametrize("destination", list(Destination))
def test_no_network_is_given_a_field_that_it_does_not_take(destination: Destination) -> None:
    address = ADDRESS_BOOK[destination]
    for field in set(ContactField) - set(address.contact):
        text = f'[destination.{destination}]\nidentifiers = ["{field}"]\n'
        assert any(f"destination.{destination}.identi" in problem for problem in problems_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "clinic = 1",
        "[[clinic]]\nname = 1",
        "page = 1\nevent = 2\ndestination = 3\nconsent = 4",
        "x = " + "[" * 2000,
    ],
)
def test_what_is_no_policy_at_all_is_refused_in_sentences(text: str) -> None:
    assert problems_of(text)


def test_a_problem_never_repeats_a_value(policy_text: str) -> None:
    """A token pasted in the wrong place must not be printed into a terminal or a build's log."""
    canary = "canary7d1fJaneTestpatient"
    for line in policy_text.splitlines():
        key, equals, value = line.partition(" = ")
        if equals and value.startswith(('"', "[", "{")) and not line.startswith("#"):
            text = policy_text.replace(line, f'{key} = ["{canary}", 7, "{canary} "]', 1)
            assert canary not in "\n".join(draft_policy(text).problems), f"{key} is repeated"


@pytest.mark.parametrize(
    "secret", ["EAABsbCS1iHgBAKZCZCZCexampleexample", "AKIAIOSFODNN7EXAMPLE", "-----BEGIN PRIVATE KEY-----"]
)
def test_a_secret_anywhere_in_the_policy_is_found(policy_text: str, secret: str) -> None:
    text = with_line(policy_text, '"count consultation requests per campaign"', f'"{secret}"')
    (problem,) = problems_of(text)
    assert "secret-value-in-policy" in problem
    assert secret not in problem


def test_a_draft_shows_what_could_be_read_beside_the_problems(policy_text: str) -> None:
    draft = draft_policy(with_line(policy_text, "amount = 150 ", "amount = -1 "))
    assert len(draft.problems) == 1
    assert [event.name for event in draft.policy.events] == ["lead", "booking", "contact", "page_view"]
    assert draft.events == (0, 1, 2, 3)


def test_a_draft_says_where_each_entry_stands_even_where_one_before_it_cannot_be_read() -> None:
    text = f"""{SMALLEST}
[[page]]
match = "no path"
surface = "health"
[[page]]
match = "/a"
surface = "secret"
[[page]]
match = "/contact"
surface = "general"
label = "/contact"
[[event]]
name = "Call us"
to = []
[[event]]
name = "call"
to = []
"""
    draft = draft_policy(text)
    assert [page.match for page in draft.policy.pages] == ["/contact"]
    assert (draft.pages, draft.events) == ((2,), (0, 2))
    assert draft.lines["page", 2] == text.splitlines().index('match = "/contact"')


def test_what_a_policy_leaves_open_is_closed() -> None:
    assert compile_policy(SMALLEST) == Policy(
        name="Glow Medspa",
        sites=("https://www.glow-medspa.example",),
        collect_host="collect.glow-medspa.example",
        public_url="https://www.glow-medspa.example/",
        country="US",
        currency=Currency("USD"),
        state=None,
        stage=Stage.LIVE,
        payload_log=PayloadLog.MASKED,
        exempt_terms=(),
        consent_required=("marketing",),
        consent_max_age_ms=180 * DAY_MS,
        pages=(),
        events=compile_policy(SMALLEST).events,
        destinations=compile_policy(SMALLEST).destinations,
        shims=(),
        consent_tools=(),
        hooks=(),
        time_zone=None,
    )


def test_every_setting_of_the_clinic_is_kept() -> None:
    policy = compile_policy(
        SMALLEST.replace("[consent]", 'state = "CA"\ntime_zone = "America/Los_Angeles"\n[consent]\nmax_age_days = 30')
        + """
[[page]]
match = "/services/**"
surface = "health"
label = "/services/general-service"
[[exempt]]
term = "laser"
why = "the clinic's own name holds it"
reviewed_by = "privacy officer"
reviewed_on = 2026-11-02
[script]
shims = ["fbq", "gtag"]
consent = ["onetrust"]
"""
    )
    assert (policy.state, policy.time_zone, policy.consent_max_age_ms) == ("CA", "America/Los_Angeles", 30 * DAY_MS)
    assert policy.pages == (Page("/services/**", Surface.HEALTH, PageLabel("/services/general-service")),)
    assert policy.exempt_terms == ("laser",)
    assert policy.shims == (Shim.FBQ, Shim.GTAG)
    assert policy.consent_tools == (ConsentTool.ONETRUST,)


@pytest.mark.parametrize(("line", "part"), [('shims = ["ttq"]', "shims"), ('consent = ["tcf"]', "consent_tools")])
def test_a_part_of_the_browser_script_that_is_not_named_is_not_in_it(line: str, part: str) -> None:
    policy = compile_policy(f"{SMALLEST}[script]\n{line}\n")
    assert [name for name in ("shims", "consent_tools") if getattr(policy, name)] == [part]


@pytest.mark.parametrize("setting", ['stage = "test"', 'payload_log = "full"'])
def test_the_stage_and_the_log_may_stand_at_the_top_or_with_the_clinic(setting: str) -> None:
    key, _, word = setting.replace('"', "").partition(" = ")
    for text in (f"{setting}\n{SMALLEST}", SMALLEST.replace("[consent]", f"{setting}\n[consent]")):
        assert getattr(compile_policy(text), key) == word


@pytest.mark.parametrize("days", [1, 3650])
def test_consent_is_asked_for_anew_after_a_day_at_the_earliest_and_ten_years_at_the_latest(days: int) -> None:
    text = SMALLEST.replace("[consent]", f"[consent]\nmax_age_days = {days}")
    assert compile_policy(text).consent_max_age_ms == days * DAY_MS
    for wrong in (0, 3651):
        (problem,) = problems_of(text.replace(f"= {days}", f"= {wrong}"))
        assert problem.endswith("consent.max_age_days: must be a whole number from 1 to 3650 [wrong-value]")


@pytest.mark.parametrize("url", ["https://www.glow-medspa.example", "https://www.glow-medspa.example/"])
def test_the_public_url_ends_in_a_slash_however_it_is_written(url: str) -> None:
    text = SMALLEST.replace('public_url = "https://www.glow-medspa.example"', f'public_url = "{url}"')
    assert compile_policy(text).public_url == "https://www.glow-medspa.example/"


ORIGIN = (
    "must be an https origin such as https://www.clinic.example, as a browser sends it: "
    "without path and default port [site-without-https]"
)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("clinic.name = 1", f"must be a name {SHORT} [wrong-value]"),
        ('clinic.sites = ["http://www.glow-medspa.example"]', f"entry 1 {ORIGIN}"),
        ('clinic.sites = ["https://a.example", "b.example"]', f"entry 2 {ORIGIN}"),
        ('clinic.collect_host = "collect"', "must be a host name such as collect.clinic.example [wrong-value]"),
        (
            'clinic.public_url = "https://www.glow-medspa.example/botox"',
            "must be an https origin, without path, query or default port: networks are told it [wrong-value]",
        ),
        ('clinic.country = "USA"', "must be an ISO 3166 code such as US [wrong-value]"),
        ('clinic.currency = "$"', "must be an ISO 4217 code such as USD [wrong-value]"),
        ('clinic.state = "California"', "must be a US state's two letters such as CA [wrong-value]"),
        ('clinic.stage = "staging"', "must be one of live, test [wrong-value]"),
        ('clinic.payload_log = "none"', "must be one of full, masked, digest [wrong-value]"),
        (
            'clinic.time_zone = "America/Nowhere"',
            "must be a time zone of the IANA database such as America/Los_Angeles [wrong-value]",
        ),
        (
            'clinic.time_zone = "PST 8"',
            "must be a time zone of the IANA database such as America/Los_Angeles [wrong-value]",
        ),
        (
            'consent.required = ["at"]',
            "entry 1 must be a consent category such as marketing (the word `at` is taken) [wrong-value]",
        ),
    ],
)
def test_what_is_wrong_with_a_setting_is_said_in_one_sentence(setting: str, sentence: str) -> None:
    place, _, value = setting.partition(" = ")
    table, _, key = place.partition(".")
    kept = re.sub(rf"^{key} = .*\n", "", SMALLEST, count=1, flags=re.MULTILINE)
    text = kept.replace(f"[{table}]\n", f"[{table}]\n{key} = {value}\n")
    assert told(text) == [f"{place}: {sentence}"]


PATH = (
    "a path such as /services/**, written decoded, without query, fragment or parts that end in a dot, "
    "at most 201 characters"
)


@pytest.mark.parametrize(
    ("table", "place", "sentence"),
    [
        ('match = "/a?b"\nsurface = "health"', "page.1.match", f"must be {PATH} [wrong-value]"),
        ('match = "/a"', "page.1.surface", "must be one of private, health, general [wrong-value]"),
        (
            'match = "/a"\nsurface = "health"\nlabel = "/A b"',
            "page.1.label",
            "must be a path of lower-case letters, digits, - and _, at most 100 characters [wrong-value]",
        ),
        (
            'match = "/a"\nsurface = "private"\nlabel = "/a"',
            "page.1.label",
            "a private page is never told, so it can have no label [private-page-label]",
        ),
    ],
)
def test_what_is_wrong_with_a_page_is_said_in_one_sentence(table: str, place: str, sentence: str) -> None:
    assert told(f"{SMALLEST}[[page]]\n{table}\n") == [f"{place}: {sentence}"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("term = 1", f"term: must be the word that may pass, {SHORT} [wrong-value]"),
        ('why = "x"', f"term: is missing: must be the word that may pass, {SHORT} [missing-setting]"),
        ('term = "laser"\nwhy = 1', f"why: must be words {SHORT} [wrong-value]"),
        ('term = "laser"\nreviewed_by = 1', f"reviewed_by: must be words {SHORT} [wrong-value]"),
        (
            'term = "laser"\nreviewed_on = "today"',
            "reviewed_on: must be a day such as 2027-11-02, without quotes and without a time [wrong-value]",
        ),
        ('term = "laser"\nterms = "x"', "terms: is not a setting that is known here [unknown-setting]"),
    ],
)
def test_what_is_wrong_with_an_exemption_is_said_in_one_sentence(line: str, problem: str) -> None:
    assert told(f"{SMALLEST}[[exempt]]\n{line}\n") == [f"exempt.1.{problem}"]


@pytest.mark.parametrize("match", ["/portal/./**", "/a/../portal/**", "/portal.", "/..", "/portal./**"])
def test_a_page_rule_that_no_path_can_reach_is_refused(match: str) -> None:
    """A rule that was meant to make a page private must not stand there without doing it."""
    assert told(f'{SMALLEST}[[page]]\nmatch = "{match}"\nsurface = "private"\n') == [
        f"page.1.match: must be {PATH} [wrong-value]"
    ]


@pytest.mark.parametrize("sign", ["200b", "00ad", "feff", "202e", "0001", "009f"])
def test_a_page_rule_with_a_sign_that_nobody_sees_is_refused(sign: str) -> None:
    """It looks like the rule that makes the portal private, and is not."""
    assert told(f'{SMALLEST}[[page]]\nmatch = "/por\\u{sign}tal/**"\nsurface = "private"\n') == [
        "page.1.match: holds a sign that cannot be seen, so no page is found by it [wrong-value]"
    ]


@pytest.mark.parametrize("match", ["/.well-known/**", "/Portal/**", "/portal/", "/a/*.html", "/**", "/"])
def test_a_page_rule_that_some_path_reaches_is_taken(match: str) -> None:
    [page] = compile_policy(f'{SMALLEST}[[page]]\nmatch = "{match}"\nsurface = "private"\n').pages
    assert page.match == match


APPROVAL = {
    "by": '"Pat Officer"',
    "on": "2026-11-24",
    "replaces": '"0123456789abcdef01234567"',
    "policy": '"89abcdef0123456789abcdef"',
}


def approve(**changed: str) -> str:
    lines = "\n".join(f"{key} = {value}" for key, value in (APPROVAL | changed).items() if value)
    return f"{SMALLEST}[[approval]]\n{lines}\n"


def test_an_approval_changes_nothing_of_what_is_allowed() -> None:
    """A record in the file of who answered for a change: the policy with it has the same hash as without."""
    assert compile_policy(approve()).digest == compile_policy(SMALLEST).digest


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("by", "", f"is missing: must be the person who answers for the change, {SHORT} [missing-setting]"),
        ("on", "", "is missing: must be the day of the approval [missing-setting]"),
        ("on", '"today"', "must be a day such as 2027-11-02, without quotes and without a time [wrong-value]"),
        ("replaces", "", "is missing: must be the first 24 hex digits of a policy's hash [missing-setting]"),
        ("policy", '"0123"', "must be the first 24 hex digits of a policy's hash [wrong-value]"),
        ("in", "1", "is not a setting that is known here [unknown-setting]"),
    ],
)
def test_an_approval_says_who_when_and_of_what(key: str, value: str, sentence: str) -> None:
    """The evidence lists each approval with its day, so one without a day is not a record."""
    assert told(approve(**{key: value})) == [f"approval.1.{key}: {sentence}"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            'shims = ["pixel"]',
            "shims: must be a list of words out of fbq, gtag, ttq, lintrk, uetq; entry 1 is none of them [wrong-value]",
        ),
        ('consent = "tcf"', f"consent: must be a list of words out of {', '.join(ConsentTool)} [wrong-value]"),
        ('shim = ["fbq"]', "shim: is not a setting that is known here [unknown-setting]"),
    ],
)
def test_what_is_wrong_with_the_script_is_said_in_one_sentence(line: str, problem: str) -> None:
    assert told(f"{SMALLEST}[script]\n{line}\n") == [f"script.{problem}"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "[clinic]\nname = Glow",
            "the file is not TOML: no value that TOML knows; a text stands in quotes (at line 2, column 8)",
        ),
        ('name = "canary7d1f', "the file is not TOML: a text without its closing quote (at end of document)"),
        (
            "canary = 1\ncanary = 2\nx = 3",
            "the file is not TOML: a key or a table stands twice, the second time before here (at line 2, column 11)",
        ),
        ("[canary]\n[canary]", "the file is not TOML: a table stands twice (at line 2, column 8)"),
        ("x = { canary = 1, canary = 2 }", "the file is not TOML: a key stands twice (at line 1, column 29)"),
        ("x = 2027-02-30", "the file is not TOML: there is no such day or time (at line 1, column 5)"),
        (
            'x = "canary\\d"',
            "the file is not TOML: a backslash in a text that means nothing: write two (at line 1, column 14)",
        ),
        ("x = " + "9" * 5000, "the file is not TOML: syntax error"),
        ("x = " + "[" * 5000, "the file is not a policy: it is nested too deep"),
        (".".join("a" * 3000) + " = 1", "the file is not a policy: it is nested too deep"),
    ],
)
def test_a_file_that_is_no_policy_says_why_and_where_it_stops_being_one(text: str, sentence: str) -> None:
    """What stands there is not repeated, be it a key or a value."""
    assert problems_of(text) == (sentence,)


@pytest.mark.parametrize(
    "site",
    [
        *("https://www.glow.example:443", "https://www.glow.example:0", "https://www.glow.example:0443"),
        *("https://www.glow.example:99999", "https://www.glow.example:65536", "https://www..glow.example"),
        *("https://glow.example.-x", "https://glow-.example", f"https://{'x' * 64}.example"),
        "https://" + ".".join(["x" * 62] * 5),
    ],
)
def test_a_site_that_no_browser_names_is_refused(site: str) -> None:
    """An origin that is written otherwise than the browser sends it would refuse every visit of that site."""
    text = SMALLEST.replace('sites = ["https://www.glow-medspa.example"]', f'sites = ["{site}"]')
    assert told(text) == [f"clinic.sites: entry 1 {ORIGIN}"]


@pytest.mark.parametrize(
    "site",
    [
        *("https://www.glow.example:4430", "https://www.glow.example:8443", "https://www.glow.example:65535"),
        *("https://www.glow.example:1", "https://localhost", "https://192.168.0.7:444", "https://xn--rzte-0qa.example"),
    ],
)
def test_a_site_that_a_browser_names_is_taken(site: str) -> None:
    text = SMALLEST.replace('sites = ["https://www.glow-medspa.example"]', f'sites = ["{site}"]')
    assert compile_policy(text).sites == (site,)


def test_every_entry_of_a_list_that_is_wrong_is_told_at_once() -> None:
    sites = '["http://a.example", "https://www.glow-medspa.example", "ftp://b.example", "https://c.example/x"]'
    text = SMALLEST.replace('["https://www.glow-medspa.example"]', sites)
    assert told(text) == [f"clinic.sites: entry {entry} {ORIGIN}" for entry in (1, 3, 4)]
    assert draft_policy(text).policy.sites == ("https://www.glow-medspa.example",)


@pytest.mark.parametrize(
    "odd",
    [
        *("0", "-1", "9" * 400, "inf", "nan", "true", '""', '"\\u0000"', "[]", "{}", "[[]]", "[{}]", '["a", 1]'),
        *("9999-12-31", "0001-01-01", "1979-05-27T07:32:00Z", "07:32:00", '{ "" = 1 }', '{ a = ["a"] }'),
    ],
)
def test_whatever_stands_in_the_place_of_a_value_the_answer_is_a_policy_or_sentences(
    policy_text: str, odd: str
) -> None:
    """Neither `airlock check` nor a deployment ends in the middle of a policy with an error of the program's own."""
    for line in policy_text.splitlines():
        key, equals, _ = line.partition(" = ")
        if equals and not line.startswith("#"):
            draft = draft_policy(policy_text.replace(line, f"{key} = {odd}", 1))
            assert draft.problems or load(draft.policy.compiled) == draft.policy


def test_a_draft_with_an_unreadable_stage_is_no_test_and_logs_the_least() -> None:
    draft = draft_policy(f"stage = 1\npayload_log = 1\n{SMALLEST.replace('USD', '$')}")
    assert (draft.policy.stage, draft.policy.payload_log, draft.policy.currency) == (
        Stage.LIVE,
        PayloadLog.DIGEST,
        "XTS",
    )
