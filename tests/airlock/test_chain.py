"""A chain: how each line is tied to the one before it, and when what was tied is signed."""

import hashlib
import json

from airlock.chain import GENESIS, Chain, hash_line, write_statement

MINUTE = 60_000


class Key:
    """A key that signs whatever it is given."""

    key = "a-key"

    def sign(self, statement: bytes) -> str | None:
        del statement
        return "c2lnbmVk"


def test_a_line_keeps_what_it_said_and_gains_its_place_and_the_hash_of_the_line_before() -> None:
    chain = Chain("sanitizer-a1b2")
    first, second = chain.link(b'{"kind":"gate"}'), chain.link(b'{"kind":"fault"}')
    assert json.loads(first) == {"kind": "gate", "chain": "sanitizer-a1b2", "seq": 0, "prev": GENESIS}
    before = hashlib.sha256(first).hexdigest()
    assert json.loads(second) == {"kind": "fault", "chain": "sanitizer-a1b2", "seq": 1, "prev": before}


def test_a_checkpoint_is_due_after_every_500_lines_of_which_it_is_none(now: int) -> None:
    """Each checkpoint covers as many lines as the one before, for as long as the chain grows."""
    chain, places = Chain("c", Key()), []
    for _ in range(1500):
        chain.link(b"{}")
        if chain.is_due(now):
            places.append(chain.next)
            chain.state(now)
            chain.link(b"{}")
    assert places == [500, 1001, 1502]


def test_a_checkpoint_is_due_with_the_first_line_after_a_minute(now: int) -> None:
    chain = Chain("c", Key())
    chain.link(b"{}")
    assert not chain.is_due(now)
    assert not chain.is_due(now + MINUTE - 1)
    assert chain.is_due(now + MINUTE)
    chain.state(now + MINUTE)
    assert not chain.is_due(now + 2 * MINUTE - 1)
    assert chain.is_due(now + 2 * MINUTE)


def test_without_a_key_no_checkpoint_is_ever_due(now: int) -> None:
    chain = Chain("c")
    for _ in range(501):
        chain.link(b"{}")
    assert not chain.is_due(now)
    assert not chain.is_due(now + MINUTE)


def test_what_is_signed_names_the_chain_the_place_and_the_last_line(now: int) -> None:
    """An auditor can write the same statement from an export alone and hold the signature against it."""
    chain = Chain("c", Key())
    last = chain.link(b"{}")
    assert chain.state(now) == write_statement("c", 1, hash_line(last))
    assert write_statement("c", 1, GENESIS) == b"airlock-checkpoint-1\nc\n1\n" + b"0" * 64
