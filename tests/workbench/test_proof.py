"""An export is whole, or the verification names the line: changed, removed, moved, cut off, written anew."""

import io
import json
from collections.abc import Callable

import pytest

from airlock.chain import CHECKPOINT_MS, GENESIS, Chain, hash_line
from airlock.journal import Journal
from airlock.outcome import Outcome, Reason
from workbench.proof import Proof, order, verify, write_end
from workbench.seals import LocalSigner, trust

SIGNER = LocalSigner()


def write_log(now: int, *, signer: LocalSigner | None = SIGNER) -> list[str]:
    """Two execution environments: ten lines each, the sixth and the eleventh of each chain a checkpoint."""
    log = io.StringIO()
    journals = [Journal(log, "ab" * 32, chain=Chain(name, signer)) for name in ("sanitizer-1", "forwarder-meta-1")]
    for step in range(10):
        for journal in journals:
            journal.decide(
                now + step * CHECKPOINT_MS // 5, outcome=Outcome.REFUSED, reason=Reason.METHOD, rule=f"r{step}"
            )
    for journal in journals:
        journal.seal(now + 2 * CHECKPOINT_MS)
    return log.getvalue().splitlines()


def export(lines: list[str], now: int) -> list[bytes]:
    return [*(line.encode() + b"\n" for line in lines), write_end(lines, now)]


def check(lines: list[bytes]) -> Proof:
    return verify(lines, trust([SIGNER.pem]))


def rules(proof: Proof) -> set[tuple[int, str]]:
    return {(fault.line, fault.rule) for fault in proof.faults}


def test_an_export_as_it_was_made_is_whole(now: int) -> None:
    proof = check(export(write_log(now), now))
    assert proof.holds
    assert proof.ended
    assert (proof.lines, proof.chains, proof.signatures) == (24, 2, 4)
    assert proof.notes == ()


def test_every_line_that_is_changed_is_named(now: int) -> None:
    """Whichever of the lines it is, and even where only one letter of it is another."""
    whole = export(write_log(now), now)
    for number in range(1, len(whole)):
        changed = list(whole)
        changed[number - 1] = changed[number - 1].replace(b'"schema":1', b'"schema":2')
        assert number in {fault.line for fault in check(changed).faults}, number


def test_every_line_that_is_removed_leaves_a_gap_with_its_place(now: int) -> None:
    whole = export(write_log(now), now)
    for number in range(1, len(whole)):
        proof = check(whole[: number - 1] + whole[number:])
        assert not proof.holds, number
        link = json.loads(whole[number - 1])
        assert any(f"place {link['seq']}" in fault.sentence for fault in proof.faults), number


def test_two_lines_of_a_chain_that_change_places_are_named(now: int) -> None:
    whole = export(write_log(now), now)
    whole[0], whole[2] = whole[2], whole[0]
    assert {rule for _, rule in rules(check(whole))} == {"gap", "reordered"}
    assert 3 in {fault.line for fault in check(whole).faults}


def test_lines_of_two_chains_that_change_places_are_noticed(now: int) -> None:
    whole = export(write_log(now), now)
    whole[0], whole[1] = whole[1], whole[0]
    assert rules(check(whole)) == {(25, "not_as_exported")}


def test_a_line_that_stands_twice_is_named(now: int) -> None:
    whole = export(write_log(now), now)
    assert (2, "repeated") in rules(check([whole[0], *whole]))


@pytest.mark.parametrize("cut", [1, 2, 5, 20])
def test_an_export_without_its_last_lines_is_not_whole(now: int, cut: int) -> None:
    """The end line alone is missing, and the last lines are; where it is kept, the last line that is left is named."""
    whole = export(write_log(now), now)
    assert not check(whole[:-1][:-cut]).ended
    kept = check([*whole[:-1][:-cut], whole[-1]])
    assert {rule for _, rule in rules(kept)} == {"cut_off"}
    assert max(fault.line for fault in kept.faults) <= len(whole) - 1 - cut


def test_an_export_that_ends_within_a_line_is_named(now: int) -> None:
    whole = b"".join(export(write_log(now), now))
    for end in (len(whole) // 2, len(whole) - 20):
        part = whole[:end].splitlines(keepends=True)
        assert len(part) in {fault.line for fault in check(part).faults}


def test_an_export_without_its_first_lines_is_named(now: int) -> None:
    whole = export(write_log(now), now)
    assert {rule for _, rule in rules(check(whole[4:]))} == {"gap"}
    assert {rule for _, rule in rules(check(whole[4:-1]))} == {"gap", "cut_off"}


def rewrite(lines: list[str], number: int, change: Callable[[str], str]) -> list[str]:
    """What a forger does: change a line, and every hash after it in its chain."""
    before: dict[str, str] = {}
    written: list[str] = []
    for place, line in enumerate(lines, 1):
        link = json.loads(line)
        text = change(line) if place == number else line
        text = text.replace(link["prev"], before.get(link["chain"], GENESIS))
        before[link["chain"]] = hash_line(text.encode())
        written.append(text)
    return written


def test_a_chain_that_was_written_anew_fails_at_its_next_checkpoint(now: int) -> None:
    forged = rewrite(write_log(now), 3, lambda line: line.replace('"rule":"r1"', '"rule":"r9"'))
    assert verify(export(forged, now)).holds, "the links alone cannot show it"
    found = check(export(forged, now)).faults
    checkpoints = [place for place, line in enumerate(forged, 1) if json.loads(line)["kind"] == "checkpoint"]
    own = [place for place in checkpoints if json.loads(forged[place - 1])["chain"] == "sanitizer-1"]
    assert [(fault.line, fault.rule) for fault in found] == [(place, "bad_signature") for place in own]


def test_another_key_s_signature_does_not_hold(now: int) -> None:
    proof = verify(export(write_log(now), now), trust([LocalSigner().pem]))
    assert {fault.rule for fault in proof.faults} == {"bad_signature"}


def test_what_a_proof_does_not_cover_is_said(now: int) -> None:
    unsigned = write_log(now, signer=None)
    (said,) = check(export(unsigned, now)).notes
    assert "no signed checkpoint" in said
    lines = write_log(now)
    assert any("--key" in note for note in verify(export(lines, now)).notes)
    running = verify([line.encode() + b"\n" for line in lines], trust([SIGNER.pem]), running=True)
    assert running.holds
    assert any("no end line" in note for note in running.notes)


def test_a_part_of_a_log_is_whole_by_its_own_end_line(now: int) -> None:
    """An export of one day begins in the middle of a chain; its end line says where."""
    part = write_log(now)[6:]
    assert check(export(part, now)).holds


def test_streams_are_put_in_the_order_of_an_export(now: int) -> None:
    lines = write_log(now)
    shuffled = sorted(lines, key=hash)
    ordered = order(shuffled)
    assert sorted(ordered) == sorted(lines)
    assert check(export(ordered, now)).holds
    assert [json.loads(line)["at"] for line in ordered] == sorted(json.loads(line)["at"] for line in ordered)


def test_an_export_that_was_cut_off_between_two_lines_is_not_whole(now: int) -> None:
    """Wherever it ends early, the last line that is there is named."""
    whole = export(write_log(now), now)
    for kept in range(1, len(whole)):
        found = [fault for fault in check(whole[:kept]).faults if fault.rule == "cut_off"]
        assert [fault.line for fault in found] == [kept]
    assert not check([]).holds
