"""What the sanitizer costs, as ratios to a bare loop over the standard library's json of the same run. No verdict.

The bare loop is the least that a relay to one network does in plain Python with the same bytes: `json.loads`,
`parse_qs`, five contact fields tidied and hashed, one payload of a kilobyte for Meta with address and user agent,
written compactly. No gate, no guard, no strictness. The report says how many `json.loads` of the same body it takes.

The body is written as a browser's `JSON.stringify` writes it; the first has 1,046 bytes.

Counted on our side: the API Gateway event's headers, cookie and body read, strict parsing, every gate, click ids,
digests where they are due, one clean message's bytes for each of four networks, and the guard over those bytes. Not
counted: the origin's look-up, the kill switch's parameter, the journal's lines, the queues and the answer: no I/O.

The same event again and again is what a processor foresees best. So many visits, with ids drawn anew, are measured in
turn as well: what the guard has to look at differs from one click id to the next, and one visit in twenty-six has an id
that is looked at closely.

Run it with `uv run python -m tests.benchmarks.bench_sanitizer`.
"""

import compileall
import cProfile
import json
import pstats
import statistics
import string
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random  # noqa: TID251 - seeded: the same ids at every run
from uuid import UUID

from airlock.address_book import ContactField, Destination
from airlock.authorization import Authorization, AuthorizationsInMemory
from airlock.guard import Guard
from airlock.policy import Policy, load
from airlock.policy_file import read_policy
from airlock.tokens import refer_to_authorization
from sanitizer.intake import _fence
from sanitizer.pages import build_finder
from sanitizer.pipeline import Rules, Visit, decide
from sanitizer.raw import RawEvent, parse
from sanitizer.request import check_type, read_request

FUNCTIONS = Path(__file__).parents[2] / "functions"
NOW = 1_795_532_832_000
AUTHORIZATION = "auth_Q7m2Xw9Kd4Rf8Ls1"
ROUNDS, TIMES, SPAWNS = 21, 400, 15
VISITS = 256  # different ones, in turn
OPAQUE = string.ascii_letters + string.digits + "-_"
SITE = "https://www.glow-medspa.example"
VISIT = {
    "event": "lead",
    "id": "0b9f9c3e-4a63-4a77-9d52-5d8f0b9a7c11",
    "url": f"{SITE}/services/skin-renewal?utm_source=newsletter&utm_medium=email&utm_campaign=spring"
    "&fbclid=IwZXh0bgNhZW0CMTAAc2RrdjV2dHhxYw_aem_Zk3vQx7Lr9Wt&gclid=Cj0KCQiA88X_BRDUARIsACVMYD9h2qLkz7Xw",
    "at": NOW - 2_000,
    "consent": {"marketing": True, "analytics": False, "at": NOW - 86_400_000},
    "gpc": False,
    "click": {"ttclid": "E.C.P.CrwBQ7hXk2vRz9LmTq4WnYdJ6sGpFbUe", "li_fat_id": "7f3e2b1a-9c8d-4e5f-a6b7-0c1d2e3f4a5b"},
    "value": 249.5,
    "currency": "USD",
    "props": {"variant": "a"},
    "referrer": f"{SITE}/services/overview?utm_source=newsletter&utm_medium=email&utm_campaign=spring",
    "title": "Skin renewal without downtime - Glow Medspa, the invented clinic of these pages",
    "screen": {"width": 1440, "height": 900, "depth": 24, "language": "en-US", "zone": "America/Los_Angeles"},
    "message": "I would like to come on a Tuesday afternoon, if that is possible: after four o'clock is best for me, "
    "and any week of the next month would do, or of the one after. Thank you, Robin.!",
}
CONTACT = {
    "user": {"email": " Robin@Mail.Example ", "first_name": "Robin", "last_name": "Invented", "zip": "94110"},
    "authorization": AUTHORIZATION,
}
PHONE = {"user": {**CONTACT["user"], "phone": "(415) 555-0132"}, "authorization": AUTHORIZATION}  # type: ignore[dict-item]  # it is a dict

