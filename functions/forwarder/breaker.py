"""What came of one network's requests in, whether to send it another now out: a dead network is not hammered.

Kept for as long as the execution environment lives. Five failures in a row open it for 30 s, then for twice as long
each time, a quarter of an hour at most; a token or an account at fault opens it for that quarter at once. After the
pause one request tries; its success closes the breaker.
"""

from airlock.outcome import Reason
from forwarder.answer import Answer, InDoubt, Prohibited, Repeated, Retry, Unauthorised
from forwarder.patience import STEADY_WAIT_S

FAILURES = 5
FIRST_PAUSE_S = 30
LONGEST_PAUSE_S = STEADY_WAIT_S


class Breaker:
    """One network's breaker. Times are epoch seconds."""

    def __init__(self) -> None:
        self._failures = 0
        self._pauses = 0
        self._open_until: int | None = None
        self.reason = Reason.UNAVAILABLE

    def pause_s(self, now_s: int) -> int:
        """How long nothing is to be sent; 0: go ahead, with one request first where `is_trying`."""
        return max(0, self._open_until - now_s) if self._open_until is not None else 0

    @property
    def is_trying(self) -> bool:
        """Whether it has opened, and no success has closed it since."""
        return self._open_until is not None

    def note(self, answer: Answer, now_s: int) -> None:
        """Take in what came of one request."""
        match answer:
            case Unauthorised():
                self._open(Reason.UNAUTHORISED, LONGEST_PAUSE_S, now_s)
            case Prohibited():
                self._open(Reason.PROHIBITED, LONGEST_PAUSE_S, now_s)
            case Retry(reason=reason):
                self._fail(reason, now_s)
            case InDoubt():
                self._fail(Reason.UNAVAILABLE, now_s)
            case Repeated():
                pass
            case _:
                self._failures = self._pauses = 0
                self._open_until = None

    def _fail(self, reason: Reason, now_s: int) -> None:
        self._failures += 1
        if self._failures >= FAILURES or self.is_trying:
            self._open(reason, min(FIRST_PAUSE_S << min(self._pauses, 10), LONGEST_PAUSE_S), now_s)

    def _open(self, reason: Reason, pause_s: int, now_s: int) -> None:
        if self.pause_s(now_s):
            return  # requests that were on their way when it opened
        self._pauses += 1
        self._open_until = now_s + pause_s
        self.reason = reason
