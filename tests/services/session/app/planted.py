"""A person whose every word can be found again, in a whole interview, and where to look for it."""

import json
import subprocess
from pathlib import Path
from uuid import UUID, uuid4

from deploy.local.postgres import runnable_binaries
from services.session.app.access import Caller, Role
from services.session.app.ports import Segment
from services.session.app.resumes import Upload
from services.session.domain.interview import AnswerEnd
from tests.services.session.world import World, until, verdict

MARKS = {
    "email": "marke7q1@example.org",
    "name": "표식이름7q2",
    "resume": "표식이력7q3",
    "file name": "표식파일7q4",
    "answer": "표식대답7q5",
    "draft": "표식초안7q6",
    "utterance": "표식발화7q7",
    "word": "표식단어7q8",
    "correction": "표식정정7q9",
    "review": "표식재검7qa",
    "decision": "표식결정7qb",
    "request id": "marke-request-7qc",
    "question": "표식질문7qd",
    "judgement": "표식평가7qe",
    "stray message": "표식낙오7qf",
    "observation": "marke_observation_7qg",
}
RESUME = f"""김표식
경력
2021.01 - 2024.01 주식회사 파랑 백엔드 개발자
- {MARKS["resume"]} 결제 서버의 응답 시간을 40% 줄였습니다.
기술
Python, PostgreSQL
"""


def dump(url: str) -> str:
    """Everything in the database, as text; file contents in hex."""
    command = [str(runnable_binaries() / "pg_dump"), "--dbname", url, "--no-owner"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout


def found_in(text: str) -> set[str]:
    return {name for name, mark in MARKS.items() if mark in text or mark.encode().hex() in text}


def found_below(folder: Path) -> set[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return {name for path in files for name, mark in MARKS.items() if mark.encode() in path.read_bytes()}


async def plant(session: World) -> tuple[Caller, UUID]:
    """A person who has put a mark into every field there is; their finished and their open interview."""
    model = session.model
    model.speak = lambda call: (
        verdict(call, MARKS["judgement"])
        if call.schema
        else f"{MARKS['question']}에서 어떤 역할을 맡으셨나요?"
    )
    candidate = await session.person(MARKS["email"], MARKS["name"])
    resume = await session.resumes.upload(
        candidate, Upload(MARKS["request id"], MARKS["file name"], "ko", None, RESUME.encode())
    )
    await until(lambda: indexed(session, resume.id))
    finished = await session.interview(candidate, resume.id)
    await speak(session, candidate, finished)
    await session.interviewing.commands.end(candidate, finished)
    await until(lambda: reported(session, finished))
    await conclude(session, candidate, finished)
    running = await session.interview(candidate, resume.id)
    turn = await session.asked(running)
    await session.interviewing.commands.update_draft(candidate, running, turn.turn.id, MARKS["draft"])
    live = f"viva.live.{running}"
    session.interviewing._live._set_aside("nats", live, "unknown type", MARKS["stray message"].encode())
    await plant_traces_of_logins(session, candidate)
    return candidate, finished


async def speak(session: World, candidate: Caller, interview_id: UUID) -> None:
    commands = session.interviewing.commands
    turn = (await session.asked(interview_id)).turn
    words = ({"text": MARKS["word"], "start_s": 0.0, "end_s": 1.0, "probability": 0.9},)
    await commands.append_segment(candidate, interview_id, Segment(turn.id, 1, MARKS["utterance"], words))
    seen = {"at_ms": 0, "faces": 1, "expression": MARKS["observation"]}
    await session.pool.execute("insert into observation values ($1, 0, $2)", turn.id, [seen])
    done = await commands.submit(candidate, interview_id, turn.id, MARKS["answer"], AnswerEnd.TYPED)
    await commands.correct(candidate, interview_id, done.answer_id, f"{MARKS['correction']} 였습니다.")


async def conclude(session: World, candidate: Caller, interview_id: UUID) -> None:
    admin = await session.person("admin@example.org", role=Role.ADMIN)
    commands = session.interviewing.commands
    await commands.decide(admin, interview_id, "hold", MARKS["decision"])
    await commands.request_review(candidate, interview_id, MARKS["review"])


async def plant_traces_of_logins(session: World, candidate: Caller) -> None:
    company, job = uuid4(), uuid4()
    await session.pool.execute("insert into company (id, name) values ($1, 'C')", company)
    await session.pool.execute("insert into job (id, company_id, title) values ($1, $2, 'J')", job, company)
    await session.pool.execute(
        "insert into invitation (id, batch_id, job_id, email, token_hash, expires_at)"
        " values ($1, $1, $2, $3, 'hash', now() + interval '1 day')",
        *(uuid4(), job, MARKS["email"]),
    )
    await session.pool.execute(
        "insert into refresh_token (hash, family, account_id, expires_at) values ('x', $1, $2, now())",
        *(uuid4(), candidate.id),
    )
    await session.pool.execute(
        "insert into login_attempt (subject) values (encode(sha256(convert_to($1, 'UTF8')), 'hex'))",
        MARKS["email"],
    )


async def indexed(session: World, resume_id: UUID) -> bool:
    query = "select count(*) from resume_chunk where resume_id = $1 and embedding is not null"
    return bool(await session.pool.fetchval(query, resume_id))


async def reported(session: World, interview_id: UUID) -> bool:
    """The newest report is about the corrected answer."""
    bodies = await session.pool.fetch("select body from report where interview_id = $1", interview_id)
    return any(MARKS["correction"] in json.dumps(row[0], ensure_ascii=False) for row in bodies)