BARE = r"""
import hashlib, json, re
from urllib.parse import parse_qs, urlsplit
ROBIN = {"email": " Robin@Mail.Example ", "phone": "(415) 555-0132", "first_name": "Robin", "last_name": "Invented",
         "zip": "94110"}
AGENT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15"
def sha(text): return hashlib.sha256(text.encode("utf-8")).hexdigest()
def tidy(text): return text.strip().lower()
def bare(body):
    event = json.loads(body)
    user = ROBIN | event.get("user", {})
    query = parse_qs(urlsplit(event["url"]).query)
    user_data = {"em": [sha(tidy(user["email"]))], "ph": [sha(re.sub(r"\D", "", user["phone"]))],
                 "fn": [sha(tidy(user["first_name"]))], "ln": [sha(tidy(user["last_name"]))],
                 "zp": [sha(tidy(user["zip"]))], "client_ip_address": "198.51.100.7", "client_user_agent": AGENT,
                 "fbc": f"fb.1.{event['at']}.{query['fbclid'][0]}"}
    told = {"event_name": event["event"], "event_time": event["at"] // 1000, "event_id": event["id"],
            "action_source": "website", "event_source_url": event["url"], "user_data": user_data,
            "custom_data": {"value": event.get("value"), "currency": event.get("currency")}}
    return json.dumps({"data": [told]}, separators=(",", ":")).encode("utf-8")
"""
COLD = """
import sys
sys.modules["typing_extensions"] = None  # msgspec would load it here; the zip has none
from airlock.policy import load
from airlock.guard import Guard
from airlock.authorization import NoAuthorizations
from sanitizer.handler import respond
from sanitizer.intake import _fence
from sanitizer.pages import build_finder
from sanitizer.pipeline import Rules, Visit, decide
from sanitizer.raw import parse
policy = load(open(sys.argv[1], "rb").read())
rules = Rules(policy, frozenset(policy.sites), build_finder(policy), NoAuthorizations())
verdict = decide(parse(sys.argv[2].encode()), Visit(gpc=False, cookie="", received_at=NOW), rules)
messages, hit = _fence(verdict, Guard(policy))
assert len(messages) == 4 and hit is None
"""


def sanitize(event: dict[str, object], rules: Rules, guard: Guard) -> int:
    """An API Gateway event to clean message bytes: every gate, and the guard."""
    request = read_request(event)
    assert check_type(request.headers) is None
    raw = parse(request.body)
    assert isinstance(raw, RawEvent)
    verdict = decide(raw, Visit(gpc=False, cookie=request.cookie, received_at=NOW), rules)
    messages, hit = _fence(verdict, guard)
    assert hit is None
    return len(messages)


