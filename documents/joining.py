"""Several PDF files made by `rendering` into one, page trees whole, in order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter


def join(parts: Sequence[Path], out: Path, *, title: str) -> int:
    """Write all pages of ``parts`` into ``out``; returns how many they are.

    Only page trees are taken along: no outlines, forms, tags or attachments.
    """
    writer = PdfFileWriter(stream_xrefs=True)
    top = writer.root["/Pages"]
    kids = generic.ArrayObject()
    count = 0
    for part in parts:
        with part.open("rb") as file:
            tree = writer.import_object(PdfFileReader(file).root.raw_get("/Pages"))
        node = tree.get_object()
        node[pdf_name("/Parent")] = writer.root.raw_get("/Pages")
        count += int(node["/Count"])
        kids.append(tree)
    top[pdf_name("/Kids")] = kids
    top[pdf_name("/Count")] = generic.NumberObject(count)
    writer.set_info(generic.DictionaryObject({pdf_name("/Title"): generic.pdf_string(title)}))
    with out.open("wb") as file:
        writer.write(file)
    return count
