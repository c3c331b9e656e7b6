"""Who makes the letters."""

from voting.models import LetterMaker, Session


def letter_maker_of(session: Session) -> LetterMaker | None:
    """Who makes the letters outside; None where the platform does."""
    return LetterMaker.objects.filter(session=session).first()
