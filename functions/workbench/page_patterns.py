"""Two page patterns of a policy in, whether one takes all pages of the other, or any page of it, out."""

import re


def covers(wide: str, narrow: str) -> bool:
    """Whether every path of `narrow` is one of `wide`; where that is hard to tell, no."""
    if wide == narrow:
        return True
    if wide.endswith("/**"):
        stem = re.escape(wide[:-3]).replace(r"\*", "[^/]*")
        return re.fullmatch(f"{stem}(?:/.*)?", narrow) is not None
    return False


def meet(one: str, other: str) -> bool:
    """Whether some path fits both patterns; where that is hard to tell, yes."""
    return _meet(_split(one), _split(other))


def _split(match: str) -> tuple[str, ...]:
    return tuple(segment for segment in match.split("/") if segment)


def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if one[:1] == ("**",):
        return _meet(one[1:], other) or (bool(other) and _meet(one, other[1:]))
    if other[:1] == ("**",):
        return _meet(other, one)
    if not one or not other:
        return one == other
    return _agree(one[0], other[0]) and _meet(one[1:], other[1:])


def _agree(one: str, other: str) -> bool:
    """Whether a segment can fit both: by what stands before each one's first star, and after its last."""
    if "*" not in one + other:
        return one == other
    heads = (one.partition("*")[0], other.partition("*")[0])
    tails = (one.rpartition("*")[2], other.rpartition("*")[2])
    if "*" not in one or "*" not in other:
        plain, pattern = (one, other) if "*" not in one else (other, one)
        return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), plain) is not None
    return (heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])) and (
        tails[0].endswith(tails[1]) or tails[1].endswith(tails[0])
    )
