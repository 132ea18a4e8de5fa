"""The policy's networks and webhooks in, how each one's secret and its pinned API version stand out."""

import datetime
from collections.abc import Iterator

from airlock.policy import Policy
from forwarder.destinations import DESTINATIONS
from forwarder.version import ends_soon
from workbench.examination import Finding, OpenClient, Verdict, name_error

OLD = datetime.timedelta(days=90)


def examine_secrets(policy: Policy, open_client: OpenClient, now: datetime.datetime) -> Iterator[Finding]:
    """Whether each secret is there, filled, and changed within 90 days. None of them is read."""
    client = open_client("secretsmanager")
    owners: dict[str, str] = {str(destination): rule.secret for destination, rule in policy.rules.items()}
    for owner, name in (owners | {f"hooks/{hook.name}": hook.secret for hook in policy.hooks}).items():
        about = f"secret {name}"
        fill = f"uv run airlock secret set {owner}"
        try:
            secret = client.describe_secret(SecretId=name)
        except Exception as error:  # noqa: BLE001 - botocore's errors are many
            if name_error(error) == "ResourceNotFoundException":
                yield Finding(about, Verdict.BAD, "there is none", "deploy the stack, which makes it empty")
            else:
                yield Finding(about, Verdict.UNSEEN, f"could not be looked at: {name_error(error)}")
            continue
        changed = secret.get("LastChangedDate")
        if not any("AWSCURRENT" in stages for stages in secret.get("VersionIdsToStages", {}).values()):
            yield Finding(about, Verdict.BAD, f"is empty: for {owner} nothing is taken or told", fill)
        elif secret.get("DeletedDate") is not None:
            yield Finding(about, Verdict.BAD, "is about to be deleted", "Secrets Manager: cancel the deletion")
        elif changed is None:
            yield Finding(about, Verdict.UNSEEN, "Secrets Manager does not say when it was changed")
        elif now - changed > OLD:
            yield Finding(about, Verdict.SOON, f"is {(now - changed).days} days old; 90 is the agreed age", fill)
        else:
            yield Finding(about, Verdict.GOOD, f"was changed {(now - changed).days} days ago")


def examine_versions(policy: Policy, today: datetime.date) -> Iterator[Finding]:
    """Whether each network's API version, which this code pins, is still served."""
    for destination in policy.rules:
        adapter = DESTINATIONS[destination]
        about = f"API of {destination}"
        ends = adapter.version_ends
        if ends is None:
            yield Finding(about, Verdict.GOOD, f"{adapter.version}, for which no end is announced")
        elif ends <= today:
            yield Finding(about, Verdict.BAD, f"{adapter.version} ended on {ends}", "update Airlock")
        elif ends_soon(adapter, today):
            yield Finding(about, Verdict.SOON, f"{adapter.version} ends on {ends}", "update Airlock before that day")
        else:
            yield Finding(about, Verdict.GOOD, f"{adapter.version}, served until {ends}")
