"""Word files (OOXML): paragraphs, tables, text boxes in document order. Knows no styles, opens no pictures.

The document part is read directly, since a library would unpack every part of a file that nobody vouches for.
"""

import io
import zipfile
from collections.abc import Iterator

from lxml import etree

from services.session.adapters.documents.assemble import RawLine, assemble, table_row
from services.session.adapters.documents.limits import ParserLimits
from services.session.domain.resumes.documents import DocumentError, ParsedDocument, Reason, Warned

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_DOCUMENT = "word/document.xml"
_MOST_ENTRIES = 5_000
_MOST_RATIO, _RATIO_COUNTS_FROM = 250, 4 * 1024 * 1024
_CHUNK = 256 * 1024
# Under 2 points (`w:sz` counts half points) nobody reads.
_LEAST_HALF_POINTS = 4
_SKIPPED = {f"{_W}del", f"{_W}moveFrom", f"{_MC}Fallback", f"{_W}instrText", f"{_W}pPr", f"{_W}rPr"}
_PICTURES = (f"{_W}drawing", f"{_W}pict", f"{_W}object")


def parse_docx(content: bytes, limits: ParserLimits) -> ParsedDocument:
    """Raises RESUME_BOMB before anything is unpacked, RESUME_ENCRYPTED, RESUME_CORRUPT,
    RESUME_IMAGE_ONLY, RESUME_EMPTY."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        _refuse_bombs(archive, limits)
        body = _body(_unpacked(archive, limits))
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        EOFError,
        OSError,
        NotImplementedError,
        ValueError,
        RuntimeError,
    ) as broken:
        raise DocumentError(Reason.CORRUPT) from broken
    reader = _Reader()
    lines = list(reader.lines(body))
    if not any(line.text.strip() for line in lines) and any(
        next(body.iter(tag), None) is not None for tag in _PICTURES
    ):
        raise DocumentError(Reason.IMAGE_ONLY)
    return assemble("docx", lines, 0, (Warned.HIDDEN_TEXT,) if reader.met_hidden else (), limits.text_chars)


def _refuse_bombs(archive: zipfile.ZipFile, limits: ParserLimits) -> None:
    entries = archive.infolist()
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise DocumentError(Reason.ENCRYPTED)
    declared = sum(entry.file_size for entry in entries)
    dense = any(
        entry.file_size > _RATIO_COUNTS_FROM and entry.file_size > _MOST_RATIO * max(entry.compress_size, 1)
        for entry in entries
    )
    if declared > limits.unpacked_bytes or len(entries) > _MOST_ENTRIES or dense:
        raise DocumentError(Reason.BOMB)


def _unpacked(archive: zipfile.ZipFile, limits: ParserLimits) -> bytes:
    """Counted while it is unpacked, since the declared size is the sender's own word."""
    parts: list[bytes] = []
    left = min(limits.unpacked_bytes, archive.getinfo(_DOCUMENT).file_size)
    with archive.open(_DOCUMENT) as stream:
        while piece := stream.read(_CHUNK):
            left -= len(piece)
            if left < 0:
                raise DocumentError(Reason.BOMB)
            parts.append(piece)
    return b"".join(parts)


