"""What a command cannot go on with: one clear line for the person at the terminal, and the exit code."""


class Complaint(Exception):  # noqa: N818 - it is said to a person, not raised at a programmer
    """Ends a command with one line on stderr."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code
