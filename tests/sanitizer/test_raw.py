"""The strict reader of an event: what is refused as no event at all, and what is only missing."""

import json
import traceback

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airlock.clean import Source
from sanitizer import raw as raw_side
from sanitizer.raw import Malformed, NotAnEventError, RawEvent, Url, find_id, parse, parse_conversion, parse_object
from tests.depth import examples
from tests.sanitizer.visits import GONE, SITE, UUID, make_visit


def read(**changes: object) -> RawEvent | Malformed:
    return parse(json.dumps(make_visit(**changes)).encode())


def rule(body: str | bytes) -> str:
    raw = parse(body if isinstance(body, bytes) else body.encode())
    assert isinstance(raw, Malformed)
    return f"{raw.field}:{raw.rule}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"\xef\xbb\xbf{}",
        b'{"event":"lead"',
        b'{"event":"lead",}',
        b"{'event':'lead'}",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":01}',
        b'{"a":"\x01"}',
        b'{"a":"\x00"}',
        b'{"a":"\xc0\xaf"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\udc00\\ud800"}',
        b'{"\\uDFFF":1}',
        b"\xff\xfe{\x00}\x00",
        "{}".encode("utf-16"),
        b"{}{}",
        b"{} x",
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":' + b"[" * 4000 + b"]" * 4000 + b"}",
        b'{"a":' * 1300 + b"1" + b"}" * 1300,
    ],
    ids=range(24),
)
def test_what_is_no_strict_json_is_malformed(body: bytes) -> None:
    """A lenient reader here and a strict one elsewhere would see two different events."""
    assert rule(body) in {":json", ":depth"}


@pytest.mark.parametrize("body", ["[]", '"lead"', "1", "null", "true", '[{"event":"lead"}]'])
def test_what_is_no_object_is_malformed(body: str) -> None:
    assert rule(body) == ":object"


def test_an_escaped_character_outside_the_first_plane_is_no_surrogate() -> None:
    assert isinstance(read(title="\U0001f600"), RawEvent)


@pytest.mark.parametrize(
    "body",
    [
        '{"event":"lead","event":"lead"}',
        '{"consent":{"marketing":false,"marketing":true}}',
        '{"a":[{"b":{"c":1,"c":1}}]}',
        '{"\\u0061":1,"a":2}',
    ],
)
def test_a_key_that_stands_twice_is_malformed(body: str) -> None:
    """Which of two consents counts must not depend on who reads them."""
    assert rule(body) == ":duplicate_key"


@pytest.mark.parametrize(
    ("value", "is_deep"),
    [
        ([[[]]], False),
        ([[[1, "{[{["]]], False),
        ([[[[]]]], True),
        ({"a": {"b": {"c": {}}}}, True),
        ([{"a": [{}]}], True),
    ],
)
def test_the_fifth_level_is_malformed_and_the_root_is_the_first(value: object, is_deep: bool) -> None:  # noqa: FBT001 - a case
    raw = read(anything=value)
    assert raw == Malformed("", "depth") if is_deep else isinstance(raw, RawEvent)


@pytest.mark.parametrize("field", ["event", "id", "url"])
@pytest.mark.parametrize("value", [GONE, None, 1, True, 1.5, [], {}, ["lead"]])
def test_a_required_field_must_be_there_and_be_text(field: str, value: object) -> None:
    """`null` counts as missing."""
    raw = read(**{field: value})
    assert raw == Malformed(field, "missing" if value is GONE or value is None else "type")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("at", ["1795532832000", 1795532832000.0, 1e12, True, [], {}]),
        ("gpc", ["true", 1, 0, [], {}]),
        ("authorization", [1, True, [], {}]),
        ("click", ["", 1, True, []]),
        ("user", ["", 1, True, []]),
        ("props", ["", 1, True, []]),
    ],
)
def test_a_field_of_the_wrong_json_type_is_malformed(field: str, values: list[object]) -> None:
    """A JSON true is no number, and a number with a fraction is no integer."""
    assert [read(**{field: value}) for value in values] == [Malformed(field, "type")] * len(values)


@pytest.mark.parametrize(
    "field", ["at", "consent", "gpc", "authorization", "click", "user", "value", "currency", "props"]
)
def test_null_counts_as_missing(field: str) -> None:
    raw = read(**{field: None})
    assert raw == read(**{field: GONE})
    assert isinstance(raw, RawEvent)
    missing = {"gpc": False, "click": {}, "user": {}, "props": {}}
    assert getattr(raw, field) == missing.get(field)
    assert type(getattr(raw, field)) is type(missing.get(field))


