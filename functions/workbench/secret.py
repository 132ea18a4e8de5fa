"""`airlock secret set NETWORK`: a network's token from stdin in, into the secret that the policy names; never shown.

It is no argument, which a shell's history and every process list would keep, and on a terminal it is not echoed.
"""

import argparse
import getpass
import json
import sys
from collections.abc import Callable
from typing import Any, Protocol, TextIO

from airlock.address_book import Destination
from airlock.policy import Policy
from workbench.bench import open_policy
from workbench.complaint import Complaint
from workbench.secret_form import LONGEST, FormError, read_form

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
    parser.add_argument("network", choices=[str(name) for name in Destination], help="whose token it is")
    parser.add_argument("--policy", metavar="FILE", help="a policy in TOML (default: the repository's own)")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Read, check, store."""
    name = find_name(open_policy(arguments.policy), Destination(arguments.network))
    text = read_text(sys.stdin, name, getpass.getpass)
    return store(arguments, name, text, _open_client())


def find_name(policy: Policy, destination: Destination) -> str:
    """The name of a network's secret; Complaint where the policy tells this network nothing."""
    rule = policy.rules.get(destination)
    if rule is None:
        raise Complaint(f"the policy tells {destination} nothing: it has no enabled [destination.{destination}]", 2)
    return rule.secret


def read_text(source: TextIO, name: str, ask: Callable[[str], str]) -> str:
    """What stdin holds; on a terminal one line that is not echoed."""
    if source.isatty():
        return ask(f"{name}, not echoed (a credential's JSON goes in from its file: < FILE): ")
    return source.read(LONGEST + 1)


def store(arguments: argparse.Namespace, name: str, text: str, client: SecretsClient) -> int:
    """The command with its client handed in."""
    destination = Destination(arguments.network)
    try:
        form = read_form(destination, text)
    except FormError as rule:
        raise Complaint(f"secret {name}: what was given {rule}; nothing was stored") from None
    try:
        version = client.put_secret_value(SecretId=name, SecretString=form.text)["VersionId"]
    except Exception as error:  # noqa: BLE001 - botocore's errors are many, and their texts may hold what was sent
        code = str(getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__))
        raise Complaint(f"secret {name}: {code}: {_HINTS.get(code, 'nothing was stored')}") from None
    if form.warning:
        sys.stderr.write(f"airlock: secret {name}: {form.warning}\n")
    told = {"network": str(destination), "secret": name, "kind": form.kind, "version": version}
    if arguments.json:
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        sys.stdout.write(f"{name}: {form.kind} stored, version {version}; forwarders take it up within five minutes\n")
    return 0


def _open_client() -> SecretsClient:
    import boto3  # noqa: PLC0415 - the other commands spare its import

    try:
        client: SecretsClient = boto3.client("secretsmanager")
    except Exception as error:  # noqa: BLE001 - no region, no profile: botocore has an error for each
        raise Complaint(f"no AWS client: {type(error).__name__}; set AWS_REGION and sign in") from None
    return client
