"""Text as somebody sent it in, the plain ASCII that a reader would see out, and what hides in base64 or hex.

Shared by the lexicon and the identifier patterns, so that no disguise works against one of them only. Linear in the
text's length: a fixed number of passes, and only those that the text gives cause for.
"""

import binascii
import re
from typing import Final

DECODINGS: Final = 3
"""How many layers of percent-encoding are taken off."""

_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_REFERENCE: Final = re.compile(r"&#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}));", re.ASCII | re.IGNORECASE)
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
# Letters of other scripts that look like Latin ones, in both cases, and Latin letters that do not decompose.
_CYRILLIC: Final = str.maketrans(
    "авсԁеһіјӏкмонԛрѕтԝхуАВСЕНІЈКМОРЅТХУԚԜ",
    "abcdehijlkmohqpstwxyABCEHIJKMOPSTXYQW",
)
_GREEK: Final = str.maketrans(
    "αβγεηικνορτυχωμΑΒΕΗΙΚΜΝΟΡΤΥΧΖ",
    "abyenikvoptuxwuABEHIKMNOPTYXZ",
)
_LATIN: Final = str.maketrans("øØłŁđĐıɡ’‘ʼ", "oOlLdDig'''")  # noqa: RUF001 - lookalikes are the point
_LOOKALIKES: Final = _CYRILLIC | _GREEK | _LATIN
_RUN: Final = re.compile(r"[A-Za-z0-9+_-]{10,}={0,2}")
_HEX: Final = re.compile(r"(?![0-9]+$)(?:[0-9A-Fa-f]{2})+")  # a number is a number
# How base64 of printable ASCII begins: bytes from a space to a tilde. One opaque id in two hundred does.
_SIXTY_FOUR: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_FITS: Final = (lambda at: 8 <= at < 32, lambda at: 2 <= at % 16 < 8, lambda at: not at & 2)  # noqa: PLR2004 - bits
_PRINTABLE: Final = ["".join(char for at, char in enumerate(_SIXTY_FOUR) if fits(at)) for fits in _FITS]
_ASCII_BASE64: Final = re.compile("(?:[{}][{}][{}][A-Za-z0-9+_-]){{2}}".format(*_PRINTABLE))
CODED: Final = f"(?:{_ASCII_BASE64.pattern}|[0-9A-Fa-f]{{10}})"
"""How a run begins that says anything, where none of its characters stands before it."""
_CODED: Final = re.compile(f"[^A-Za-z0-9]{CODED}")
_PARTED: Final = re.compile("[+_-]+")
_SHORTEST: Final = 10
_URL_SAFE: Final = str.maketrans("-_", "+/")


def unwrap(text: str) -> str:
    """Percent-encoding, character references, width, accents, lookalikes and invisible characters undone; case kept."""
    for _ in range(DECODINGS):
        if "%" not in text:
            break
        raw = _PERCENT.sub(_decode_byte, text.encode("utf-8", "replace"))
        text = raw.decode("utf-8", "replace")
    if "&#" in text:
        text = _REFERENCE.sub(_decode_reference, text)
    return text if text.isascii() else _to_ascii(text)


def decode_runs(plain: str) -> list[str]:
    """What the runs of base64, base64url or hexadecimal digits in an unwrapped text say, where that is printable text.

    A network's own ids decode to bytes that are no text, and are left alone.
    """
    if _CODED.search(f" {plain}") is None:
        return []
    texts = []
    runs = [run.rstrip("=") for run in _RUN.findall(plain)]
    pieces = [piece for run in runs for piece in _PARTED.split(run) if _SHORTEST <= len(piece) < len(run)]
    for run in (*runs, *pieces):
        raw = _decode_run(run)
        if raw.isascii() and (text := raw.decode("ascii")).isprintable() and text:
            texts.append(unwrap(text))
    return texts


def _decode_run(run: str) -> bytes:
    if _HEX.fullmatch(run):
        return bytes.fromhex(run)
    if run.islower() or len(run) % 4 == 1:  # base64 of a text has both cases: this is a word
        return b""
    if _ASCII_BASE64.match(run) is None:
        return b"\xff"
    return binascii.a2b_base64(run.translate(_URL_SAFE) + "=" * (-len(run) % 4))


def _decode_byte(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[1].decode("ascii"))


def _decode_reference(match: re.Match[str]) -> str:
    point = int(match[1], 16) if match[1] else int(match[2])
    return chr(point) if point <= 0x10FFFF else " "  # noqa: PLR2004 - the end of Unicode


def _to_ascii(text: str) -> str:
    import unicodedata  # noqa: PLC0415 - its tables cost a cold start, and most texts are ASCII

    letters = []
    for char in unicodedata.normalize("NFKD", text.translate(_LOOKALIKES)).translate(_LOOKALIKES):
        category = unicodedata.category(char)
        if category in {"Mn", "Cf"}:  # an accent, or an invisible character
            continue
        letters.append(str(unicodedata.decimal(char)) if category == "Nd" else char)
    return _NOT_ASCII.sub(" ", "".join(letters))
