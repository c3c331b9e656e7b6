"""The one root of expected refusals."""


class RuleViolation(Exception):
    """A rule of law or of the house says no.

    `code` is a stable dotted name for tests, logs and machines ("notice.too_short");
    `sentence` is Chinese a person can act on, already complete (a lazy translation is
    welcome); `facts` are numbers and names a page may show beside it. None of the three
    may hold personal data: they end up in logs.
    """

    def __init__(self, code: str, sentence: object, **facts: object) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence
        self.facts = facts

    def __str__(self) -> str:
        return str(self.sentence)
