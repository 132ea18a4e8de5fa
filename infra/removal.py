"""A synthesised template in, what `cdk destroy` leaves in the account out, each with why and how it ends.

`uv run python -m infra.removal [FOLDER]` reads the templates of the folder that the app wrote, cdk.out by default.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.template import Resource, Template, resources

WHY: Mapping[str, str] = {
    "AWS::ApiGateway::Account": "the account's one setting of this kind, which other APIs may rely on",
    "AWS::DynamoDB::Table": "authorizations are kept six years (45 CFR 164.530(j)); the ledger keeps a redrive from "
    "telling twice. Export it, lift its deletion protection, delete it",
    "AWS::IAM::Role": "the account's setting above refers to it",
    "AWS::KMS::Key": "whatever it encrypted, six years of journal first of all, ends with it. Schedule its deletion "
    "last, after every retention has run out",
    "AWS::Logs::LogGroup": "the audit trail (45 CFR 164.316(b)(2)(i): six years). Lines end by themselves; to delete "
    "the group before, lift its deletion protection",
    "AWS::SQS::Queue": "its events were accepted and not yet told, or never will be. Look into it, let it run empty, "
    "then delete it; after 14 days it is empty by itself",
    "AWS::SecretsManager::Secret": "what only the other side can issue again. Revoke it there, then delete it",
}
_NAMES = ("QueueName", "LogGroupName", "TableName", "Name", "Description", "RoleName")


def list_what_stays(template: Template) -> Iterator[Resource]:
    """The resources that a stack leaves behind, in the order of the template."""
    return (
        resource for resource in resources(template) if resource.body.get("DeletionPolicy", "").startswith("Retain")
    )


def describe(resource: Resource) -> str:
    """What it is called in the account, what it is and why it stays."""
    name = next((resource.get(field) for field in _NAMES if isinstance(resource.get(field), str)), resource.name)
    return f"{name} ({resource.type}): {WHY.get(resource.type, 'see its documentation')}"


def write_list(folder: Path) -> str:
    """A line for each resource that stays, of every template in the folder; empty where there is no template."""
    templates = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.template.json"))]
    return "".join(f"{describe(resource)}\n" for template in templates for resource in list_what_stays(template))


def main() -> int:
    """Print the list."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "cdk.out")
    lines = write_list(folder)
    if not lines:
        sys.stderr.write(f"{folder} holds no template: run `python -m infra.app` first\n")
        return 1
    sys.stdout.write(lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
