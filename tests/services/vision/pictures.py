"""Headers of pictures, as small as a header can be; no decoder could show them."""

import struct


def jpeg(width: int = 640, height: int = 480, tail: bytes = b"") -> bytes:
    app0 = b"\xff\xe0" + struct.pack(">H", 4) + b"JF"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)
    return b"\xff\xd8" + app0 + frame + tail + b"\xff\xd9"


def png(width: int = 640, height: int = 480) -> bytes:
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", width, height) + bytes(9)
    )
