"""How much one document may cost. Knows nothing of what documents hold."""

from dataclasses import dataclass

from services.session.domain.resumes.documents import MAX_DOCUMENT_BYTES, MIB


@dataclass(frozen=True)
class ParserLimits:
    """`memory_bytes` is address space (RLIMIT_AS); times in seconds;
    `processes` is how many parse at once."""

    document_bytes: int = MAX_DOCUMENT_BYTES
    memory_bytes: int = 1024 * MIB
    cpu_s: int = 20
    wall_s: float = 30.0
    pages: int = 60
    text_chars: int = 200_000
    unpacked_bytes: int = 200 * MIB
    processes: int = 2
