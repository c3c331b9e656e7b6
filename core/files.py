"""Files people hand in: told by their content, never by their name."""

from core.reasons import Reason

_MAGIC = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
PICTURES = frozenset({"image/png", "image/jpeg"})
_NAMES = {"application/pdf": "PDF", "image/png": "PNG", "image/jpeg": "JPEG"}


def content_type(content: bytes) -> str | None:
    """The media type by the first bytes, or None for what is not taken."""
    return next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), None)


def content_reasons(
    content: bytes, *, most: int, only: frozenset[str] = frozenset(_NAMES)
) -> list[Reason]:
    """What is wrong with a file's content.

    Args:
        most: bytes.
        only: the media types taken.
    """
    found = []
    if not content:
        found.append(Reason("attachment.empty", "这个文件是空的（0字节）", "content"))
    elif content_type(content) not in only:
        taken = "、".join(name for kind, name in _NAMES.items() if kind in only)
        found.append(
            Reason(
                "attachment.type",
                f"只收 {taken} 文件；这个文件的内容不是其中任何一种",
                "content",
            )
        )
    if len(content) > most:
        limit = most // (1024 * 1024)
        found.append(Reason("attachment.too_large", f"文件超过{limit} MB", "content"))
    return found
