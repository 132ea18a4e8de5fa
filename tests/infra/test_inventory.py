"""What the stacks are made of, at a glance: a part more or less shows in the diff of inventory.txt, in one line."""

from collections import Counter
from pathlib import Path

import pytest

from infra.template import Template, resources

INVENTORY = Path(__file__).parent / "inventory.txt"


def _count(template: Template) -> str:
    counted = Counter(resource.type for resource in resources(template))
    return "".join(f"    {number:3} {kind}\n" for kind, number in sorted(counted.items()))


def test_the_stacks_are_made_of_what_was_reviewed(
    template: Template, rest_template: Template, certificate_template: Template, pytestconfig: pytest.Config
) -> None:
    stacks = {
        "HTTP API, two networks": template,
        "REST API with a firewall, two networks and a webhook": rest_template,
        "The certificate": certificate_template,
    }
    written = "".join(f"{name}\n{_count(each)}" for name, each in stacks.items())
    if pytestconfig.getoption("--freeze"):
        INVENTORY.write_text(written, "utf-8")
    assert written == INVENTORY.read_text("utf-8")
