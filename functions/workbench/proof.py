"""An export's lines in, the proof that none was changed, removed or moved inside a chain out, or each line at fault."""

import hashlib
from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from airlock.chain import GENESIS, hash_line, write_statement

END = "end"
VerifySignature = Callable[[str, bytes, str], bool | None]
"""Key name, statement and signature in base64 to whether it holds; None where there is no public key to tell by."""


class Span(Struct, frozen=True):
    """Which part of a chain an export holds; `hash` is of its last line."""

    first: int
    last: int
    hash: str


class EndLine(Struct, frozen=True):
    """The last line of an export."""

    schema: int
    kind: str
    at: int
    lines: int
    sha256: str
    chains: dict[str, Span]


class Fault(Struct, frozen=True):
    """One fault. `line` counts from 1; the sentence names chain and place and repeats nothing of the line."""

    line: int
    rule: str
    sentence: str


class Proof(Struct, frozen=True, kw_only=True):
    """What a verification found. It holds where there is no fault; `notes` say what it does not cover."""

    lines: int
    chains: int
    checkpoints: int
    signatures: int
    ended: bool
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether no fault was found."""
        return not self.faults


class _Link(Struct, frozen=True):
    chain: str
    seq: int
    prev: str
    kind: str
    at: int = 0
    key: str = ""
    signature: str | None = None


class _Placed(Struct, frozen=True):
    number: int
    link: _Link
    hash: str
    masked: bool


# What CloudWatch Logs' data protection puts in place of what it takes for an identifier.
_MASK = b"****"
_MASKED = "was masked by CloudWatch's data protection (export with --unmask) or changed"

_read_link = msgspec.json.Decoder(_Link).decode
_read_end = msgspec.json.Decoder(EndLine).decode


class Verifier:
    """Reads an export once, line by line, from its first to its last."""

    def __init__(self, verify_signature: VerifySignature = lambda _key, _statement, _signature: None) -> None:
        self._verify_signature = verify_signature
        self._heads: dict[str, _Placed] = {}
        self._starts: dict[str, _Placed] = {}
        self._faults: list[Fault] = []
        self._sum = hashlib.sha256()
        self._lines = 0
        self._checkpoints = self._signatures = self._unsigned = self._unchecked = 0
        self._end: EndLine | None = None
        self._last_complete = True

    def read(self, line: bytes) -> None:
        """The next line, with its line end if it has one."""
        self._lines += 1
        if self._end is not None:
            self._fault("after_the_end", "stands after the end line of the export")
        self._last_complete = line.endswith(b"\n")
        text = line.rstrip(b"\r\n")
        if text.startswith(b'{"schema":') and b'"kind":"end"' in text[:40]:
            self._read_end_line(text)
            return
        self._sum.update(text + b"\n")
        try:
            link = _read_link(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._fault("unreadable", "is no line of a journal: it was cut off or changed")
            return
        self._place(_Placed(self._lines, link, hash_line(text), _MASK in text))

    def _place(self, placed: _Placed) -> None:
        link, head = placed.link, self._heads.get(placed.link.chain)
        name = f"chain {link.chain}"
        if head is None:
            self._starts[link.chain] = placed
            if link.seq == 0 and link.prev != GENESIS:
                self._fault("broken_link", f"is the first of {name} but names a line before it: it was changed")
        elif link.seq <= head.link.seq:
            rule = "repeated" if link.seq == head.link.seq else "reordered"
            self._fault(
                rule, f"has place {link.seq} of {name}, but place {head.link.seq} (line {head.number}) is before it"
            )
            return
        elif link.seq > head.link.seq + 1:
            missing = _places(head.link.seq + 1, link.seq - 1)
            self._fault("gap", f"follows line {head.number} in {name}, but {missing} between them is missing")
        elif link.prev != head.hash:
            how = _MASKED if head.masked else "was changed"
            self._add(head.number, "changed", f"{how}: line {placed.number}, next in {name}, holds another hash of it")
        self._heads[link.chain] = placed
        if link.kind == "checkpoint":
            self._check_signature(link)

    def _check_signature(self, link: _Link) -> None:
        self._checkpoints += 1
        if link.signature is None:
            self._unsigned += 1
            return
        statement = write_statement(link.chain, link.seq, link.prev)
        holds = self._verify_signature(link.key, statement, link.signature)
        if holds is None:
            self._unchecked += 1
        elif holds:
            self._signatures += 1
        else:
            sentence = (
                f"is a checkpoint of chain {link.chain} whose signature does not hold: a line before it was changed"
            )
            self._fault("bad_signature", sentence)

    def _read_end_line(self, text: bytes) -> None:
        try:
            self._end = _read_end(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._fault("unreadable", "is an end line that was cut off or changed")

    def finish(self, *, running: bool = False) -> Proof:
        """What was found. A running log has no end line; an export without one was cut off."""
        if self._end is None and not self._last_complete and self._lines:
            self._fault("cut_off", "is the last and has no line end: the export was cut off here")
        elif self._end is None and not running:
            self._fault(
                "cut_off", "is the last, and no end line follows: the export was cut off here (or see --running)"
            )
        own_lines = self._lines - (self._end is not None)
        if self._end is not None:
            self._check_end(self._end, own_lines)
        else:
            for start in self._starts.values():
                if start.link.seq:
                    sentence = (
                        f"is the first of chain {start.link.chain} here but has place {start.link.seq}: "
                        f"{_places(0, start.link.seq - 1)} before it is missing"
                    )
                    self._add(start.number, "gap", sentence)
        return Proof(
            lines=own_lines,
            chains=len(self._heads),
            checkpoints=self._checkpoints,
            signatures=self._signatures,
            ended=self._end is not None,
            faults=tuple(sorted(self._faults, key=lambda fault: fault.line)),
            notes=tuple(self._note(running=running)),
        )

    def _check_end(self, end: EndLine, own_lines: int) -> None:
        for chain, span in end.chains.items():
            head, start = self._heads.get(chain), self._starts.get(chain)
            if head is None or start is None:
                self._fault("missing_chain", f"(the end line) names chain {chain}, of which no line is here")
                continue
            if start.link.seq != span.first:
                sentence = (
                    f"is the first of chain {chain} here, but {_places(span.first, start.link.seq - 1)} is missing"
                )
                self._add(start.number, "gap", sentence)
            if head.link.seq < span.last:
                missing = _places(head.link.seq + 1, span.last)
                sentence = f"is the last of chain {chain} here, but {missing} after it is missing"
                self._add(head.number, "cut_off", sentence)
            elif head.hash != span.hash:
                self._add(head.number, "changed", f"was changed: the end line holds another hash of it (chain {chain})")
        for chain in self._heads.keys() - end.chains.keys():
            self._add(self._starts[chain].number, "added", f"is of chain {chain}, which the end line does not name")
        if not self._faults and (end.lines != own_lines or end.sha256 != self._sum.hexdigest()):
            self._fault(
                "not_as_exported", "(the end line) has the hash of other lines, or of the same in another order"
            )

    def _note(self, *, running: bool) -> Iterable[str]:
        if self._end is None and running:
            yield (
                "There is no end line: this is a running log and not an export, "
                "so lines that were cut off after its last one would not be missed."
            )
        if self._unchecked:
            yield f"{self._unchecked} signatures were not checked: give the public key with --key."
        if self._unsigned:
            yield f"{self._unsigned} checkpoints have no signature: the key could not be used when they were written."
        if not self._checkpoints:
            yield "There is no signed checkpoint: the links show accidents and clumsy changes, not a rewritten chain."

    def _fault(self, rule: str, sentence: str) -> None:
        self._add(self._lines, rule, sentence)

    def _add(self, number: int, rule: str, sentence: str) -> None:
        self._faults.append(Fault(number, rule, f"line {number} {sentence}"))


def _places(first: int, last: int) -> str:
    return f"place {first}" if first == last else f"places {first} to {last}"


def verify(lines: Iterable[bytes], verify_signature: VerifySignature | None = None, *, running: bool = False) -> Proof:
    """The proof of an export's lines, or of a running log's, whose end nobody has written yet."""
    verifier = Verifier(verify_signature) if verify_signature else Verifier()
    for line in lines:
        verifier.read(line)
    return verifier.finish(running=running)


def write_end(lines: Iterable[str], at: int) -> bytes:
    """The end line of an export of these lines, which are as they were logged, without line ends."""
    total, count = hashlib.sha256(), 0
    spans: dict[str, Span] = {}
    for line in lines:
        count += 1
        text = line.encode()
        total.update(text + b"\n")
        link = _read_link(text)
        before = spans.get(link.chain)
        first = before.first if before else link.seq
        spans[link.chain] = Span(first, link.seq, hash_line(text))
    return msgspec.json.encode(EndLine(1, END, at, count, total.hexdigest(), spans)) + b"\n"


def order(lines: Iterable[str]) -> list[str]:
    """Lines that came from several streams in the order of an export: by time, each chain by its places."""
    chains: dict[str, list[tuple[int, int, str]]] = {}
    for line in lines:
        link = _read_link(line)
        chains.setdefault(link.chain, []).append((link.seq, link.at, line))
    placed: list[tuple[int, str, int, str]] = []
    for chain, own in chains.items():
        latest = 0
        for seq, at, line in sorted(own):
            latest = max(latest, at)  # threads may write a line some milliseconds after a later one's time
            placed.append((latest, chain, seq, line))
    return [line for *_, line in sorted(placed)]