@pytest.mark.parametrize("field", ["consent", "value", "currency", "referrer", "title", "screen"])
@pytest.mark.parametrize("value", ["x", 1, -1.5, True, [], [1], {}])
def test_fields_whose_value_is_judged_later_take_any_json(field: str, value: object) -> None:
    assert isinstance(read(**{field: value}), RawEvent)


def test_keys_that_nobody_asked_for_are_counted_and_not_kept() -> None:
    raw = read(referrer="x", title="y", __proto__={"a": 1}, constructor=1)
    assert isinstance(raw, RawEvent)
    assert raw.unknown_keys == 4
    assert raw == read(a=1, b=2, c=3, d=4)


@pytest.mark.parametrize("source", [*Source, "word of mouth", 1, None])
def test_a_browser_has_no_say_in_where_a_conversion_happened(source: object) -> None:
    """What a browser sends happened on the website; a word about it is one of the keys that nobody asked for."""
    raw = read(source=source)
    assert isinstance(raw, RawEvent)
    assert (raw.source, raw.unknown_keys) == (Source.WEBSITE, 1)


@pytest.mark.parametrize(
    ("url", "source", "expected"),
    [
        (f"{SITE}/x", GONE, Source.WEBSITE),
        (f"{SITE}/x", None, Source.WEBSITE),
        (GONE, GONE, Source.CRM),
        (None, GONE, Source.CRM),
        (GONE, "in_person", Source.IN_PERSON),
        (f"{SITE}/x", "phone_call", Source.PHONE_CALL),
        (GONE, "In_Person", Malformed("source", "one_of")),
        (GONE, "word of mouth", Malformed("source", "one_of")),
        (GONE, "", Malformed("source", "one_of")),
        (GONE, 1, Malformed("source", "type")),
    ],
)
def test_a_clinics_system_says_where_a_conversion_happened(
    url: object, source: object, expected: Source | Malformed
) -> None:
    raw = parse_conversion(make_visit(url=url, source=source))
    if isinstance(expected, Malformed):
        assert raw == expected
    else:
        assert isinstance(raw, RawEvent)
        assert (raw.source, raw.unknown_keys) == (expected, 0)
        assert (raw.url is None) == (url in {GONE, None})


@pytest.mark.parametrize(
    "uuid",
    [
        "",
        "lead-1",
        UUID.replace("-", ""),
        UUID.replace("-", "", 1),
        UUID.replace("-4", "4"),
        UUID[1:],
        f"{{{UUID}}}",
        f" {UUID}",
        f"{UUID}\n",
        UUID[:-1],
        UUID + "0",
        UUID.replace("0", "g"),
        UUID.replace("0", "\N{ARABIC-INDIC DIGIT ZERO}"),
        f"urn:uuid:{UUID}",
    ],
)
def test_an_id_that_is_no_uuid_is_malformed(uuid: str) -> None:
    assert read(id=uuid) == Malformed("id", "uuid")


def test_a_uuid_of_any_version_is_taken_and_written_in_lower_case() -> None:
    for uuid in (UUID.upper(), "00000000-0000-0000-0000-000000000000", "FFFFFFFF-ffff-FFFF-ffff-FFFFFFFFFFFF"):
        raw = read(id=uuid)
        assert isinstance(raw, RawEvent)
        assert raw.id == uuid.lower()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/services",
        "www.glow-medspa.example/",
        "//www.glow-medspa.example/",
        "http://www.glow-medspa.example/",
        "https:/www.glow-medspa.example/",
        "https:www.glow-medspa.example/",
        "https:///services",
        "https://",
        "https://?x",
        "https://:443/",
        "https://www.glow medspa.example/",
        "https://www.glow-medspa.example:port/",
        "https://www.glow-medspa.example\t/",
        "https://<www>/",
        "https://www\x7f.glow-medspa.example/",
        "https://www%2Eglow-medspa.example/",
        f"{SITE}:100000/",
        "https:\\\\www.glow-medspa.example/",
        " https://www.glow-medspa.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://www.glow-medspa.example/",
        "about:blank",
        "blob:https://www.glow-medspa.example/x",
        "http\N{LATIN SMALL LETTER LONG S}://www.glow-medspa.example/",
        "http\N{LATIN SMALL LETTER LONG S}://www.glow-medspa.example:443/",
    ],
)
def test_what_is_no_absolute_https_url_is_malformed(url: str) -> None:
    assert read(url=url) == Malformed("url", "missing" if url is None else "absolute_https")


