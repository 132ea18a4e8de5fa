"""`airlock authorization`: a HIPAA authorization's terms in, recorded, revoked, shown or listed; never the document.

In the cloud a change goes through the airlock's own signed route, so that it is journalled like every other; on this
machine it is written to a file, with its journal line in another beside it.
"""

import argparse
import contextlib
import datetime
import hashlib
import json
import re
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airlock.address_book import ContactField, Destination
from airlock.authorization import PURPOSE, Authorization, Authorizations
from airlock.authorization_table import AuthorizationTable
from airlock.chain import Chain
from airlock.journal import Journal, shorten
from airlock.table import UnavailableError
from airlock.tokens import AuthorizationRef, refer_to_authorization
from sanitizer.authorizations import change
from workbench.authorization_file import AuthorizationFile
from workbench.client import AirlockError, Client
from workbench.complaint import Complaint

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_UNVERSIONED_POLICY = "0" * 64  # a change on this machine is made under no policy


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    what = parser.add_subparsers(dest="what", metavar="add | revoke | show | list", required=True)
    add = what.add_parser("add", help="record an authorization, and print its id where none is given")
    add.add_argument("id", nargs="?", help="auth_ and 16 to 64 letters or digits (default: a new one)")
    add.add_argument("--recipients", required=True, help=f"who may be told, with commas: {', '.join(Destination)}")
    add.add_argument("--information", required=True, help=f"what may be told, with commas: {', '.join(ContactField)}")
    add.add_argument("--signed", required=True, metavar="ISO8601", help="when it was signed; a day is its first moment")
    add.add_argument("--expires", required=True, metavar="ISO8601", help="when it ends, a year later at most")
    add.add_argument("--template", required=True, help="the file of the form that was signed, or its SHA-256")
    revoke = what.add_parser("revoke", help="revoke an authorization, what is queued already included")
    show = what.add_parser("show", help="show one authorization's terms")
    listed = what.add_parser("list", help="list all, by the hash under which the journal names them")
    for parser_of in (revoke, show):
        parser_of.add_argument("id", help="the authorization's id")
    for parser_of in (add, revoke):
        _describe_place(parser_of, "--url", "the airlock's origin, such as https://collect.clinic.example")
    for parser_of in (show, listed):
        _describe_place(parser_of, "--table", "the DynamoDB table of the deployed airlock")
        parser_of.add_argument("--json", action="store_true", help="one JSON object a line")


def _describe_place(parser: argparse.ArgumentParser, option: str, says: str) -> None:
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument(option, help=says)
    place.add_argument("--file", help="a SQLite file of this machine")
    parser.add_argument("--region", default="us-east-1", help="the AWS region (default: us-east-1)")


def run(arguments: argparse.Namespace) -> int:
    """Do it; 0 where it was done."""
    try:
        match arguments.what:
            case "add":
                identifier = arguments.id or f"auth_{secrets.token_hex(16)}"
                _change("PUT", identifier, _read_terms(arguments), arguments)
                sys.stdout.write(f"{identifier}\n")
            case "revoke":
                _change("DELETE", arguments.id, None, arguments)
            case "show":
                return _show(arguments.id, arguments)
            case _:
                with _open(arguments) as on_file:
                    for ref, terms in on_file.read_all():
                        _print(ref, terms, arguments)
    except UnavailableError as error:
        raise Complaint(f"the place where authorizations are kept does not answer: {error}") from None
    except AirlockError as error:
        raise Complaint(str(error)) from None
    return 0


def _read_terms(arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "recipients": list(_split(arguments.recipients)),
        "information": list(_split(arguments.information)),
        "purposes": [PURPOSE],
        "signed_at": _moment(arguments.signed, "--signed"),
        "expires_at": _moment(arguments.expires, "--expires"),
        "template_sha256": _hash_template(arguments.template),
    }


def _split(words: str) -> Iterator[str]:
    return (word.strip() for word in words.split(",") if word.strip())


