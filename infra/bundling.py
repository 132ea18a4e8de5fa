"""What goes into each Lambda's zip: its own packages, its hash-locked dependencies, the compiled policy; no more."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FUNCTIONS = Path(__file__).parent.parent / "functions"
# The policy's compiler runs at build time; a Lambda loads what it wrote.
BUILD_TIME_ONLY = frozenset({"airlock/policy_document.py", "airlock/policy_place.py"})
POLICY = "policy.json"


@dataclass(frozen=True)
class Bundle:
    """One zip: the packages of this repository that it holds, and which files of them."""

    name: str
    packages: tuple[str, ...]
    left_out: frozenset[str] = frozenset()

    @property
    def requirements(self) -> Path:
        """Its dependencies, locked by hash."""
        return FUNCTIONS / self.name / "requirements.txt"

    def sources(self) -> Iterator[Path]:
        """This repository's files in the zip, each relative to `functions/` and there to the zip's root."""
        for package in self.packages:
            for path in sorted((FUNCTIONS / package).rglob("*")):
                relative = path.relative_to(FUNCTIONS)
                if path.is_file() and self._takes(relative):
                    yield relative

    def _takes(self, path: Path) -> bool:
        if "__pycache__" in path.parts or path.name == "requirements.txt":
            return False
        return path.as_posix() not in BUILD_TIME_ONLY | self.left_out


SANITIZER = Bundle("sanitizer", ("airlock", "sanitizer", "collector"))
FORWARDER = Bundle("forwarder", ("airlock", "forwarder"))