@pytest.mark.parametrize("twin", "\u017f\u212a\u0131\u0130\u0663")
@pytest.mark.parametrize("url", ["https://www.glow-medspa.example:443/a?b#c", "http://[::1f]:80/", "HTTPS://A@b:1/?"])
def test_a_letter_that_is_an_ascii_one_in_another_case_breaks_nothing(url: str, twin: str) -> None:
    """Wherever one stands, the answer is an event or what is wrong with it, never a fault."""
    for at in range(len(url)):
        for changed in (url[:at] + twin + url[at + 1 :], url[:at] + twin + url[at:]):
            assert isinstance(read(url=changed), RawEvent | Malformed)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        (f"{SITE}/a/b?c=d#e", Url(SITE, "/a/b", "c=d")),
        (SITE, Url(SITE, "", "")),
        (f"{SITE}?fbclid=x", Url(SITE, "", "fbclid=x")),
        (f"{SITE}#/portal", Url(SITE, "", "")),
        (f"{SITE}/?a=b?c/d#e?f", Url(SITE, "/", "a=b?c/d")),
        ("HTTPS://WWW.Glow-MedSpa.Example/A", Url(SITE, "/A", "")),
        (f"{SITE}:443/a", Url(SITE, "/a", "")),
        (f"{SITE}:/a", Url(SITE, "/a", "")),
        (f"{SITE}:0443/a", Url(SITE, "/a", "")),
        (f"{SITE}:8443/a", Url(f"{SITE}:8443", "/a", "")),
        (f"{SITE}:65535/a", Url(f"{SITE}:65535", "/a", "")),
        (f"{SITE}\\@evil.example/", Url(SITE, "\\@evil.example/", "")),
        (f"{SITE}/a\nb", Url(SITE, "/a\nb", "")),
        (f"{SITE}/a#b\nc", Url(SITE, "/a", "")),
    ],
)
def test_a_url_falls_into_origin_path_and_query(url: str, parts: Url) -> None:
    raw = read(url=url)
    assert isinstance(raw, RawEvent)
    assert raw.url == parts


@pytest.mark.parametrize(
    "url",
    [
        "https://www.glow-medspa.example@evil.example/",
        "https://user:secret@www.glow-medspa.example/",
        "https://www.glow-medspa.example.evil.example/",
        "https://evil.example/https://www.glow-medspa.example/",
        "https://www.glow-medspa.example./",
        "https://glow-medspa.example/",
        "https://[::1]/",
        "https://[2001:db8::1]:443/",
        "https://xn--glw-medspa.example/",
        f"{SITE}:80/",
    ],
)
def test_another_origin_is_never_read_as_the_clinics(url: str) -> None:
    """Credentials, look-alikes and ports in a URL make it another site's."""
    raw = read(url=url)
    assert isinstance(raw, RawEvent)
    assert raw.url is not None
    assert raw.url.origin != SITE


def test_a_plain_page_is_taken_of_the_workbench_alone() -> None:
    body = json.dumps(make_visit(url="http://127.0.0.1:8787/contact")).encode()
    assert parse(body) == Malformed("url", "absolute_https")
    assert isinstance(parse(body, frozenset({"http://127.0.0.1:8787"})), RawEvent)
    assert parse(body, frozenset({"http://127.0.0.1:8788"})) == Malformed("url", "absolute_https")


@pytest.mark.parametrize(
    ("identifier", "counts"),
    [
        ("auth_" + "a" * 16, True),
        ("auth_" + "Z9" * 32, True),
        ("auth_" + "a" * 15, False),
        ("auth_" + "a" * 65, False),
        ("AUTH_" + "a" * 16, False),
        ("auth_" + "a" * 15 + "-", False),
        ("auth_" + "a" * 15 + "_", False),
        ("auth_" + "a" * 16 + "\n", False),
        ("a" * 21, False),
        ("", False),
    ],
)
def test_an_authorization_of_the_wrong_form_counts_as_none(identifier: str, counts: bool) -> None:  # noqa: FBT001 - a case
    raw = read(authorization=identifier)
    assert isinstance(raw, RawEvent)
    assert raw.authorization == (identifier if counts else None)


def test_a_raw_event_shows_nothing_of_itself() -> None:
    """Whatever prints it, a debugger's log or a failed assertion, prints a name and no patient."""
    raw = read(user={"email": "canary-7d1f@mail.example"}, title="canary-7d1f", url=f"{SITE}/canary-7d1f?canary-7d1f")
    assert isinstance(raw, RawEvent)
    shown = [repr(raw), str(raw), f"{raw}", f"{raw!r:>20}", repr([raw]), repr(raw.url), str(raw.url)]
    assert not any("canary" in text for text in shown)
    assert (repr(raw), repr(raw.url)) == ("<RawEvent>", "<Url>")


