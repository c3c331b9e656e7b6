"""Photographs as evidence, without what a camera writes beside them (place, device, name)."""

from io import BytesIO

from PIL import Image, ImageOps

from core.errors import RuleViolation

_MOST_PIXELS = 50_000_000


def without_metadata(content: bytes, content_type: str) -> bytes:
    """The picture alone, turned as the camera meant it and encoded anew; a PDF as it is.

    RuleViolation "picture.unreadable", "picture.too_large".
    """
    if content_type not in ("image/jpeg", "image/png"):
        return content
    try:
        with Image.open(BytesIO(content)) as found:
            if found.width * found.height > _MOST_PIXELS:
                raise RuleViolation("picture.too_large", "照片太大，请用手机拍的普通照片")
            turned = ImageOps.exif_transpose(found)
            out = BytesIO()
            if content_type == "image/png":
                clean = Image.new(turned.mode, turned.size)
                clean.putdata(list(turned.getdata()))
                clean.save(out, "PNG")
            else:
                turned.convert("RGB").save(out, "JPEG", quality=85, exif=b"")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise RuleViolation("picture.unreadable", "这张照片读不出来，请重新拍一张") from error
    return out.getvalue()
