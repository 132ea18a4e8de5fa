"""A local journal or CloudWatch Logs in, its lines as they were written out; and the moments between which they lie."""

import argparse
import datetime
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from workbench.complaint import Complaint

LOG_GROUPS = "/airlock/"
_UNITS_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_AGO = re.compile(r"([0-9]{1,4})([mhdw])", re.ASCII)
_EVERY_PAGES = 5
_decode = msgspec.json.Decoder(dict[str, Any]).decode

Progress = Callable[[str], None]


class LogsClient(Protocol):
    """The part of boto3's CloudWatch Logs client that is used here."""

    def describe_log_groups(self, **asked: Any) -> Any:  # noqa: ANN401 - boto3 ships no types
        """Names of log groups, a page of them."""

    def filter_log_events(self, **asked: Any) -> Any:  # noqa: ANN401 - as above
        """Lines that fit a pattern, a page of them."""


def read_file(name: str) -> Iterator[bytes]:
    """The lines of a local journal, each with its line end; `-` is stdin.

    Raises:
        Complaint: the file cannot be read.
    """
    if name == "-":
        yield from sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as source:
            yield from source
    except OSError as error:
        raise Complaint(f"cannot read {name}: {error.strerror}", 2) from None


def find_groups(client: LogsClient, prefix: str) -> list[str]:
    """The log groups of a deployment."""
    groups: list[str] = []
    asked: dict[str, Any] = {"logGroupNamePrefix": prefix}
    while True:
        page = client.describe_log_groups(**asked)
        groups += [group["logGroupName"] for group in page["logGroups"]]
        if "nextToken" not in page:
            break
        asked["nextToken"] = page["nextToken"]
    if not groups:
        raise Complaint(f"no log group's name begins with {prefix}: name the deployment with --name", 2)
    return groups


def read_cloud(
    client: LogsClient,
    groups: Iterable[str],
    since: int,
    until: int,
    progress: Progress,
    *,
    wanted: Mapping[str, str] | None = None,
    unmask: bool = False,
) -> Iterator[str]:
    """The journal lines of log groups, as they were written. `wanted` names fields and the value each must have.

    FilterLogEvents and not Logs Insights: it gives every line, byte for byte, where a query ends at 10,000 results.
    """
    pattern = " && ".join(['$.chain = "*"', *(f'$.{field} = "{value}"' for field, value in (wanted or {}).items())])
    count = 0
    for group in groups:
        asked: dict[str, Any] = {
            "logGroupName": group,
            "startTime": since,
            "endTime": until - 1,
            "filterPattern": f"{{ {pattern} }}",
        }
        if unmask:
            asked["unmask"] = True
        pages = 0
        while True:
            page = client.filter_log_events(**asked)
            pages += 1
            for event in page["events"]:
                count += 1
                yield event["message"].rstrip("\r\n")
            if page["events"] and pages % _EVERY_PAGES == 0:
                done = (page["events"][-1]["timestamp"] - since) / max(1, until - since)
                progress(f"{group}: {count:,} lines, {min(1.0, max(0.0, done)):.0%} of the time asked for")
            if "nextToken" not in page:
                break
            asked["nextToken"] = page["nextToken"]
    progress(f"{count:,} lines read")


def decode(lines: Iterable[bytes | str]) -> Iterator[dict[str, Any]]:
    """Lines as objects; what is no JSON object is left to `--verify` to name."""
    for line in lines:
        try:
            yield _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue


def read_moment(text: str, now: int) -> int:
    """`2026-11-24`, `2026-11-24T15:00:00-08:00` (UTC where no zone is given) or `90m`, `24h`, `7d` ago; epoch ms.

    Raises:
        ValueError: it is none of these.
    """
    if ago := _AGO.fullmatch(text):
        return now - int(ago[1]) * _UNITS_MS[ago[2]]
    moment = datetime.datetime.fromisoformat(text)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp() * 1000)


def describe_period(parser: argparse.ArgumentParser) -> None:
    """The arguments of every command that reads the journal."""
    parser.add_argument("--local", metavar="FILE", help="a journal or an export on this machine; - is stdin")
    parser.add_argument("--since", metavar="WHEN", help="ISO 8601, or 90m, 24h, 7d ago (default: 24h ago; all of FILE)")
    parser.add_argument("--until", metavar="WHEN", help="up to, and not with, this moment (default: now)")
    parser.add_argument("--name", default="", metavar="NAME", help="the deployment, where an account has several")


def read_period(arguments: argparse.Namespace, now: int) -> tuple[int, int]:
    """Since and until in epoch milliseconds.

    Raises:
        Complaint: one of them cannot be read, or they are the wrong way round.
    """
    earliest = 0 if arguments.local else now - _UNITS_MS["d"]
    try:
        since = read_moment(arguments.since, now) if arguments.since else earliest
        until = read_moment(arguments.until, now) if arguments.until else max(now, 1 << 53 if arguments.local else now)
    except ValueError:
        raise Complaint("--since and --until take 2026-11-24, 2026-11-24T15:00:00Z, or 90m, 24h, 7d ago", 2) from None
    if since >= until:
        raise Complaint("--since must lie before --until", 2)
    return since, until