@pytest.mark.parametrize("body", [b'{"canary-7d1f": nope}', b'{"canary-7d1f":1,"canary-7d1f":2}', b'"canary-7d1f\xff"'])
def test_a_body_that_cannot_be_read_is_not_repeated_by_what_says_so(body: bytes) -> None:
    """The parser's own exceptions hold the whole document: none of them is passed on."""
    assert "canary" not in repr(parse(body))
    with pytest.raises(Exception, match=r"^: \w+$") as caught:
        parse_object(body)
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_a_plain_page_may_name_the_port_that_every_plain_page_has() -> None:
    body = json.dumps(make_visit(url="http://127.0.0.1:80/contact")).encode()
    assert isinstance(parse(body, frozenset({"http://127.0.0.1"})), RawEvent)
    assert parse(body, frozenset({"http://127.0.0.1:80"})) == Malformed("url", "absolute_https")


def test_a_plain_page_of_a_clinics_system_is_the_workbenchs_too() -> None:
    document = make_visit(url="http://127.0.0.1:8787/contact")
    assert parse_conversion(document) == Malformed("url", "absolute_https")
    assert isinstance(parse_conversion(document, frozenset({"http://127.0.0.1:8787"})), RawEvent)


def test_an_id_is_found_as_it_was_written_where_it_is_one() -> None:
    """By it a system knows which of its events an answer is about."""
    assert find_id({"id": UUID.upper()}) == UUID.upper()
    assert [find_id(document) for document in ({}, {"ID": UUID}, {"id": 7}, {"id": "lead-1"}, {"id": UUID + "0"})] == [
        None
    ] * 5


def stringify(document: object) -> bytes:
    """As a browser's `JSON.stringify` writes it."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def test_what_a_browser_writes_is_read_in_one_step() -> None:
    """And a space, a key that stands twice or a fifth level is not: that is for the strict reader to judge."""
    assert raw_side._parse_canonical(stringify(make_visit())) == make_visit()
    for body in (b'{"a": 1}', b'{"a":1,"a":1}', b'{"a":{"b":1,"b":2}}', b'{"a":[{"b":1,"b":1}]}', b'{"a":[[[[]]]]}'):
        assert raw_side._parse_canonical(body) is None


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from([0, -0.0, 1.0, 1e16, 1e21, 1e-7, 2**53 + 1, 2**64])
    | st.text(st.characters(exclude_categories=[]) | st.sampled_from('\x00\t\n\x7f/\\":,{}[] \u2028'), max_size=6)
)
KEYS = st.sampled_from(["a", "b", "", "at", ":", '"', "\\", "é", "\x00"])
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)
PIECES = st.sampled_from(
    [
        *(
            b"",
            b" ",
            b",",
            b":",
            b'"',
            b"{",
            b"}",
            b"[",
            b"]",
            b'"a":1',
            b'"a":',
            b"1",
            b"-0",
            b"1e5",
            b"1E400",
            b"NaN",
        ),
        *(
            b"\\",
            b"\\u0061",
            b"\\ud83d",
            b"\\ud83d\\ude00",
            b"\xff",
            b"\xc0\x80",
            b"\xed\xa0\x80",
            b"\xef\xbb\xbf",
            b"\x00",
        ),
    ]
)


@given(DOCUMENTS, st.lists(st.tuples(st.integers(0, 200), st.integers(0, 3), PIECES), max_size=2))
@example({"a": 1}, [(7, 0, b',"a":1')])
@example({"a": {"b": 1}}, [(5, 0, b'"b":1,')])
@example({"a": [[[1]]]}, [])
@example({"a": [[[[1]]]]}, [])
@example({"a": "\ud800"}, [])
@examples(1500, 200_000)
def test_reading_in_one_step_and_strictly_come_to_the_same(
    document: dict[str, object], edits: list[tuple[int, int, bytes]]
) -> None:
    """The one step takes nothing that the strict reader refuses, and reads it as nothing else."""
    body = stringify(document)
    for at, length, piece in edits:
        place = at % (len(body) + 1)
        body = body[:place] + piece + body[place + length :]
    quick = raw_side._parse_canonical(body)
    if quick is None:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw_side, "_parse_canonical", lambda _: None)
        try:
            strict = parse_object(body)
        except NotAnEventError as error:
            strict = {"refused": error.malformed.rule}
    assert repr(strict) == repr(quick)


def test_no_key_of_a_visitors_is_kept_for_the_next() -> None:
    """The library keeps short keys of plain dictionaries in a table of its own; a key may be somebody's name."""
    body = b'{"canary":{"canary":[{"canary":1}]}}'

    def keys() -> list[str]:
        document = raw_side._parse_canonical(body)
        assert document is not None
        return [*document, *document["canary"], *document["canary"]["canary"][0]]

    first, second = keys(), keys()
    assert first == second == ["canary"] * 3
    assert len({id(key) for key in (*first, *second)}) == len(first) + len(second)
