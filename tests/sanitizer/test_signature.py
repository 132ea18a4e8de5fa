"""Who signed a webhook, and when: each scheme as its sender documents it, each window to its last millisecond."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from airlock.clean import Source
from airlock.hook import Hook, Scheme
from airlock.tokens import EventName
from sanitizer import signature
from sanitizer.consent import CLOCK_SKEW_MS
from sanitizer.signature import Flaw, Proof, decode_secret, read_moment, verify
from tests.clinic_systems import NOW

SECRET = b"an-invented-hook-secret"
AT = NOW // 1000 * 1000
HEADERS = {
    Scheme.TIMESTAMPED: "x-airlock-signature",
    Scheme.STANDARD: "webhook-signature",
    Scheme.CALLRAIL: "signature",
}


def make_hook(scheme: Scheme, name: str = "desk") -> Hook:
    return Hook(
        name=name,
        secret="airlock/hooks/desk",
        scheme=scheme,
        header=HEADERS[scheme],
        window_s=300,
        event=EventName("booking"),
        source=Source.CRM,
        fields={"id": ("id",)},
    )


def sign(scheme: Scheme, at: int = AT, secret: bytes = SECRET, **payload: Any) -> tuple[dict[str, str], bytes]:
    """Headers and body as the scheme's sender makes them at a full second."""
    stamp = at // 1000
    body = json.dumps({"timestamp": stamp, **payload}).encode()
    match scheme:
        case Scheme.TIMESTAMPED:
            digest = hmac.new(secret, b"%d.%b" % (stamp, body), hashlib.sha256).hexdigest()
            return {"x-airlock-signature": f"t={stamp},v1={digest}"}, body
        case Scheme.STANDARD:
            digest = base64.b64encode(hmac.digest(secret, b"msg_1.%d.%b" % (stamp, body), "sha256")).decode()
            return {
                "webhook-id": "msg_1",
                "webhook-timestamp": str(stamp),
                "webhook-signature": f"v1,{digest}",
            }, body
        case Scheme.CALLRAIL:
            return {"signature": base64.b64encode(hmac.digest(secret, body, "sha1")).decode()}, body


@pytest.fixture(params=Scheme)
def scheme(request: pytest.FixtureRequest) -> Scheme:
    found: Scheme = request.param
    return found


def test_what_a_secret_of_the_hook_signed_just_now_is_proven_until_its_window_ends(scheme: Scheme) -> None:
    headers, body = sign(scheme)
    proof = verify(make_hook(scheme), headers, body, [b"the-secret-of-next-month", SECRET], AT)
    assert isinstance(proof, Proof)
    assert proof.until == AT + 300_000


@pytest.mark.parametrize(
    ("age", "flaw"),
    [
        (0, None),
        (300_000, None),
        (300_001, Flaw.STALE),
        (-CLOCK_SKEW_MS, None),
        (-CLOCK_SKEW_MS - 1, Flaw.STALE),
    ],
)
def test_the_window_ends_on_its_last_millisecond(scheme: Scheme, age: int, flaw: Flaw | None) -> None:
    headers, body = sign(scheme)
    proof = verify(make_hook(scheme), headers, body, [SECRET], AT + age)
    assert proof == flaw if flaw else isinstance(proof, Proof)


def test_without_its_headers_nothing_is_signed(scheme: Scheme) -> None:
    """Each header by itself, and all of them."""
    headers, body = sign(scheme)
    for missing in headers:
        left = {name: value for name, value in headers.items() if name != missing}
        assert verify(make_hook(scheme), left, body, [SECRET], AT) is Flaw.FORGED
    assert verify(make_hook(scheme), {}, body, [SECRET], AT) is Flaw.FORGED


def test_without_a_secret_nothing_is_signed(scheme: Scheme) -> None:
    headers, body = sign(scheme)
    assert verify(make_hook(scheme), headers, body, [], AT) is Flaw.FORGED
    assert verify(make_hook(scheme), headers, body, [b"a-secret-of-somebody-else"], AT) is Flaw.FORGED


@pytest.mark.parametrize("odd", ["\ud800", "\N{SNOWMAN}", "\xff", "\0", "v1,", "v1,\ud800", "t=\ud800,v1=\ud800"])
def test_a_header_of_any_characters_is_a_forgery_and_no_fault(scheme: Scheme, odd: str) -> None:
    """Whoever knows no secret must not be able to raise an alarm, be it by half a character."""
    headers, body = sign(scheme)
    for name in headers:
        assert verify(make_hook(scheme), headers | {name: odd}, body, [SECRET], AT) is Flaw.FORGED


