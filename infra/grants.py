"""One resource of a template in, every grant of it that names no action or no resource out."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.template import Resource, resources

# AWS knows no resource for these: Logs Insights hands a query's answer out by its id alone; or they list names only.
WITHOUT_RESOURCE = frozenset(
    {"logs:DescribeLogGroups", "logs:DescribeQueryDefinitions", "logs:GetQueryResults", "logs:StopQuery"}
)
_DOCUMENTS = ("PolicyDocument", "KeyPolicy", "ResourcePolicy")


def find_wildcards(resource: Resource) -> Iterator[str]:
    """A sentence for each statement that allows more than it names.

    A permissions boundary is no grant: it may name no resource. In a key's policy `*` is the key itself.
    """
    if resource.type == "AWS::IAM::ManagedPolicy" and _is_boundary(resource):
        return
    for field, statement in _statements(resource):
        if statement.get("Effect") != "Allow":
            continue
        if "NotAction" in statement or "NotResource" in statement or "NotPrincipal" in statement:
            yield f"{field}: a grant must say what it allows, not what it leaves out"
        actions = _listed(statement.get("Action"))
        if any("*" in str(action) for action in actions):
            yield f"{field}: Action holds a wildcard"
        named = _listed(statement.get("Resource"))
        if (
            field != "KeyPolicy"
            and not set(actions) <= WITHOUT_RESOURCE
            and any("*" in json.dumps(each) for each in named)
        ):
            yield f"{field}: Resource holds a wildcard"
        if _anybody(statement.get("Principal")) and not statement.get("Condition"):
            yield f"{field}: Principal is everybody"


def _statements(resource: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    documents = [(field, resource.get(field)) for field in _DOCUMENTS]
    documents += [("Policies", policy.get("PolicyDocument")) for policy in resource.get("Policies") or ()]
    for field, document in documents:
        if isinstance(document, Mapping):
            for statement in _listed(document.get("Statement")):
                yield field, statement


def _is_boundary(policy: Resource) -> bool:
    """Whether a policy limits roles and is attached to none."""
    reference = {"Ref": policy.name}
    roles = list(resources(policy.template, "AWS::IAM::Role"))
    attached = policy.get("Roles") or any(reference in (role.get("ManagedPolicyArns") or ()) for role in roles)
    return not attached and any(role.get("PermissionsBoundary") == reference for role in roles)


def _anybody(principal: Any) -> bool:  # noqa: ANN401 - a principal is text or a mapping
    return principal == "*" or (isinstance(principal, Mapping) and "*" in _listed(principal.get("AWS")))


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - one or a list of them
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
