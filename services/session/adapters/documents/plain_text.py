"""Text and Markdown files: finds out the encoding by reading the bytes every way and keeping the best."""

import codecs
import contextlib
import re
import unicodedata

from services.session.adapters.documents.assemble import RawLine, assemble
from services.session.adapters.documents.limits import ParserLimits
from services.session.domain.resumes.documents import DocumentError, ParsedDocument, Reason

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# In order of preference when two readings are equally good.
_ENCODINGS = ("utf-8", "cp949", "utf-16-le", "utf-16-be", "cp1252")
_SAMPLE_BYTES = 64 * 1024
_LEAST_SCORE = 0.7
_COMMON = re.compile(r"[가-힣ㄱ-ㅣ\x20-\x7e\s·•※■□▪▶●○◆★①-⑳~「」『』【】《》〈〉“”‘’…–—―→←₩€°%，．：（）]")
_RARE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff]")


def parse_text(content: bytes, limits: ParserLimits) -> ParsedDocument:
    """Raises RESUME_UNREADABLE_TEXT, RESUME_WRONG_TYPE (bytes that are no text) and RESUME_EMPTY."""
    text = decode(content)
    return assemble("text", [RawLine(line) for line in text.splitlines()], 0, (), limits.text_chars)


def decode(content: bytes) -> str:
    """The text, by byte order mark or by score. Raises RESUME_UNREADABLE_TEXT or RESUME_WRONG_TYPE."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    # Bytes that happen to be valid UTF-8 of more than ASCII are nothing else, however odd the letters.
    if b"\x00" not in content and not re.search(rb"[\x01-\x08\x0e-\x1a]", content):
        with contextlib.suppress(UnicodeDecodeError):
            return content.decode("utf-8")
    sample = content[:_SAMPLE_BYTES]
    scores = {encoding: _score(sample.decode(encoding, errors="replace")) for encoding in _ENCODINGS}
    best = max(_ENCODINGS, key=lambda encoding: scores[encoding])
    if scores[best] < _LEAST_SCORE:
        is_binary = content.count(b"\x00") or sum(byte < 9 for byte in sample) > len(sample) // 100
        raise (
            DocumentError(Reason.WRONG_TYPE, seen="BINARY")
            if is_binary
            else DocumentError(Reason.UNREADABLE_TEXT)
        )
    return content.decode(best, errors="replace")


def _score(text: str) -> float:
    """Share of characters that Korean and English résumés are written with;
    impossible ones count double against."""
    if not text:
        return 0.0
    rare = len(_RARE.findall(text)) + sum(unicodedata.category(char) == "Cn" for char in text)
    syllables = len(re.findall("[가-힣]", text))
    # Wrong readings of Korean bytes give lone jamo and syllables that no word has: real
    # text uses the 2,350 of KS X 1001.
    odd = sum(not _in_ks_x_1001(char) for char in re.findall("[가-힣]", text)) if syllables else 0
    return (len(_COMMON.findall(text)) - 2 * rare - 2 * odd) / len(text)


def _in_ks_x_1001(char: str) -> bool:
    try:
        char.encode("euc-kr")
    except UnicodeEncodeError:
        return False
    return True
