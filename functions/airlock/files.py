"""Files as a Lambda's zip holds them, beside the packages: read with `os` alone, for pathlib costs every cold start."""

import os
from typing import Final

StrPath = str | os.PathLike[str]
ROOT: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - without pathlib
"""Where the packages stand."""


def read_bytes(*path: StrPath) -> bytes:
    """A file's bytes, its path in parts; OSError where it cannot be read."""
    with open(os.path.join(*path), "rb") as file:  # noqa: PTH118, PTH123 - without pathlib
        return file.read()
