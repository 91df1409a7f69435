"""What the parsing process writes and the service reads: one JSON object. Knows no process."""

import json
from typing import Any

from services.session.domain.resumes.documents import (
    Block,
    BlockKind,
    DocumentError,
    ParsedDocument,
    ParserUnavailable,
    Reason,
    Warned,
)


def dump(outcome: ParsedDocument | DocumentError) -> bytes:
    if isinstance(outcome, DocumentError):
        return json.dumps({"reason": outcome.reason, "detail": dict(outcome.detail)}).encode()
    blocks = [[block.kind, block.page, block.start, block.end] for block in outcome.blocks]
    parsed = {
        "format": outcome.format,
        "text": outcome.text,
        "pages": outcome.pages,
        "warnings": outcome.warnings,
    }
    return json.dumps({**parsed, "blocks": blocks}, ensure_ascii=False).encode("utf-8", errors="replace")


def load(data: bytes, most_chars: int) -> ParsedDocument:
    """Raises the DocumentError that was dumped; ValueError for anything that `dump` would not write."""
    try:
        raw: dict[str, Any] = json.loads(data)
        if raw.get("reason") == Reason.PARSER_UNAVAILABLE:
            raise ParserUnavailable
        if "reason" in raw:
            raise DocumentError(
                Reason(raw["reason"]), **{str(k): str(v)[:40] for k, v in raw["detail"].items()}
            )
        blocks = tuple(
            Block(BlockKind(kind), int(page), int(start), int(end))
            for kind, page, start, end in raw["blocks"]
        )
        warnings = tuple(Warned(item) for item in raw["warnings"])
        return ParsedDocument(
            str(raw["format"]), str(raw["text"])[:most_chars], int(raw["pages"]), blocks, warnings
        )
    except (KeyError, TypeError, AttributeError, RecursionError, UnicodeDecodeError) as malformed:
        raise ValueError("not the parser's output") from malformed
