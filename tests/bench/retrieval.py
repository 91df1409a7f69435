"""How fast and how truly passages are found: within one résumé, and across a company's applicants.

    python tests/bench/retrieval.py [--chunks 20000 100000] [--queries 60] [--not-durable]

The embedded Postgres with the product's tables and index, searched by the product's own store. Passages are
made-up Korean résumé paragraphs, their vectors come from the hashing engine that serves where there are no
weights. Three companies share the data: everybody applied to the first, one in ten to the second, one in a
hundred to the third. Recall is held against exact search in the same run: the share of the ten found that are
as near as the ten nearest. The table is filled before its HNSW index is made, as pg_restore would do it.
The last line is one JSON object; its recall and time at 100k are the worst of the three companies'.
"""

import argparse
import asyncio
import json
import random
import statistics
import struct
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table

from deploy.local.environment import free_ports
from deploy.local.postgres import Postgres
from services.embed.engine import Kind
from services.embed.engines.hashing import HashingEngine
from services.session.adapters.postgres import passages as product
from services.session.adapters.postgres.database import Database
from services.session.adapters.postgres.migrate import migrate
from services.session.adapters.postgres.passages import PostgresPassages, as_text
from services.session.adapters.system import new_id

MODEL = "hashing:bench"
PER_RESUME = 20
K = 10
SHARES = (1.0, 0.1, 0.01)
NEAR = 1e-4  # distances this close are the same: halfvec keeps about three digits
BATCH = 5_000

DID = (
    "줄였습니다",
    "늘렸습니다",
    "옮겼습니다",
    "고쳤습니다",
    "설계했습니다",
    "자동화했습니다",
    "이끌었습니다",
)
WHAT = (
    "결제 정산 배치", "추천 모델 서빙", "물류 관제 화면", "회원 인증 서버", "광고 입찰 파이프라인",
    "병원 예약 시스템", "재고 예측 도구", "고객 상담 챗봇", "사내 배포 도구", "영상 자막 편집기",
    "보험 심사 규칙", "교육 콘텐츠 검색", "공장 설비 점검표", "해외 송금 대사", "쿠폰 발급 한도",
)  # fmt: skip
WITH = (
    "Kotlin과 Spring", "Python과 FastAPI", "Go와 gRPC", "React와 TypeScript", "PyTorch와 Triton",
    "Kafka와 Flink", "PostgreSQL 파티션", "Terraform과 쿠버네티스", "Airflow와 Spark", "엑셀 매크로",
)  # fmt: skip
WHERE = (
    "물류 회사",
    "핀테크 회사",
    "대학 연구실",
    "게임 회사",
    "공공기관",
    "병원",
    "제조 공장",
    "작은 창업 팀",
)
MEASURE = (
    "응답 시간",
    "장애 건수",
    "처리 비용",
    "문의 대기 시간",
    "불량률",
    "가입 전환율",
    "배포 시간",
    "재고 오차",
)
SO = (
    "원인을 로그로 좁힌 뒤",
    "동료 세 명과 함께",
    "고객을 직접 만나 보고",
    "실험을 두 달 반복하며",
    "문서부터 다시 쓰고",
)


def sentence(rng: random.Random) -> str:
    before, after = sorted((rng.randint(2, 990), rng.randint(2, 990)), reverse=True)
    return (
        f"{rng.randint(2009, 2025)}년 {rng.choice(WHERE)}에서 {rng.choice(WHAT)}를 {rng.choice(WITH)}로 맡아 "
        f"{rng.choice(SO)} {rng.choice(MEASURE)}을 {before}에서 {after}로 {rng.choice(DID)}."
    )


def paragraph(rng: random.Random) -> str:
    return " ".join(sentence(rng) for _ in range(4))


def halfvec(row: Any) -> bytes:
    """pgvector's binary form."""
    return struct.pack(">HH", len(row), 0) + bytes(row.astype(">f2").tobytes())


def encoded(engine: HashingEngine, texts: Sequence[str], kind: Kind) -> Any:
    return engine.encode(engine.prepare(texts, kind))


@dataclass(frozen=True)
class Company:
    """One company and the share of all résumés that applied to it."""

    id: UUID
    share: float


