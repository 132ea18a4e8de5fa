"""The CDK context in, what one deployment is made of out: whose policy, which edge, and what the account can bear."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from airlock.address_book import Destination
from airlock.policy import Policy, PolicyError
from airlock.policy_document import draft_policy
from airlock.policy_file import read_policy
from infra.bundling import FUNCTIONS
from workbench.policy_lint import lint

KEYS = ("policy", "name", "edge", "certificate_arn", "concurrency_quota", "alarm_email", "script")
SANITIZER_CONCURRENCY = 100
FORWARDER_CONCURRENCY = 10
# Lambda keeps at least this much of an account's concurrency unreserved, and refuses a reservation that leaves less.
UNRESERVED_CONCURRENCY = 100
Choice = TypeVar("Choice", bound=StrEnum)
_LONGEST_SLUG = 28  # a function's name holds 64 characters: "airlock-", the clinic, "-", a network


class SettingsError(ValueError):
    """The context cannot be used. Names the key and the rule."""


class Edge(StrEnum):
    """What stands before the sanitizer."""

    HTTP = "http"
    REST = "rest"  # with WAF, body validation and the post-quantum TLS policy


class ScriptForm(StrEnum):
    """How the browser script is shipped."""

    MINIFIED = "minified"  # needs npm's registry once
    READABLE = "readable"


@dataclass(frozen=True)
class Settings:
    """One clinic's deployment. `concurrency_quota`: the account's Lambda quota, 0 where nobody looked."""

    policy: Policy
    name: str
    edge: Edge = Edge.HTTP
    certificate_arn: str = ""
    concurrency_quota: int = 0
    alarm_email: str = ""
    script: ScriptForm = ScriptForm.MINIFIED

    @property
    def prefix(self) -> str:
        """What every name of the stack begins with."""
        return f"airlock-{self.name}"

    @property
    def networks(self) -> tuple[Destination, ...]:
        """The policy's enabled networks, in a stable order."""
        return tuple(sorted(self.policy.rules))

    @property
    def hook_secrets(self) -> tuple[str, ...]:
        """The names of the secrets by which webhooks are known."""
        return tuple(sorted({hook.secret for hook in self.policy.hooks}))

    @property
    def reserves_concurrency(self) -> bool:
        """Whether the account has room for reservations: a fresh one has a quota of 10 and refuses any."""
        reserved = SANITIZER_CONCURRENCY + FORWARDER_CONCURRENCY * len(self.networks)
        return self.concurrency_quota >= reserved + UNRESERVED_CONCURRENCY

    @property
    def function_names(self) -> tuple[str, ...]:
        """The names of the Lambdas, and of their roles."""
        return tuple(f"{self.prefix}-{part}" for part in ("sanitizer", *self.networks))

    def log_group(self, part: str) -> str:
        """The name of one part's log group."""
        return f"/airlock/{self.name}/{part}"


def read_settings(context: Mapping[str, str], today: datetime.date | None = None) -> Settings:
    """The settings of a CDK context; a key that is missing has its default. `today`: for a policy's dates.

    Raises:
        SettingsError: a key that is unknown or holds a value it may not.
        PolicyError: with every problem of the policy, and every error that `airlock check` finds in it.
    """
    if unknown := sorted(set(context) - set(KEYS)):
        raise SettingsError(f"context: unknown key {', '.join(unknown)}; known are {', '.join(KEYS)}")
    today = today or datetime.datetime.now(datetime.UTC).date()  # noqa: TID251 - a deployment is a command, too
    policy = _read_policy(Path(context.get("policy") or FUNCTIONS / "clinic.toml"), today)
    quota = context.get("concurrency_quota", "0")
    if not quota.isdecimal():
        raise SettingsError("context: concurrency_quota must be a whole number")
    certificate = context.get("certificate_arn", "")
    if certificate and not re.fullmatch(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]+", certificate):
        raise SettingsError("context: certificate_arn must be the ARN of an ACM certificate")
    return Settings(
        policy=policy,
        name=slugify(context.get("name") or policy.name),
        edge=_choose(Edge, "edge", context.get("edge", Edge.HTTP)),
        certificate_arn=certificate,
        concurrency_quota=int(quota),
        alarm_email=context.get("alarm_email", ""),
        script=_choose(ScriptForm, "script", context.get("script", ScriptForm.MINIFIED)),
    )


# What has run out is told to nobody, whatever is deployed; it must not hold up a deployment that mends something else.
_BROUGHT_BY_TIME = frozenset({"event-expired", "api-version-ends"})


def _read_policy(path: Path, today: datetime.date) -> Policy:
    """What `airlock check` refuses is never deployed either. A compiled policy has no places left to tell of."""
    try:
        text = path.read_text(encoding="utf-8") if path.suffix == ".toml" else ""
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text:
        return read_policy(path)  # which says what is wrong with the file itself
    draft = draft_policy(text)
    findings = [each for each in lint(draft, today) if each.is_error and each.rule not in _BROUGHT_BY_TIME]
    errors = [f"{each.place}: {each.sentence} [{each.rule}]" for each in findings]
    if draft.problems or errors:
        raise PolicyError((*draft.problems, *errors))
    return draft.policy


def slugify(name: str) -> str:
    """A clinic's name as AWS takes it in names: lower-case letters, digits and dashes."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower())[:_LONGEST_SLUG].strip("-")
    if not slug:
        raise SettingsError("context: name must hold a letter or a digit of ASCII")
    return slug


def _choose(kind: type[Choice], key: str, word: str) -> Choice:
    try:
        return kind(word)
    except ValueError:
        raise SettingsError(f"context: {key} must be one of {', '.join(kind)}") from None