def compare(
    one: Callable[[dict[str, object]], object], other: Callable[[bytes], object], bodies: list[str]
) -> tuple[float, float]:
    """Medians in microseconds a call, measured in turn, each over all the bodies."""
    events = [wrap(body) for body in bodies]
    raw = [body.encode() for body in bodies]
    seen: tuple[list[float], list[float]] = ([], [])
    rounds = range(max(1, TIMES // len(bodies)))
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in rounds:
            for event in events:
                one(event)
        between = time.perf_counter()
        for _ in rounds:
            for body in raw:
                other(body)
        ended = time.perf_counter()
        calls = len(rounds) * len(bodies) / 1e6
        seen[0].append((between - started) / calls)
        seen[1].append((ended - between) / calls)
    return statistics.median(seen[0]), statistics.median(seen[1])


def write(visit: Mapping[str, object]) -> str:
    """A body as `JSON.stringify` writes it."""
    return json.dumps(visit, separators=(",", ":"), ensure_ascii=False)


def draw(visit: Mapping[str, object], seed: int) -> str:
    """The same visit with other ids."""
    random = Random(seed)  # noqa: S311 - no secret is made

    def opaque(length: int) -> str:
        return "".join(random.choices(OPAQUE, k=length))

    url = f"{SITE}/services/skin-renewal?utm_source=newsletter&utm_medium=email&utm_campaign=spring"
    return write(
        {
            **visit,
            "id": str(UUID(int=random.getrandbits(128), version=4)),
            "url": f"{url}&fbclid=IwZXh0bgNhZW0CMTAAc2R{opaque(13)}_aem_{opaque(12)}&gclid=Cj0KCQiA{opaque(28)}",
            "click": {"ttclid": f"E.C.P.{opaque(31)}", "li_fat_id": str(UUID(int=random.getrandbits(128), version=4))},
        }
    )


def spawn(script: str, *arguments: str) -> float:
    """Milliseconds of a whole process."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", script, *arguments], cwd=FUNCTIONS, check=True)
    return (time.perf_counter() - started) * 1e3


def main() -> None:
    """Print the report."""
    show = sys.stdout.write
    policy = load(read_policy(FUNCTIONS / "clinic.toml").compiled)
    file = AuthorizationsInMemory()
    file.keep(
        refer_to_authorization(AUTHORIZATION),
        Authorization(
            recipients=(Destination.META,),
            information=(ContactField.EMAIL, ContactField.PHONE),
            purposes=("ad_measurement",),
            signed_at=NOW - 1,
            expires_at=NOW + 1,
        ),
    )
    rules = Rules(policy, frozenset(policy.sites), build_finder(policy), file)
    guard = Guard(policy)
    space: dict[str, Callable[[bytes], bytes]] = {}
    exec(BARE, space)  # noqa: S102 - the same text as the cold process runs
    show(f"{'warm, request to messages for four networks':48}{'us':>8}{'bare us':>9}{'ratio':>7}\n")
    for name, bodies in (
        ("click ids", [write(VISIT)]),
        (f"click ids, {VISITS} visits in turn", [draw(VISIT, seed) for seed in range(VISITS)]),
        ("click ids, hashed e-mail", [write(VISIT | CONTACT)]),
        ("the same and a phone number", [write(VISIT | PHONE)]),
    ):
        assert all(sanitize(wrap(body), rules, guard) == 4 for body in bodies)
        ours, bare = compare(lambda event: sanitize(event, rules, guard), space["bare"], bodies)
        show(f"{f'{name} ({len(bodies[0].encode())} bytes)':48}{ours:8.1f}{bare:9.1f}{ours / bare:7.2f}\n")
    bare, read = compare(lambda event: space["bare"](str(event["body"]).encode()), json.loads, [write(VISIT)])
    show(f"{'  the bare loop to json.loads alone':48}{bare:8.1f}{read:9.1f}{bare / read:7.2f}\n")
    show_cold(policy)
    show_where(wrap(write(VISIT)), rules, guard)


def wrap(body: str) -> dict[str, object]:
    """The body as API Gateway hands it over."""
    return {
        "rawPath": "/v1/events",
        "headers": {"origin": SITE, "content-type": "text/plain;charset=UTF-8", "user-agent": "Mozilla/5.0"},
        "cookies": ["_ga=GA1.1.2"],
        "body": body,
        "requestContext": {"http": {"method": "POST"}},
    }


def show_cold(policy: Policy) -> None:
    """Whole processes in turn: start, import, one event, exit."""
    compileall.compile_dir(FUNCTIONS, quiet=1)
    compiled = FUNCTIONS.parent / "build" / "bench-policy.json"
    compiled.parent.mkdir(exist_ok=True)
    compiled.write_bytes(policy.compiled)
    body = write(VISIT)
    scripts = (
        COLD.replace("NOW", str(NOW)),
        BARE + "import sys; bare(sys.argv[2].encode())",
        "pass",
    )
    seen: tuple[list[float], ...] = ([], [], [])
    for _ in range(SPAWNS):
        for script, times in zip(scripts, seen, strict=True):
            times.append(spawn(script, str(compiled), body))
    ours, bare, python = map(statistics.median, seen)
    sys.stdout.write(f"{'cold, process start to first event, ms':48}{ours:8.1f}{bare:9.1f}{ours / bare:7.2f}\n")
    sys.stdout.write(f"{'  python alone, ms':48}{python:8.1f}\n")
    compiled.unlink()


def show_where(event: dict[str, object], rules: Rules, guard: Guard) -> None:
    """Where the warm time goes: cumulated time of the parts, as the profiler sees them."""
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(2000):
        sanitize(event, rules, guard)
    profiler.disable()
    stats = pstats.Stats(profiler)
    total = stats.total_tt  # type: ignore[attr-defined]  # typeshed has it not
    parts = {
        *("read_request", "parse", "parse_object", "decide", "find", "judge_consent", "collect", "identify"),
        *("derive_event_id", "write_all", "check_messages", "is_opaque", "_find_in"),
    }
    sys.stdout.write("share of the warm time, of each part with what it calls\n")
    rows = []
    for (path, _, name), (_, _, _, cumulated, _) in stats.stats.items():  # type: ignore[attr-defined]  # as above
        if name in parts and "functions" in path:
            rows.append((cumulated / total, f"{Path(path).stem}.{name}"))
    for share, name in sorted(rows, reverse=True):
        sys.stdout.write(f"  {name:30}{share:7.0%}\n")


if __name__ == "__main__":
    main()