@dataclass(frozen=True)
class Row:
    """Milliseconds are medians over the queries."""

    what: str
    chunks: int
    found_ms: float
    exact_ms: float
    recall: float
    fewest: int  # rows found by the query that found the fewest
    how: str


class Bench:
    def __init__(self, database: Database, console: Console) -> None:
        self.database = database
        self.store = PostgresPassages(database)
        self.engine = HashingEngine()
        self.rng = random.Random(7)
        self.companies = [Company(new_id(), share) for share in SHARES]
        self.resumes: list[UUID] = []
        self.console = console

    async def prepare(self) -> None:
        for company in self.companies:
            await self.database.pool.execute(
                "insert into company (id, name) values ($1, $2)", company.id, f"{company.share:.0%}"
            )

    async def fill(self, chunks: int) -> None:
        """Adds résumés until there are so many chunks, then makes the product's own index anew."""
        pool = self.database.pool
        index = await pool.fetchval("select indexdef from pg_indexes where indexname = 'resume_chunk_hnsw'")
        await pool.execute("drop index resume_chunk_hnsw")
        while len(self.resumes) * PER_RESUME < chunks:
            await self._add(min(BATCH, chunks - len(self.resumes) * PER_RESUME) // PER_RESUME)
            self.console.print(f"{len(self.resumes) * PER_RESUME} of {chunks} chunks")
        started = time.monotonic()
        async with pool.acquire() as connection:
            await connection.execute(index, timeout=3600)
            await connection.execute("vacuum analyze", timeout=600)
        size = await pool.fetchval("select pg_size_pretty(pg_relation_size('resume_chunk_hnsw'))")
        self.console.print(f"index of {chunks} chunks: {time.monotonic() - started:.0f} s, {size}")

    async def _add(self, count: int) -> None:
        added = [(new_id(), new_id()) for _ in range(count)]
        texts = [paragraph(self.rng) for _ in range(count * PER_RESUME)]
        vectors = encoded(self.engine, texts, Kind.PASSAGE)
        chunks = [
            (resume, position, person, "experience", texts[at], halfvec(vectors[at]), MODEL)
            for at, (resume, position, person) in enumerate(
                (resume, position, person) for person, resume in added for position in range(PER_RESUME)
            )
        ]
        interviews = [
            (new_id(), person, company.id, resume, "standard", "ko", "v", "completed", "epoch")
            for at, (person, resume) in enumerate(added, start=len(self.resumes))
            for company in self.companies
            if at % round(1 / company.share) == 0
        ]
        async with self.database.transaction() as connection:
            await connection.executemany(
                "insert into account (id, role) values ($1, 'candidate')", [(person,) for person, _ in added]
            )
            await connection.executemany(
                "insert into resume (id, candidate_id, file_name, size_bytes, language, status, chunks)"
                " values ($1, $2, 'made-up.pdf', 1, 'ko', 'ready', $3)",
                [(resume, person, PER_RESUME) for person, resume in added],
            )
            await connection.set_type_codec(
                "halfvec", encoder=bytes, decoder=bytes, schema="public", format="binary"
            )
            columns = ("resume_id", "position", "candidate_id", "section", "text", "embedding", "model")
            await connection.copy_records_to_table(
                "resume_chunk", records=chunks, columns=columns, timeout=120
            )
            await connection.reset_type_codec("halfvec", schema="public")
            await connection.executemany(
                "insert into interview (id, candidate_id, company_id, resume_id, scenario, language,"
                " scenario_version, status, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8,"
                " $9::text::timestamptz)",
                interviews,
            )
        self.resumes.extend(resume for _, resume in added)

    def queries(self, count: int) -> Iterator[Sequence[float]]:
        texts = [sentence(self.rng) for _ in range(count)]
        yield from encoded(self.engine, texts, Kind.QUERY).tolist()

    async def within_owner(self, count: int) -> Row:
        async def find(vector: Sequence[float]) -> list[str]:
            return await self.store.nearest_of(self.rng.choice(self.resumes), vector, MODEL, K)

        await measured(find, list(self.queries(5)))
        times, found = await measured(find, list(self.queries(count)))
        median = statistics.median(times)
        return Row("one résumé", PER_RESUME, median, median, 1.0, min(map(len, found)), "all compared")

    async def across(self, company: Company, count: int) -> Row:
        queries = list(self.queries(count))

        async def find(vector: Sequence[float]) -> list[float]:
            hits = await self.store.nearest_applicants(company.id, vector, MODEL, K)
            return [hit.similarity for hit in hits]

        async def compare_all(vector: Sequence[float]) -> list[float]:
            asked = (company.id, as_text(vector), MODEL, K)
            return [
                1 - row["distance"] for row in await self.database.pool.fetch(product.ALL_APPLICANTS, *asked)
            ]

        await measured(find, queries[:10])
        times, found = await measured(find, queries)
        exact_times, exact = await measured(compare_all, queries)
        limits = [each[-1] - NEAR for each in exact]
        right = [sum(near >= limit for near in each) / K for each, limit in zip(found, limits, strict=True)]
        chunks, plan = await self._way(company, queries[0])
        return Row(
            f"{company.share:.0%} applied to it",
            chunks,
            statistics.median(times),
            statistics.median(exact_times),
            statistics.mean(right),
            min(map(len, found)),
            plan,
        )

    async def _way(self, company: Company, vector: Sequence[float]) -> tuple[int, str]:
        """How many passages the company searches, and how Postgres does it, as it explains itself."""
        async with self.database.transaction() as connection:
            applicants, everything = await connection.fetchrow(product.SIZES, company.id)
            width = product.width_of_scan(applicants, everything)
            if width is None:
                return applicants * PER_RESUME, "all compared"
            await connection.execute(product.SCAN.format(width=width))
            asked = (company.id, as_text(vector), MODEL, K)
            lines = await connection.fetch(f"explain {product.NEAREST_APPLICANTS}", *asked)
        used = any("resume_chunk_hnsw" in line[0] for line in lines)
        return applicants * PER_RESUME, f"HNSW, {width} wide" if used else "no HNSW: the planner's choice"


async def measured(
    search: Callable[[Sequence[float]], Awaitable[Any]], queries: Sequence[Sequence[float]]
) -> tuple[list[float], list[Any]]:
    """Milliseconds of each search, and what it found."""
    times, found = [], []
    for vector in queries:
        started = time.perf_counter()
        found.append(await search(vector))
        times.append((time.perf_counter() - started) * 1000)
    return times, found


async def run(arguments: argparse.Namespace, dsn: str) -> dict[int, list[Row]]:
    """Rows by the number of chunks in all: within one résumé, then company by company."""
    console, rows = Console(stderr=True), {}
    database = await Database.connect(dsn)
    bench = Bench(database, console)
    await bench.prepare()
    for chunks in sorted(arguments.chunks):
        await bench.fill(chunks)
        rows[chunks] = [await bench.within_owner(arguments.queries)]
        rows[chunks] += [await bench.across(company, arguments.queries) for company in bench.companies]
    await database.close()
    return rows


def show(rows: dict[int, list[Row]]) -> None:
    table = Table("all chunks", "searched", "chunks", "found p50", "exact p50", "recall@10", "fewest", "how")
    for everything, group in rows.items():
        for row in group:
            times = f"{row.found_ms:.2f} ms", f"{row.exact_ms:.2f} ms"
            found = f"{row.recall:.3f}", str(row.fewest), row.how
            table.add_row(str(everything), row.what, str(row.chunks), *times, *found)
    Console(width=120).print(table)
    owner, *companies = rows[max(rows)]
    summary = {
        "owner_p50_ms": round(owner.found_ms, 2),
        "recall_at_10": round(min(row.recall for row in companies), 3),
        "p50_ms_100k": round(max(row.found_ms for row in companies), 2),
    }
    print(json.dumps(summary))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chunks", type=int, nargs="+", default=[20_000, 100_000], help="sizes, each on top")
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument(
        "--not-durable", action="store_true", help="without fsync; searches do not wait for it"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="viva-bench-") as folder:
        Path(folder).chmod(0o711)
        server = Postgres(Path(folder) / "postgres", free_ports(1)[0], durable=not arguments.not_durable)
        server.prepare()
        with server.running():
            migrate(server.dsn)
            show(asyncio.run(run(arguments, server.dsn)))


if __name__ == "__main__":
    main()
