"""A widening that a person answers for, in; its record in the policy's own file out, and whether there is one.

The record is an `[[approval]]` table. It names both policies by their hashes, so that it stands for this one change and
no other; it is no part of the compiled policy, whose hash stays what it was.
"""

import datetime
import json
import tomllib
from pathlib import Path

from airlock.policy import Policy

# As many hex digits of a policy's hash as the secret lint lets pass; nobody finds another policy with the same 96 bits.
_DIGITS = 24


def find_approval(text: str, old: Policy, new: Policy) -> str | None:
    """Who approved the change from one policy to the other, by the newer one's file; None where nobody did."""
    for approval in tomllib.loads(text).get("approval", []):
        if approval.get("replaces") == old.digest[:_DIGITS] and approval.get("policy") == new.digest[:_DIGITS]:
            return str(approval.get("by"))
    return None


def record_approval(path: Path, old: Policy, new: Policy, by: str, day: datetime.date) -> None:
    """Write an approval at the end of a policy's file."""
    lines = [
        "",
        "[[approval]] # written by `airlock policy diff --approve`; it stands for this one change",
        f"by = {json.dumps(by, ensure_ascii=False)}",
        f"on = {day.isoformat()}",
        f'replaces = "{old.digest[:_DIGITS]}"',
        f'policy = "{new.digest[:_DIGITS]}"',
    ]
    text = path.read_text(encoding="utf-8")
    path.write_text(text.rstrip("\n") + "\n" + "\n".join(lines) + "\n", encoding="utf-8")
