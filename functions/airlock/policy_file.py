"""A policy's file in, the policy out: compiled as a Lambda's zip holds it, or the TOML that a clinic reviews."""

import os

from airlock.files import StrPath, read_bytes
from airlock.policy import Policy, PolicyError, load


def read_policy(path: StrPath) -> Policy:
    """A policy from its file: compiled, or where it ends in .toml compiled on the spot.

    Raises:
        PolicyError: with every problem, or that the file cannot be read.
    """
    name = os.fspath(path)
    try:
        source = read_bytes(name)
        if not name.endswith(".toml"):
            return load(source)
        text = source.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise PolicyError((f"the policy {os.path.basename(name)} cannot be read: {reason}",)) from None  # noqa: PTH119 - without pathlib
    from airlock.policy_document import compile_policy  # noqa: PLC0415 - a Lambda's zip holds no compiler and needs none

    return compile_policy(text)
