"""A synthesised template as the rules look at it: its resources, each with its name, its type and its properties."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Template = Mapping[str, Any]


@dataclass(frozen=True)
class Resource:
    """One resource of a template, which it can look around in."""

    name: str
    body: Mapping[str, Any]
    template: Template

    @property
    def type(self) -> str:
        """Its type, such as AWS::SQS::Queue."""
        return str(self.body["Type"])

    @property
    def properties(self) -> Mapping[str, Any]:
        """Its properties."""
        found: Mapping[str, Any] = self.body.get("Properties", {})
        return found

    def get(self, path: str) -> Any:  # noqa: ANN401 - a template's values are of any kind
        """The value at a dotted path of its properties; None where there is none."""
        value: Any = self.properties
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        return value


def resources(template: Template, *types: str) -> Iterator[Resource]:
    """The template's resources, of these types only where any are named."""
    for name, body in template.get("Resources", {}).items():
        if not types or body["Type"] in types:
            yield Resource(name, body, template)
