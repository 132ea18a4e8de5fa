"""Journal lines in, the same lines linked out: each holds the hash of the one before, and now and then a signature.

One execution environment writes one chain. Whoever changes, removes or moves a line inside it breaks the next link;
whoever mends the links breaks the next checkpoint, which is signed with a key that no Lambda can read (KMS; a local one
in the workbench). A chain cannot say that lines are missing after its last one: the end line of an export does.
"""

import hashlib
from typing import Protocol

GENESIS = "0" * 64
"""What the first line of a chain names as the line before."""
CHECKPOINT_LINES = 500
CHECKPOINT_MS = 60_000
"""A checkpoint is due after so many lines, or with the first line after so long: at most one signature a minute."""


class Signer(Protocol):
    """An asymmetric key of which this process can use, but not read, the private half."""

    @property
    def key(self) -> str:
        """The name by which an auditor finds the public half."""

    def sign(self, statement: bytes) -> str | None:
        """The signature in base64 (ECDSA on P-256 over SHA-256, DER), or None where it cannot be had. Never raises."""


class Chain:
    """The links of one execution environment. `name` is unlike that of any other; nothing here is thread-safe."""

    def __init__(self, name: str, signer: Signer | None = None) -> None:
        self.name = name
        self.signer = signer
        self._tail = b',"chain":"' + name.encode() + b'","seq":%d,"prev":"%b"}'
        self.next = 0  # the place of the next line
        self._before = GENESIS
        self._signed_next = 0
        self._signed_at: int | None = None

    def link(self, line: bytes) -> bytes:
        """A line, one JSON object, with its place in the chain added."""
        linked = line[:-1] + self._tail % (self.next, self._before.encode())
        self._before = hash_line(linked)
        self.next += 1
        return linked

    def is_due(self, at: int) -> bool:
        """Whether a checkpoint should follow the line written at `at`, epoch milliseconds."""
        if self.signer is None:
            return False
        if self._signed_at is None:
            self._signed_at = at
        return self.next - self._signed_next >= CHECKPOINT_LINES or at - self._signed_at >= CHECKPOINT_MS

    def state(self, at: int) -> bytes:
        """The statement that the next checkpoint signs: it covers every line of this chain before it."""
        self._signed_next, self._signed_at = self.next + 1, at
        return write_statement(self.name, self.next, self._before)


def hash_line(line: bytes) -> str:
    """SHA-256 of a line's exact bytes, without the line end."""
    return hashlib.sha256(line).hexdigest()


def write_statement(chain: str, seq: int, before: str) -> bytes:
    """What a checkpoint at place `seq` of a chain signs, given the hash of the line before it."""
    return f"airlock-checkpoint-1\n{chain}\n{seq}\n{before}".encode()
