"""Clean events to queue messages and back: versioned, strict, and read in this version and the one before."""

from collections.abc import Iterable

import msgspec

from airlock.clean import CleanEvent
from airlock.tokens import to_token

VERSION = 1


class MessageError(ValueError):
    """A message cannot be read. Names what is wrong with its form and never what it holds."""


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: int
    event: msgspec.Raw


# A token is a string and no other type is asked for: `str`'s own method writes it, and raises TypeError for all else.
_encode_lines = msgspec.json.Encoder(enc_hook=str.__str__, order="deterministic").encode_lines
HEAD = b'{"v":%d,"event":' % VERSION
"""With this every message begins."""
_envelopes = msgspec.json.Decoder(_Envelope)
# Version 1 is the first; when a version 2 comes, its reader stands beside this one.
_readers = {1: msgspec.json.Decoder(CleanEvent, dec_hook=to_token)}


def write(event: CleanEvent) -> bytes:
    """The exact bytes of the message, the same for equal events."""
    return write_all([event])[0]


def write_all(events: Iterable[CleanEvent]) -> list[bytes]:
    """The messages of several events, in their order."""
    # An end of line within a text would be written as an escape.
    return [HEAD + line + b"}" for line in _encode_lines(events).splitlines()]


def read(message: bytes | str) -> CleanEvent:
    """A message's event.

    Raises:
        MessageError: the message is of no version that is read here, or not of its version's form.
    """
    try:
        envelope = _envelopes.decode(message)
        reader = _readers.get(envelope.v)
        if reader is None:
            raise MessageError("wire version is not one that is read here")
        return reader.decode(envelope.event)
    except msgspec.DecodeError as error:  # ValidationError too; its text names the path and the type, not the value
        # An enum's error repeats the value, so no text of the decoder's is passed on.
        raise MessageError(f"message is not a clean event: {type(error).__name__}") from None
