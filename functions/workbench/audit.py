"""`airlock audit`: the journal in, what was told to whom and why not out; and the proof that the journal is whole."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from airlock.address_book import Destination
from airlock.tokens import EventId, TokenError, derive_event_id
from workbench import seals
from workbench.account import draw_account
from workbench.account_page import print_account, print_balances, print_proof
from workbench.balance import read_balances
from workbench.complaint import Complaint
from workbench.journal_schema import write_schema
from workbench.journal_source import (
    LOG_GROUPS,
    LogsClient,
    decode,
    describe_period,
    find_groups,
    read_cloud,
    read_file,
    read_period,
)
from workbench.proof import END, order, verify, write_end


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    describe_period(parser)
    parser.add_argument("--network", choices=tuple(Destination), help="only this network, each disclosure listed")
    parser.add_argument("--event", metavar="NAME", help="only this event of the policy")
    parser.add_argument("--id", metavar="ID", help="only one event: the browser's UUID, or a derived event id")
    parser.add_argument(
        "--balance", action="store_true", help="only the balance: accepted = delivered + ... ; 1 if open"
    )
    parser.add_argument("--verify", action="store_true", help="prove that no line was changed, removed or moved")
    parser.add_argument("--running", action="store_true", help="verify a running log, which has no end line yet")
    parser.add_argument("--key", action="append", default=[], metavar="PEM", help="public key of the checkpoints")
    parser.add_argument("--save-key", metavar="PEM", help="write the public keys of the checkpoints, asked of KMS")
    parser.add_argument("--export", metavar="FILE", help="write the lines with an end line, to be kept and verified")
    parser.add_argument("--unmask", action="store_true", help="ask CloudWatch for unmasked lines (logs:Unmask)")
    parser.add_argument("--schema", action="store_true", help="print what each field of a line means, and nothing else")
    parser.add_argument("--json", action="store_true", help="the result as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Answer; 1 where a verification or a balance fails."""
    if arguments.schema:
        sys.stdout.writelines(f"{line}\n" for line in write_schema())
        return 0
    lines = read_journal(arguments, time.time_ns() // 1_000_000)
    if arguments.verify:
        return _verify(arguments, lines)
    if arguments.save_key:
        return _save_keys(arguments, lines)
    if arguments.export:
        return _export(arguments, lines)
    chosen = list(_choose(arguments, decode(lines)))
    if arguments.balance:
        return _balance(arguments, chosen)
    account = draw_account(chosen, arguments.network, arguments.event)
    balances = read_balances(chosen)
    if arguments.json:
        _write_json({**msgspec.to_builtins(account), "balance": msgspec.to_builtins(balances, str_keys=True)})
        return 0
    sys.stdout.write(print_account(account, listed=bool(arguments.network or arguments.id)))
    if not (arguments.network or arguments.event or arguments.id):
        sys.stdout.write(print_balances(balances))
    return 0


def read_journal(arguments: argparse.Namespace, now: int) -> Iterator[bytes]:
    """The raw lines of the period that a command's arguments name, from a file or from CloudWatch."""
    since, until = read_period(arguments, now)
    if not arguments.local:
        yield from (line.encode() + b"\n" for line in _read_cloud(arguments, since, until))
        return
    everything = getattr(arguments, "verify", False) or not (arguments.since or arguments.until)
    for line in read_file(arguments.local):
        if everything or any(since <= each.get("at", -1) < until for each in decode([line])):
            yield line


def _read_cloud(arguments: argparse.Namespace, since: int, until: int) -> list[str]:
    client = _open_logs()
    # A balance needs one network's decisions and disclosures; everything else needs refusals too, which name none.
    asked = {"destination": "network", "event": "event"} if getattr(arguments, "balance", False) else {}
    wanted = {field: str(value) for field, option in asked.items() if (value := getattr(arguments, option))}
    groups = find_groups(client, f"{LOG_GROUPS}{arguments.name}")
    unmask = getattr(arguments, "unmask", False)
    return order(read_cloud(client, groups, since, until, _tell_progress, wanted=wanted, unmask=unmask))


def _open_logs() -> LogsClient:
    import boto3  # noqa: PLC0415 - half a second that a local journal does not need

    client: LogsClient = boto3.client("logs")
    return client


def _tell_progress(sentence: str) -> None:
    sys.stderr.write(f"airlock: {sentence}\n")


def _choose(arguments: argparse.Namespace, lines: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    identifiers = _read_ids(arguments.id) if arguments.id else None
    for line in lines:
        if line.get("kind") != END and (identifiers is None or line.get("event_id") in identifiers):
            yield line


def _read_ids(text: str) -> frozenset[str]:
    try:
        return frozenset({EventId(text)})
    except TokenError:
        return frozenset(derive_event_id(destination, text.strip("{}")) for destination in Destination)


def _verify(arguments: argparse.Namespace, lines: Iterator[bytes]) -> int:
    try:
        keys = [Path(name).read_bytes() for name in arguments.key]
    except OSError as error:
        raise Complaint(f"cannot read the key: {error.strerror}", 2) from None
    proof = verify(lines, seals.trust(keys), running=arguments.running or not arguments.local)
    if arguments.json:
        _write_json({"holds": proof.holds, **msgspec.to_builtins(proof)})
    else:
        sys.stdout.write(print_proof(proof))
    return int(not proof.holds)


def _save_keys(arguments: argparse.Namespace, lines: Iterator[bytes]) -> int:
    names = sorted({line["key"] for line in decode(lines) if line.get("kind") == "checkpoint"})
    if not names:
        raise Complaint("the journal has no checkpoint in this period, so it names no key")
    client = _open_kms()
    pems = [seals.write_pem(client.get_public_key(KeyId=name)["PublicKey"]) for name in names]
    Path(arguments.save_key).write_bytes(b"".join(pems))
    sys.stdout.write(f"{len(pems)} public keys written to {arguments.save_key}; keep them apart from the exports.\n")
    return 0


def _open_kms() -> Any:  # noqa: ANN401 - boto3 ships no types
    import boto3  # noqa: PLC0415 - half a second that a local journal does not need

    return boto3.client("kms")


def _export(arguments: argparse.Namespace, lines: Iterator[bytes]) -> int:
    texts = [line.decode().rstrip("\r\n") for line in lines]
    texts = [text for text in texts if f'"kind":"{END}"' not in text[:40]]
    target = Path(arguments.export)
    end = write_end(texts, time.time_ns() // 1_000_000)
    target.write_bytes("".join(f"{text}\n" for text in texts).encode() + end)
    if arguments.json:
        _write_json({"lines": len(texts), "file": str(target)})
    else:
        sys.stdout.write(f"{len(texts)} lines and an end line written to {target}.\n")
    return 0


def _balance(arguments: argparse.Namespace, lines: list[dict[str, Any]]) -> int:
    balances = read_balances(line for line in lines if arguments.network in {None, line.get("destination")})
    if arguments.json:
        closes = {str(to): {**msgspec.to_builtins(each), "closes": each.closes} for to, each in balances.items()}
        _write_json(closes)
    else:
        sys.stdout.write(print_balances(balances))
    return int(not all(balance.closes for balance in balances.values()))


def _write_json(document: Any) -> None:  # noqa: ANN401 - any JSON
    sys.stdout.write(json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n")
