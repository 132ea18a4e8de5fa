"""`airlock secret set NETWORK`: a token from stdin in, into the secret that the policy names for it; never shown.

It is no argument, which a shell's history and every process list would keep, and on a terminal it is not echoed.
"""

import argparse
import getpass
import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TextIO

from msgspec import Struct

from airlock.address_book import Destination
from airlock.policy import Policy
from workbench.bench import open_policy
from workbench.complaint import Complaint
from workbench.secret_form import LONGEST, Form, FormError, read_form, read_hook_form

_HOOKS = "hooks/"  # as in the route that its sender calls
_HINTS = {
    "AccessDeniedException": "these AWS credentials may not fill it",
    "ExpiredTokenException": "these AWS credentials have ended: sign in again",
    "ResourceNotFoundException": "there is none of this name: deploy the stack first, and look at the region",
    "UnrecognizedClientException": "these AWS credentials are not known",
}


class SecretsClient(Protocol):
    """The part of boto3's Secrets Manager client that is used here."""

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> Any:  # noqa: N803, ANN401 - boto3's
        """Give a secret a new value."""


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("action", choices=("set",), help="give the secret a new value, read from stdin")
    names = ", ".join(Destination)
    parser.add_argument("owner", metavar="NETWORK", help=f"whose it is: {names}; or hooks/NAME, a webhook's")
    parser.add_argument("--policy", metavar="FILE", help="a policy in TOML (default: the repository's own)")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Read, check, store."""
    kept = find_secret(open_policy(arguments.policy), arguments.owner)
    client = _open_client()
    return store(arguments, kept, read_text(sys.stdin, kept.name, getpass.getpass), client)


class Kept(Struct, frozen=True):
    """A secret's name in Secrets Manager, and what it may hold."""

    name: str
    read: Callable[[str], Form]


def find_secret(policy: Policy, owner: str) -> Kept:
    """The secret of a network or of a webhook; Complaint where the policy knows none."""
    if owner in Destination:
        rule = policy.rules.get(Destination(owner))
        if rule is None:
            raise Complaint(f"the policy tells {owner} nothing: it has no enabled [destination.{owner}]", 2)
        return Kept(rule.secret, partial(read_form, Destination(owner)))
    for hook in policy.hooks:
        if owner == f"{_HOOKS}{hook.name}":
            return Kept(hook.secret, partial(read_hook_form, hook.scheme))
    known = [*policy.rules, *(f"{_HOOKS}{hook.name}" for hook in policy.hooks)]
    raise Complaint(f"this policy has no such network or webhook; it has {', '.join(known)}", 2)


def read_text(source: TextIO, name: str, ask: Callable[[str], str]) -> str:
    """What stdin holds; on a terminal one line that is not echoed."""
    if source.isatty():
        return ask(f"{name}, not echoed (a credential's JSON goes in from its file: < FILE): ")
    return source.read(LONGEST + 1)


def store(arguments: argparse.Namespace, kept: Kept, text: str, client: SecretsClient) -> int:
    """The command with its client handed in."""
    name = kept.name
    try:
        form = kept.read(text)
    except FormError as rule:
        raise Complaint(f"secret {name}: what was given {rule}; nothing was stored") from None
    try:
        version = client.put_secret_value(SecretId=name, SecretString=form.text)["VersionId"]
    except Exception as error:  # noqa: BLE001 - botocore's errors are many, and their texts may hold what was sent
        code = str(getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__))
        raise Complaint(f"secret {name}: {code}: {_HINTS.get(code, 'nothing was stored')}") from None
    if form.warning:
        sys.stderr.write(f"airlock: secret {name}: {form.warning}\n")
    told = {"owner": arguments.owner, "secret": name, "kind": form.kind, "version": version}
    if arguments.json:
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        sys.stdout.write(f"{name}: {form.kind} stored, version {version}; it is taken up within five minutes\n")
    return 0


def _open_client() -> SecretsClient:
    import boto3  # noqa: PLC0415 - the other commands spare its import

    try:
        client: SecretsClient = boto3.client("secretsmanager")
    except Exception as error:  # noqa: BLE001 - no region, no profile: botocore has an error for each
        raise Complaint(
            f"no AWS client: {type(error).__name__}; sign in, and name the region in AWS_DEFAULT_REGION"
        ) from None
    return client
