"""Tells from its first bytes what a file is. Names and declared types are not looked at."""

import io
import zipfile
from enum import StrEnum

from services.session.domain.resumes.documents import DocumentError, Reason


class Format(StrEnum):
    PDF = "pdf"
    DOCX = "docx"
    TEXT = "text"


_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", "RTF"),
    (b"HWP Document File", "HWP"),
    (b"\x89PNG\r\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"\x1f\x8b", "GZIP"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!", "RAR"),
    (b"%!PS", "PostScript"),
    (b"MZ", "EXE"),
    (b"\x7fELF", "ELF"),
    (b"ID3", "MP3"),
    (b"OggS", "OGG"),
    (b"SQLite format 3", "SQLite"),
)
# "BM" and "MZ" may begin an ordinary text; these count only with a byte no text has.
_SHORT = (b"BM", b"MZ", b"ID3")
_ZIPPED: tuple[tuple[str, str], ...] = (
    ("xl/", "XLSX"),
    ("ppt/", "PPTX"),
    ("Contents/section", "HWPX"),
    ("content.xml", "ODT"),
    ("META-INF/container.xml", "EPUB"),
    ("Index/Document.iwa", "Pages"),
)


def sniff(content: bytes) -> Format:
    """Raises DocumentError:
    RESUME_EMPTY, RESUME_WRONG_TYPE (with `seen`), RESUME_ENCRYPTED, RESUME_CORRUPT."""
    if not content.strip(b"\x00 \t\r\n\x0b\x0c\xef\xbb\xbf\xff\xfe"):
        raise DocumentError(Reason.EMPTY)
    if b"%PDF-" in content[:1024]:
        return Format.PDF
    if content.startswith(b"PK\x03\x04"):
        return _zipped(content)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise _compound(content)
    seen = _other(content)
    if seen:
        raise DocumentError(Reason.WRONG_TYPE, seen=seen)
    return Format.TEXT


def _zipped(content: bytes) -> Format:
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as broken:
        raise DocumentError(Reason.CORRUPT) from broken
    if "word/document.xml" in names:
        return Format.DOCX
    seen = next((label for start, label in _ZIPPED if any(name.startswith(start) for name in names)), "ZIP")
    raise DocumentError(Reason.WRONG_TYPE, seen=seen)


def _compound(content: bytes) -> DocumentError:
    """Old Office files, HWP 5, and new Office files with a password share one container."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return DocumentError(Reason.ENCRYPTED)
    named = (
        ("FileHeader", "HWP"),
        ("WordDocument", "DOC"),
        ("Workbook", "XLS"),
        ("PowerPoint Document", "PPT"),
    )
    seen = next((label for stream, label in named if stream.encode("utf-16-le") in content), "OLE")
    return DocumentError(Reason.WRONG_TYPE, seen=seen)


def _other(content: bytes) -> str:
    for magic, seen in _MAGIC:
        if content.startswith(magic) and (magic not in _SHORT or b"\x00" in content[:64]):
            return seen
    if content[:4] == b"RIFF" and content[8:12] in (b"WEBP", b"WAVE", b"AVI "):
        return content[8:12].decode().strip()
    if content[4:8] == b"ftyp":
        return "HEIC" if content[8:11] in (b"hei", b"mif") else "MP4"
    head = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "HTML" if head.startswith((b"<!doctype html", b"<html")) else ""
