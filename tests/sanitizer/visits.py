"""What the sanitizer's suites share: a visit that every network but GA4 may be told of, and the public vectors."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from airlock.address_book import Destination
from airlock.policy import Policy
from airlock.policy_document import compile_policy

NOW = 1_795_532_832_000  # 2026-11-24 15:07:12 UTC
MINUTE, DAY = 60_000, 86_400_000
SITE = "https://www.glow-medspa.example"
UUID = "0b9f9c3e-4a63-4a77-9d52-5d8f0b9a7c11"
AUTHORIZATION = "auth_Q7m2Xw9Kd4Rf8Ls1"
IDS = {
    "fbclid": "IwZXh0bgNhZW0CMTAAc2RrdjV2dHhxYw_aem_Zk3vQx7Lr9Wt",
    "gclid": "Cj0KCQiA88X_BRDUARIsACVMYD9h2qLkz7Xw",
    "ttclid": "E.C.P.CrwBQ7hXk2vRz9LmTq4WnYdJ6sGpFbUe",
    "li_fat_id": "7f3e2b1a-9c8d-4e5f-a6b7-0c1d2e3f4a5b",
}
TOLD = (Destination.META, Destination.GOOGLE, Destination.TIKTOK, Destination.LINKEDIN)
GONE = object()
VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"


def make_visit(**changes: Any) -> dict[str, Any]:
    """A lead with consent and a click id of every network; a change of GONE takes a field away."""
    visit: dict[str, Any] = {
        "event": "lead",
        "id": UUID,
        "url": f"{SITE}/services/skin",
        "at": NOW - 2 * MINUTE,
        "consent": {"marketing": True, "at": NOW - DAY},
        "click": IDS,
        **changes,
    }
    return copy.deepcopy({key: value for key, value in visit.items() if value is not GONE})


def read_rows(name: str) -> list[dict[str, Any]]:
    """The rows of a public vector file; a missing one skips the test."""
    path = VECTORS / name
    if not path.exists():
        pytest.skip("the public test vectors are not beside the repository")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def change_policy(text: str, *replacements: tuple[str, str]) -> Policy:
    """The sample policy with a few lines of it changed; each has to stand in it."""
    for before, after in replacements:
        assert before in text, "the sample policy no longer has this line"
        text = text.replace(before, after)
    return compile_policy(text)
