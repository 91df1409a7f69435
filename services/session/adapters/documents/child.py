"""The process in which one document is parsed: bytes on stdin, one JSON object on stdout, then the end.

    python -I -B -m services.session.adapters.documents.child '{"memory_bytes": ..., ...}'

Knows no other service, has no environment and no network.
"""

import json
import sys

from services.session.adapters.documents.jail import shut_in
from services.session.adapters.documents.limits import ParserLimits
from services.session.adapters.documents.wire import dump
from services.session.domain.resumes.documents import DocumentError, ParsedDocument, Reason


def main() -> None:
    limits = ParserLimits(**json.loads(sys.argv[1]))
    # A little longer than the parent waits, so that a living parent is the one to decide.
    shut_in(limits.memory_bytes, limits.cpu_s, limits.wall_s + 2)
    sys.stdout.buffer.write(_outcome(limits))
    sys.stdout.buffer.flush()


def _outcome(limits: ParserLimits) -> bytes:
    try:
        return dump(_read(limits))
    except MemoryError:
        return dump(DocumentError(Reason.BOMB))
    except ImportError:
        return dump(DocumentError(Reason.PARSER_UNAVAILABLE))
    except Exception:
        # Whatever a parser did not foresee is the document's doing: nothing else came in.
        return dump(DocumentError(Reason.CORRUPT))


def _read(limits: ParserLimits) -> ParsedDocument | DocumentError:
    from services.session.adapters.documents.reader import read

    try:
        return read(sys.stdin.buffer.read(limits.document_bytes + 1), limits)
    except DocumentError as error:
        return error


if __name__ == "__main__":
    main()