def _moment(text: str, option: str) -> int:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise Complaint(f"{option}: must be ISO 8601, such as 2026-11-24 or 2026-11-24T10:00:00-08:00", 2) from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp() * 1000)


def _hash_template(given: str) -> str:
    if _SHA256.fullmatch(given):
        return given
    try:
        return hashlib.sha256(Path(given).read_bytes()).hexdigest()
    except OSError as error:
        raise Complaint(f"--template: cannot read the file: {error.strerror}", 2) from None


def _change(method: str, identifier: str, terms: dict[str, Any] | None, arguments: argparse.Namespace) -> None:
    if arguments.url:
        with contextlib.closing(_open_client(arguments)) as client:
            if terms is None:
                client.revoke_authorization(identifier)
            else:
                client.record_authorization(identifier, terms)
        return
    now = time.time_ns() // 1_000_000
    with contextlib.closing(AuthorizationFile(Path(arguments.file))) as file:
        status, told, changed = change(method, identifier, json.dumps(terms).encode(), file, now)
    if changed is None:
        wrong = json.loads(told)
        raise Complaint(f"refused: {wrong['element']}: {wrong['rule']}", 2 if status == 400 else 1)  # noqa: PLR2004 - HTTP
    with Path(f"{arguments.file}.journal.jsonl").open("a", encoding="utf-8") as log:
        journal = Journal(log, _UNVERSIONED_POLICY, chain=Chain(f"authorization-{secrets.token_hex(8)}"))
        journal.record_authorization(now, changed.ref, changed.word)


def _open_client(arguments: argparse.Namespace) -> Client:
    try:
        return Client(arguments.url, arguments.region)
    except ValueError as error:
        raise Complaint(str(error), 2) from None


@contextlib.contextmanager
def _open(arguments: argparse.Namespace) -> Iterator[Authorizations]:
    if not arguments.table:
        if not Path(arguments.file).is_file():
            raise Complaint("there is no such file of authorizations", 2)
        with contextlib.closing(AuthorizationFile(Path(arguments.file))) as file:
            yield file
        return
    import boto3  # noqa: PLC0415 - only what reads the cloud needs it

    yield AuthorizationTable(lambda: boto3.client("dynamodb", region_name=arguments.region), arguments.table)


def _show(identifier: str, arguments: argparse.Namespace) -> int:
    ref = refer_to_authorization(identifier)
    with _open(arguments) as on_file:
        terms = on_file.find(ref)
    if terms is None:
        sys.stderr.write("airlock: there is none under this id\n")
        return 1
    _print(ref, terms, arguments)
    return 0


def _print(ref: AuthorizationRef, terms: Authorization, arguments: argparse.Namespace) -> None:
    """One authorization under the digits by which the journal names it."""
    state = _say_state(terms, time.time_ns() // 1_000_000)
    if arguments.json:
        document = {
            "authorization": shorten(ref),
            "state": state,
            "recipients": terms.recipients,
            "information": terms.information,
            "purposes": terms.purposes,
            "signed_at": terms.signed_at or None,
            "expires_at": terms.expires_at or None,
            "revoked_at": terms.revoked_at,
            "template_sha256": terms.template_sha256 or None,
        }
        sys.stdout.write(json.dumps(document) + "\n")
        return
    covered = f"{', '.join(terms.information) or 'nothing'} to {', '.join(terms.recipients) or 'nobody'}"
    until = (
        f"{_say_day(terms.signed_at)} to {_say_day(terms.expires_at)}" if terms.signed_at else "terms never recorded"
    )
    sys.stdout.write(f"{shorten(ref)}  {state:<8}  {until}  {covered}\n")


def _say_state(terms: Authorization, now: int) -> str:
    if terms.revoked_at is not None:
        return "revoked"
    return "valid" if terms.signed_at <= now < terms.expires_at else "expired"


def _say_day(moment: int) -> str:
    return datetime.datetime.fromtimestamp(moment / 1000, datetime.UTC).date().isoformat()
