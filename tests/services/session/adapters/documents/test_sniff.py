"""What a file is, told by its bytes."""

import json

import pytest

from services.session.adapters.documents.sniff import Format, sniff
from services.session.domain.resumes.documents import DocumentError, Reason, Warned
from tests.fixtures import documents

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (documents.compound_file("FileHeader"), "HWP"),
        (b"HWP Document File V3.00", "HWP"),
        (documents.zipped({"mimetype": b"application/hwp+zip", "Contents/section0.xml": b"<a/>"}), "HWPX"),
        (documents.compound_file("WordDocument"), "DOC"),
        (documents.compound_file("Workbook"), "XLS"),
        (documents.compound_file("Other"), "OLE"),
        (documents.zipped({"xl/workbook.xml": b"<a/>"}), "XLSX"),
        (documents.zipped({"ppt/presentation.xml": b"<a/>"}), "PPTX"),
        (documents.zipped({"content.xml": b"<a/>"}), "ODT"),
        (documents.zipped({"resume.pdf": b"%PDF-1.4"}), "ZIP"),
        (b"{\\rtf1\\ansi hello}", "RTF"),
        (b"\x89PNG\r\n\x1a\n....", "PNG"),
        (b"\xff\xd8\xff\xe0....", "JPEG"),
        (b"RIFF....WEBPVP8 ", "WEBP"),
        (b"....ftypheic....", "HEIC"),
        (b"....ftypisom....", "MP4"),
        (b"\r\n <!DOCTYPE html><html>", "HTML"),
        (b"MZ\x90\x00\x03\x00", "EXE"),
        (b"\x1f\x8b\x08....", "GZIP"),
    ],
)
def test_another_type_is_refused_by_name(content, seen):
    with pytest.raises(DocumentError) as told:
        sniff(content)
    assert (told.value.reason, told.value.detail) == (Reason.WRONG_TYPE, {"seen": seen})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.EMPTY),
        (b" \n\t\r\n", Reason.EMPTY),
        (b"\xef\xbb\xbf", Reason.EMPTY),
        (documents.compound_file("EncryptedPackage"), Reason.ENCRYPTED),
        (b"PK\x03\x04 and nothing behind it", Reason.CORRUPT),
    ],
)
def test_a_file_that_is_nothing_says_why(content, reason):
    with pytest.raises(DocumentError) as told:
        sniff(content)
    assert told.value.reason is reason


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (documents.text_pdf("hello"), Format.PDF),
        (b"\xef\xbb\xbf\n%PDF-1.7 after some bytes", Format.PDF),
        (documents.simple_docx("hello"), Format.DOCX),
        ("경력".encode(), Format.TEXT),
        (b"BMW engineer since 2019", Format.TEXT),
        (b"MZ generation marketing", Format.TEXT),
    ],
)
def test_a_type_that_can_be_read_is_known(content, expected):
    assert sniff(content) is expected


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_reason_and_warning_has_words_that_say_what_to_do(language):
    from importlib.resources import files

    texts = json.loads((files("services.session") / "locales" / f"{language}.json").read_text("utf-8"))
    assert {f"resume.errors.{reason}" for reason in Reason} == {
        k for k in texts if k.startswith("resume.errors.")
    }
    assert {f"resume.warnings.{item}" for item in Warned} == {
        k for k in texts if k.startswith("resume.warnings.")
    }
    assert "HWP" in texts["resume.errors.RESUME_WRONG_TYPE"].format(seen="HWP")
    mends = "주세요|돼요" if language == "ko" else "upload|save"
    assert all(
        any(word in texts[f"resume.errors.{reason}"].lower() for word in mends.split("|"))
        for reason in Reason
    )
