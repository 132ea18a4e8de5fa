"""`airlock import`: a sheet of conversions in, each told to the airlock and counted, or in a dry run judged only."""

import argparse
import datetime
import io
import json
import secrets
import shutil
import sys
import tempfile
import time
import zoneinfo
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, BinaryIO

from airlock.authorization import Authorizations, AuthorizationsInMemory
from airlock.clean import Source
from airlock.policy import Policy
from airlock.table import UnavailableError
from workbench.authorization_file import AuthorizationFile
from workbench.bench import open_policy
from workbench.client import AirlockError, Client
from workbench.complaint import Complaint
from workbench.importing.importer import Importer, Judge, Progress, Rejects
from workbench.importing.mapping import ColumnMap, map_columns, read_settings
from workbench.importing.memory import Memory
from workbench.importing.moment import Moments
from workbench.importing.record import Records
from workbench.importing.rehearsal import build_dry_judge
from workbench.importing.sheet import find_encoding, read_sheet
from workbench.importing.tally import Tally

_MONTH_FIRST = "US"  # where 3/4 is a day in March; elsewhere it is one in April


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("file", metavar="FILE", help="a sheet as CSV, whatever its separator and encoding; - is stdin")
    parser.add_argument("--send", action="store_true", help="tell the airlock; without it nothing is sent (a dry run)")
    parser.add_argument("--url", help="the airlock's origin, such as https://collect.clinic.example (with --send)")
    parser.add_argument("--region", default="us-east-1", help="its AWS region (default: us-east-1)")
    parser.add_argument("--mapping", metavar="FILE", help="which column is what, in TOML; without it by the header")
    parser.add_argument("--event", help="the event of every row that names none")
    parser.add_argument("--source", choices=[str(source) for source in Source], help="where every row's happened")
    parser.add_argument("--time-zone", metavar="ZONE", help="of times without one (default: the policy's)")
    parser.add_argument("--policy", metavar="FILE", help="a policy in TOML (default: the repository's own)")
    parser.add_argument("--authorizations", metavar="FILE", help="in a dry run: the SQLite file of authorizations")
    parser.add_argument("--state", metavar="FILE", help="keeps what was told (default: beside FILE)")
    parser.add_argument("--rejects", metavar="FILE", help="row numbers and reasons go there (default: beside FILE)")
    parser.add_argument("--now", metavar="ISO8601", help="in a dry run: the time to suppose (default: the clock's)")
    parser.add_argument("--json", action="store_true", help="the counts as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Import; 0 where every row was dealt with, 1 where the airlock stopped answering."""
    if arguments.send and not arguments.url:
        raise Complaint("--send needs --url, the airlock's origin", 2)
    if arguments.send and arguments.file == "-" and not arguments.state:
        raise Complaint("what comes on stdin is told with --state FILE only: without it nothing knows what was told", 2)
    policy = open_policy(arguments.policy)
    with ExitStack() as stack:
        source, place = _open_source(arguments.file, stack)
        state = Path(arguments.state) if arguments.state else place and place.with_name(f"{place.name}.airlock-state")
        rejects = (
            Path(arguments.rejects) if arguments.rejects else place and place.with_name(f"{place.name}.rejects.csv")
        )
        memory = Memory(state, secrets.token_bytes(32), changing=arguments.send)
        stack.callback(memory.close)
        lines = io.TextIOWrapper(source, encoding=find_encoding(source), errors="replace", newline="")
        sheet = read_sheet(lines)
        columns = map_columns(sheet.header, _read_settings(arguments))
        records = Records(columns, _read_moments(columns, policy), policy.consent_required, memory.key)
        tally = Tally()
        judge = _build_judge(arguments, policy, tally, stack)
        sys.stderr.write(_describe_columns(columns))
        importer = Importer(
            records, memory, judge, tally, Rejects(rejects, stack), Progress(sys.stderr, time.monotonic)
        )
        try:
            importer.take(sheet.rows)
        except AirlockError as error:
            sys.stderr.write(f"airlock: stopped after {tally.rows:,} rows: {error}; run the same command to go on\n")
        else:
            _print(tally, arguments)
            return 0
    _print(tally, arguments)
    return 1


def _open_source(name: str, stack: ExitStack) -> tuple[BinaryIO, Path | None]:
    """The file, or what comes on stdin in a file of its own, which can be read twice."""
    if name == "-":
        copy = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.seek(0)
        return copy, None
    try:
        return stack.enter_context(Path(name).open("rb")), Path(name)
    except OSError as error:
        raise Complaint(f"cannot read {name}: {error.strerror}", 2) from None


def _read_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    given = {"event": arguments.event, "source": arguments.source, "time_zone": arguments.time_zone}
    return read_settings(arguments.mapping) | {key: value for key, value in given.items() if value is not None}


def _read_moments(columns: ColumnMap, policy: Policy) -> Moments:
    name = columns.time_zone or policy.time_zone
    if name is None:
        raise Complaint("say the clinic's time zone: `time_zone` in the policy's [clinic], or --time-zone", 2)
    try:
        zone = zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        raise Complaint("the time zone is none of the IANA database, such as America/Los_Angeles", 2) from None
    day_first = policy.country != _MONTH_FIRST if columns.day_first is None else columns.day_first
    return Moments(zone, day_first=day_first)


def _build_judge(arguments: argparse.Namespace, policy: Policy, tally: Tally, stack: ExitStack) -> Judge:
    if arguments.send:
        client = _open_client(arguments)
        stack.callback(client.close)
        return lambda events: [result["reason"] for result in client.send(events)]
    on_file: Authorizations = AuthorizationsInMemory()
    if arguments.authorizations:
        if not Path(arguments.authorizations).is_file():
            raise Complaint("there is no such file of authorizations", 2)
        try:
            on_file = stack.enter_context(closing(AuthorizationFile(Path(arguments.authorizations))))
        except UnavailableError:
            raise Complaint("the file of authorizations cannot be read", 2) from None
    moment = datetime.datetime.fromisoformat(arguments.now).timestamp() * 1000 if arguments.now else None
    return build_dry_judge(policy, on_file, tally, lambda: round(moment or time.time_ns() / 1_000_000))


def _open_client(arguments: argparse.Namespace) -> Client:
    try:
        return Client(arguments.url, arguments.region)
    except ValueError as error:
        raise Complaint(str(error), 2) from None


def _describe_columns(columns: ColumnMap) -> str:
    read = ", ".join(columns.columns)
    return f"Columns that are read: {read}. Columns that are not: {columns.ignored}.\n"


def _print(tally: Tally, arguments: argparse.Namespace) -> None:
    if arguments.json:
        sys.stdout.write(json.dumps({"sent": arguments.send, **tally.as_object()}) + "\n")
        return
    sys.stdout.write(tally.as_table("accepted by the airlock" if arguments.send else "would be told"))
    if not arguments.send:
        sys.stdout.write("Dry run: nothing was sent. Tell the airlock with --send --url https://...\n")