def _body(xml: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as broken:
        raise DocumentError(Reason.CORRUPT) from broken
    body = root.find(f"{_W}body")
    # No honest Word file declares entities.
    if body is None or root.getroottree().docinfo.internalDTD is not None:
        raise DocumentError(Reason.CORRUPT)
    return body


class _Reader:
    """Walks the body once. `met_hidden` tells afterwards whether unseen text was left out."""

    def __init__(self) -> None:
        self.met_hidden = False

    def lines(self, parent: etree._Element) -> Iterator[RawLine]:
        for child in parent:
            if child.tag == f"{_W}p":
                yield from self._paragraph(child)
            elif child.tag == f"{_W}tbl":
                yield from self._table(child)
            elif child.tag not in _SKIPPED and isinstance(child.tag, str):
                yield from self.lines(child)

    def _paragraph(self, paragraph: etree._Element) -> Iterator[RawLine]:
        pieces: list[str] = []
        boxes: list[etree._Element] = []
        self._collect(paragraph, pieces, boxes)
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        is_item = paragraph.find(f"{_W}pPr/{_W}numPr") is not None or (
            style is not None and str(style.get(f"{_W}val")).startswith("List")
        )
        text = "".join(pieces).strip()
        yield from (RawLine(f"- {line}" if is_item and line else line) for line in text.split("\n"))
        for box in boxes:
            yield from self.lines(box)

    def _collect(self, parent: etree._Element, pieces: list[str], boxes: list[etree._Element]) -> None:
        for child in parent:
            if child.tag == f"{_W}txbxContent":
                boxes.append(child)
            elif child.tag == f"{_W}t":
                pieces.append(child.text or "")
            elif child.tag == f"{_W}tab":
                pieces.append(" | " if "".join(pieces).strip() else "")
            elif child.tag in (f"{_W}br", f"{_W}cr"):
                pieces.append("\n")
            elif child.tag == f"{_W}r" and _is_hidden(child):
                self.met_hidden |= bool("".join(child.itertext()).strip())
            elif child.tag not in _SKIPPED and isinstance(child.tag, str):
                self._collect(child, pieces, boxes)

    def _table(self, table: etree._Element) -> Iterator[RawLine]:
        for row in table.iter(f"{_W}tr"):
            if next(row.iterancestors(f"{_W}tbl")) is not table:
                continue
            cells = [cell for cell in row.iter(f"{_W}tc") if next(cell.iterancestors(f"{_W}tr")) is row]
            yield from table_row([[line.text for line in self.lines(cell) if line.text] for cell in cells], 0)
        yield RawLine("")


def _is_hidden(run: etree._Element) -> bool:
    """Not meant to be read: marked hidden, white without a shade behind it, or too small to see."""
    look = run.find(f"{_W}rPr")
    if look is None:
        return False
    vanish, colour, size = (look.find(f"{_W}{name}") for name in ("vanish", "color", "sz"))
    if vanish is not None and vanish.get(f"{_W}val") not in ("0", "false"):
        return True
    is_white = colour is not None and str(colour.get(f"{_W}val")).upper() in ("FFFFFF", "FEFEFE")
    if is_white and not _is_shaded(run):
        return True
    half_points = str(size.get(f"{_W}val")) if size is not None else ""
    return half_points.isdigit() and int(half_points) < _LEAST_HALF_POINTS


def _is_shaded(run: etree._Element) -> bool:
    """Whether the run, its paragraph, cell, table or text box has a background of its own."""
    ancestors = list(run.iterancestors())
    holders = [
        run.find(f"{_W}rPr"),
        *(a.find(f"{_W}{p}") for a in ancestors for p in ("pPr", "tcPr", "tblPr")),
    ]
    return any(_fills(holder) for holder in holders if holder is not None) or any(
        map(_is_filled_shape, ancestors)
    )


def _fills(look: etree._Element) -> bool:
    shade, mark, style = (look.find(f"{_W}{name}") for name in ("shd", "highlight", "tblStyle"))
    if shade is not None and str(shade.get(f"{_W}fill")).upper() not in ("AUTO", "FFFFFF", "NONE"):
        return True
    # A table's style may colour its heads; which ones do is written in another part of the file.
    return mark is not None or (
        style is not None and style.get(f"{_W}val") not in ("TableGrid", "TableNormal", "a3")
    )


def _is_filled_shape(element: etree._Element) -> bool:
    name = etree.QName(element).localname
    if name == "wsp":
        properties = next((child for child in element if etree.QName(child).localname == "spPr"), None)
        kinds = [] if properties is None else [etree.QName(child).localname for child in properties]
        return any(kind in ("solidFill", "gradFill", "blipFill", "pattFill") for kind in kinds)
    return name in ("shape", "rect", "roundrect") and str(element.get("fillcolor", "white")).lower() not in (
        "white",
        "#fff",
        "#ffffff",
    )