def test_a_body_is_not_parsed_before_its_signature_holds(scheme: Scheme, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []
    monkeypatch.setattr(signature, "parse_object", lambda body, _: parsed.append(body))
    headers, body = sign(scheme, secret=b"a-secret-of-somebody-else")
    assert verify(make_hook(scheme), headers, body, [SECRET], AT) is Flaw.FORGED
    assert parsed == []


def test_two_requests_have_two_receipts_and_one_request_has_one(scheme: Scheme) -> None:
    """Nor does what was sent to one hook count as sent to another."""

    def take(name: str = "desk", at: int = AT, **payload: Any) -> str:
        headers, body = sign(scheme, at, **payload)
        proof = verify(make_hook(scheme, name), headers, body, [SECRET], AT)
        assert isinstance(proof, Proof)
        return proof.receipt

    receipts = [take(), take("phone"), take(at=AT - 1000), take(id=2), take()]
    assert len(set(receipts)) == 4
    assert receipts[0] == receipts[-1]
    assert all(len(receipt) == 64 and int(receipt, 16) for receipt in receipts)


def test_a_deep_transcript_does_not_hide_when_the_call_was() -> None:
    """CallRail's time stands in its payload, which may hold more levels than an event of ours."""
    deep: Any = "hello"
    for _ in range(20):
        deep = [deep]
    headers, body = sign(Scheme.CALLRAIL, transcript=deep)
    assert isinstance(verify(make_hook(Scheme.CALLRAIL), headers, body, [SECRET], AT), Proof)


@pytest.mark.parametrize(
    "stamp", ["12345678", "123456789012", "soon", "-1795532832", "1795532832.0", "", " 1795532832"]
)
def test_a_stamp_that_is_no_moment_is_stale_though_it_was_signed(stamp: str) -> None:
    digest = base64.b64encode(hmac.digest(SECRET, f"msg_1.{stamp}.{{}}".encode(), "sha256")).decode()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": f"v1,{digest}"}
    assert verify(make_hook(Scheme.STANDARD), headers, b"{}", [SECRET], AT) is Flaw.STALE


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        (NOW, NOW),
        (NOW // 1000, AT),
        (10**11, 10**11),
        (10**11 - 1, 10**14 - 1000),
        (10**8, 10**11),
        (10**8 - 1, None),
        (0, None),
        (-NOW, None),
        (True, None),
        (1.5e12, None),
        (None, None),
        ("2026-11-24T15:07:12Z", AT),
        (" 2026-11-24T16:07:12.000+01:00 ", AT),
        ("2026-11-24T15:07:12.0006Z", AT + 1),
        ("2026-11-24T15:07:12", None),
        ("2026-11-24", None),
        ("1795532832", None),
        ("soon", None),
        ("", None),
        (["2026-11-24T15:07:12Z"], None),
    ],
)
def test_a_moment_is_seconds_or_milliseconds_or_a_time_with_its_zone(written: Any, moment: int | None) -> None:
    """A time without a zone is not guessed: it could be hours wrong either way."""
    assert read_moment(written) == moment


@pytest.mark.parametrize("nonsense", ["whsec_no base64!", "whsec_\N{SNOWMAN}", "whsec_YQ", "whsec_!!!!YWJj", "whsec_"])
def test_a_standard_secret_that_is_no_base64_is_none_at_all(nonsense: str) -> None:
    """An approximation of it would be a secret that nobody chose."""
    assert decode_secret(nonsense, Scheme.STANDARD) == b""


def test_a_secret_is_its_characters_where_no_prefix_says_otherwise() -> None:
    encoded = base64.b64encode(SECRET).decode()
    assert decode_secret(f"whsec_{encoded}", Scheme.STANDARD) == SECRET
    assert decode_secret(encoded, Scheme.STANDARD) == encoded.encode()
    for scheme in (Scheme.TIMESTAMPED, Scheme.CALLRAIL):
        assert decode_secret(f"whsec_{encoded}", scheme) == f"whsec_{encoded}".encode()
    assert decode_secret("caf\xe9", Scheme.CALLRAIL) == b"caf\xc3\xa9"
