"""A fuzzer for the reader of a visitor's bytes: hostile seeds, spliced and bent, for as long as it is let run.

`uv run python -m tests.sanitizer.fuzz_raw 600` runs for ten minutes; the same seeds give the same bodies. Whatever the
bytes are, the parser gives a RawEvent or a Malformed and raises nothing; one body in fifty goes through the whole
airlock, which answers it 204 or 4xx, and not because of a fault inside. What breaks this is printed as base64 and ends
the run with 1.
"""

import base64
import copy
import json
import sys
import time
from collections import Counter
from random import Random  # noqa: TID251 - seeded: the same bodies at every run

from airlock.outcome import Reason
from airlock.policy_file import read_policy
from sanitizer.raw import Malformed, RawEvent, parse
from tests.conftest import FUNCTIONS
from tests.sanitizer.desk import Desk, reasons
from tests.sanitizer.visits import VECTORS, make_visit

TOKENS = [
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"-0", b"0x1"),
    *(
        b"\\ud800",
        b"\\udc00",
        b"\\u0000",
        b"\x00",
        b"\xff",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\xf0\x9f\x98\x80",
    ),
    *(b'"event":"lead"', b'"at":', b'"consent":{', b'"url":"https://', b"%2e%2e/", b"%25", b";", b"\\", b"/../", b"//"),
    *(
        b"9" * 30,
        b"9" * 5000,
        b"[" * 50,
        b'{"a":' * 50,
        b"fbclid=",
        b'"click":{"fbclid":',
        b"\r\n",
        b"${jndi:",
        b"=cmd|",
    ),
]


VALUES = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        1e308,
        10**30,
        "",
        "x",
        "lead",
        [],
        {},
        [[]],
        {"a": 1},
        "\ud800",
        "\x00",
        "é" * 40,
    ),
    *(
        "https://www.glow-medspa.example/%2e%2e;x",
        "https://[::1]:99999/",
        "fbclid=%ff",
        "a" * 600,
        "0" * 64,
        "../" * 30,
    ),
]


ODD = "\x00\t\n %\\;:@/?#&=+.[]{}|<>\u017f\u212a\u0131\u0130\u0663\u2028\ufeff\uff0e\U0001d7d8\u00e9e\u0301"
"""Characters that another one is taken for, in another case or script, or that end something."""
LONG = ("https://www.glow-medspa.example:443/services/a?fbclid=IwAR2ExampleFbclid0001#x", "HTTP://a@[::1f]:80/%2e;b")


def read_seeds() -> list[bytes]:
    """Honest visits, and the public collection of hostile ones where it is at hand."""
    seeds = [json.dumps(make_visit(value=700, props={"variant": "a"}, user={"email": "robin@mail.example"})).encode()]
    path = VECTORS / "attacks.jsonl"
    if path.exists():
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            is_binary = row["body_encoding"] == "base64"
            seeds.append(base64.b64decode(row["body"]) if is_binary else row["body"].encode("utf-8", "surrogatepass"))
    return seeds


def twist(draw: Random) -> bytes:
    """An honest visit, sound JSON still, with values where they do not belong."""
    visit = make_visit(value=700, props={"variant": "a"}, user={"email": "robin@mail.example"})
    for _ in range(draw.randint(1, 3)):
        place = draw.choice([visit, *(value for value in visit.values() if isinstance(value, dict))])
        value = draw.choice([*VALUES, *visit.values(), draw.randint(-(10**15), 10**15)])
        place[draw.choice([*place, "x"])] = copy.deepcopy(value)
    return json.dumps(visit, ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")


def garble(draw: Random) -> bytes:
    """An honest visit in one of whose texts a few characters are others."""
    visit = make_visit(value=700, props={"variant": "a"}, user={"email": "robin@mail.example", "phone": "415 555 0132"})
    visit["url"] = draw.choice([visit["url"], *LONG])
    places = [(place, key) for place in (visit, *visit.values()) if isinstance(place, dict) for key in place]
    place, key = draw.choice([(place, key) for place, key in places if isinstance(place[key], str)])
    text = list(place[key])
    for _ in range(draw.randint(1, 3)):
        at = draw.randint(0, len(text))
        text[at : at + draw.randint(0, 1)] = draw.choice(ODD)
    place[key] = "".join(text)
    return json.dumps(visit, ensure_ascii=draw.random() < 0.5).encode()


def bend(seed: bytes, other: bytes, draw: Random) -> bytes:
    """A few random changes of one seed, some of them pieces of another."""
    body = bytearray(seed)
    for _ in range(draw.randint(1, 4)):
        at = draw.randint(0, len(body))
        match draw.randint(0, 5):
            case 0 if body:
                body[at % len(body)] = draw.randrange(256)
            case 1:
                body[at:at] = draw.choice(TOKENS)
            case 2:
                del body[at : at + draw.randint(1, 20)]
            case 3:
                start = draw.randint(0, len(other))
                body[at:at] = other[start : start + draw.randint(1, 60)]
            case 4:
                body[at:at] = body[at : at + draw.randint(1, 40)]
            case _:
                body = body.replace(b'"', draw.choice(TOKENS), draw.randint(0, 2))
    return bytes(body[:20_000])


def main(seconds: float) -> int:
    """Fuzz for so long; 0 where nothing broke."""
    draw, seeds = Random("airlock"), read_seeds()  # noqa: S311 - not a secret
    desk = Desk(read_policy(FUNCTIONS / "clinic.toml"))
    seen: Counter[str] = Counter()
    rounds, ends = 0, time.monotonic() + seconds
    while time.monotonic() < ends:
        if rounds % 3:
            body = twist(draw) if rounds % 3 == 1 else garble(draw)
        else:
            body = bend(draw.choice([seeds[0], draw.choice(seeds)]), draw.choice(seeds), draw)
        rounds += 1
        try:
            raw = parse(body)
            assert isinstance(raw, RawEvent | Malformed)
            seen["event" if isinstance(raw, RawEvent) else f"{raw.field}:{raw.rule}"] += 1
            if rounds % 50 == 0:
                told = desk.tell(body)
                desk.queued.clear()
                assert told.status == 204 or 400 <= told.status < 500
                assert Reason.INTERNAL not in reasons(told).values()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what was looked for
            sys.stdout.write(f"{type(error).__name__}: {base64.b64encode(body).decode()}\n")
            return 1
    sys.stdout.write(f"{rounds:,} bodies, {rounds // 50:,} through the whole airlock: no exception, no fault, no 5xx\n")
    sys.stdout.writelines(f"  {count:9,} {what}\n" for what, count in seen.most_common())
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60))
