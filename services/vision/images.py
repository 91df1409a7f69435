"""Reads the kind and size of a picture from its header. Decodes nothing, so a bomb costs nothing here."""

from dataclasses import dataclass

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
# Start-of-frame markers of ITU-T T.81, table B.1; C4, C8 and CC mean something else.
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_SCAN_OR_END = frozenset({0xDA, 0xD9})


@dataclass(frozen=True, slots=True)
class Header:
    """`kind` is "jpeg" or "png"; sizes are pixels."""

    kind: str
    width: int
    height: int


def read_header(image: bytes) -> Header | None:
    """None for anything that is no JPEG or PNG with a size."""
    if image.startswith(_PNG):
        size = (_number(image, 16, 4), _number(image, 20, 4)) if image[12:16] == b"IHDR" else None
        return _header("png", size)
    if image.startswith(_JPEG):
        return _header("jpeg", _jpeg_size(image))
    return None


def _header(kind: str, size: tuple[int, int] | None) -> Header | None:
    return Header(kind, *size) if size and min(size) > 0 else None


def _jpeg_size(image: bytes) -> tuple[int, int] | None:
    """Walks the segments up to the first frame header."""
    at = 2
    while at + 1 < len(image) and image[at] == 0xFF:
        marker = image[at + 1]
        if marker in _SCAN_OR_END:
            return None
        if marker in _SIZES:
            return _number(image, at + 7, 2), _number(image, at + 5, 2)
        if marker == 0xFF:
            at += 1  # a fill byte before the marker
        elif marker in _WITHOUT_LENGTH:
            at += 2
        else:
            at += 2 + max(2, _number(image, at + 2, 2))
    return None


def _number(image: bytes, at: int, size: int) -> int:
    """A big-endian number; 0 when the picture ends before it."""
    raw = image[at : at + size]
    return int.from_bytes(raw, "big") if len(raw) == size else 0
