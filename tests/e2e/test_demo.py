"""`viva demo` as its user sees it: whole interviews on the real mesh, and a check that finds every miss."""

import json
import subprocess
import sys
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any

import psycopg
import pytest
from google.protobuf.message import Message
from pypdf import PdfReader

from deploy.demo.database import database_findings
from deploy.demo.findings import findings
from deploy.demo.interview import Interviewed
from deploy.demo.over_grpc import over_grpc
from deploy.demo.over_rest import over_rest
from deploy.demo.run import Wanted, run
from deploy.local.environment import ROOT, LocalMesh
from deploy.local.mesh import first_addresses
from deploy.local.supervisor import Supervisor

pytestmark = pytest.mark.integration
STANDARD = [
    "introduction", "introduction_follow_up", "motivation", "skill", "skill_follow_up", "experience",
    "experience_follow_up", "problem_solving", "problem_solving_follow_up", "collaboration",
    "collaboration_follow_up", "values", "values_follow_up", "growth", "closing",
]  # fmt: skip


def demo(variables: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", "demo", *options],
        cwd=ROOT, env=variables, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def reports(folder: Path) -> list[dict]:
    return [json.loads(each.read_text()) for each in sorted(folder.glob("report*.json"))]


async def one_interview(mesh: LocalMesh, **wanted: object) -> Interviewed:
    (done,) = await run(first_addresses(mesh)["session"], Wanted(**wanted), lambda _: lambda *_: None)
    assert isinstance(done, Interviewed), done
    return done


def test_a_demonstration_starts_a_mesh_holds_a_whole_interview_and_stops_it(
    idle_variables: dict[str, str], tmp_path: Path
) -> None:
    done = demo(idle_variables, "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "where the time went" in done.stdout
    assert "question ran on bank" in done.stdout
    (report,) = reports(tmp_path)
    assert [each["stage"] for each in report["questions"]] == STANDARD
    assert report["total"] is not None
    assert (tmp_path / "report.html").read_text().startswith("<!")
    assert not Supervisor(LocalMesh.from_environment(idle_variables)).is_up()


def test_eight_interviews_side_by_side_are_each_whole_and_leave_the_mesh_running(
    mesh_variables: dict[str, str], mesh: LocalMesh, tmp_path: Path
) -> None:
    done = demo(mesh_variables, "--parallel", "8", "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    held = reports(tmp_path)
    assert len({each["heading"]["interview_id"] for each in held}) == 8
    assert all(len(each["questions"]) == 15 for each in held)
    assert Supervisor(mesh).is_running()


def test_interviews_over_rest_are_as_whole_and_leave_a_pdf(
    mesh_variables: dict[str, str], tmp_path: Path
) -> None:
    done = demo(mesh_variables, "--via", "rest", "--parallel", "2", "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    held = reports(tmp_path)
    assert [[each["stage"] for each in report["questions"]] for report in held] == [STANDARD, STANDARD]
    assert "question ran on bank" in done.stdout
    pages = [len(PdfReader(each).pages) for each in tmp_path.glob("report*.pdf")]
    assert len(pages) == 2
    assert all(pages)


def paths(message: Any) -> set[str]:
    """Every field that is set, and the value of enumerations."""
    found = set()
    for field, value in message.ListFields():
        each = value if isinstance(value, Iterable) and not isinstance(value, str | bytes) else [value]
        inner = {path for one in each if isinstance(one, Message) for path in paths(one)} - {"nanos."}
        found |= {f"{field.name}.{path}" for path in inner or {str(value) if field.enum_type else ""}}
    return found


async def test_rest_tells_of_an_interview_what_grpc_tells(mesh: LocalMesh) -> None:
    told, parts = [], []
    for service, entrance in (("session", over_grpc), ("edge", over_rest)):
        address = first_addresses(mesh)[service]
        (done,) = await run(address, Wanted(seed=11), lambda _: lambda *_: None, entrance)
        assert isinstance(done, Interviewed), done
        assert findings(done) == []
        said = (done.stored, done.summary, *done.events)
        told.append({path for each in said for path in paths(each)} | done.report.keys() | set(done.stages))
        parts.append({part.name for part in done.parts})  # whose state may change between the two
    # REST has the report beside its summary, and mending commands for admins alone.
    assert told[0] - told[1] <= {"content.", "remedy."}
    assert told[1] <= told[0]
    assert parts[0] <= parts[1]  # the edge asks media too


def test_a_career_transition_is_interviewed_in_english(
    mesh_variables: dict[str, str], tmp_path: Path
) -> None:
    done = demo(mesh_variables, "--scenario", "career_transition", "--lang", "en", "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    (report,) = reports(tmp_path)
    stages = [each["stage"] for each in report["questions"]]
    assert len(stages) == 15
    assert "transition_reason" in stages
    assert report["questions"][0]["question"].isascii()


def test_ones_own_resume_and_answers_are_taken(mesh_variables: dict[str, str], tmp_path: Path) -> None:
    resume, answers = tmp_path / "이력서.txt", tmp_path / "answers.yaml"
    resume.write_text("김민수\n\n경력\n(주)한빛소프트 | 백엔드 개발자 | 2021.03 ~ 현재\n- Kafka 정산 구축\n")
    said = [
        f"{place}번째 질문에는 Kafka로 정산 시간을 {place + 10}% 줄인 일을 들겠습니다." for place in range(15)
    ]
    answers.write_text("\n".join(f"- {each}" for each in said))
    done = demo(
        mesh_variables, "--resume", str(resume), "--answers", str(answers), "--out", str(tmp_path / "out")
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (report,) = reports(tmp_path / "out")
    assert [each["transcript"] for each in report["questions"]] == said


def test_a_scenario_that_is_not_there_ends_with_what_mends_it(
    mesh_variables: dict[str, str], tmp_path: Path
) -> None:
    done = demo(mesh_variables, "--scenario", "nonesuch", "--out", str(tmp_path))
    assert done.returncode == 1
    assert "nonesuch" in done.stdout
    assert "Mend it" in done.stdout


def test_an_answers_file_that_does_not_fit_names_the_stages_without_an_answer(
    mesh_variables: dict[str, str], tmp_path: Path
) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text("introduction: 안녕하세요, 서버를 만드는 사람입니다.\n")
    done = demo(mesh_variables, "--answers", str(answers), "--out", str(tmp_path))
    assert done.returncode == 1
    assert "no answer for: introduction_follow_up" in done.stdout


async def test_equal_seeds_make_equal_answers_to_equal_questions(mesh: LocalMesh) -> None:
    first, second = [await one_interview(mesh, seed=7) for _ in range(2)]
    said = {told.turn.question.text: told.submitted for told in first.turns}
    again = {told.turn.question.text: told.submitted for told in second.turns}
    assert first.report["heading"]["candidate"] == second.report["heading"]["candidate"]
    assert all(said[question] == answer for question, answer in again.items() if question in said)


def _other_words(done: Interviewed) -> None:
    evidence = next(s["evidence"] for q in done.report["questions"] for s in q["scores"] if s["evidence"])
    evidence[0]["text"] = "말하지 않은 말을 근거로 들었습니다"


def _no_evidence(done: Interviewed) -> None:
    next(s for q in done.report["questions"] for s in q["scores"] if s["evidence"])["evidence"] = []


def _short_evidence(done: Interviewed) -> None:
    each = next(s["evidence"][0] for q in done.report["questions"] for s in q["scores"] if s["evidence"])
    each["end"] = each["start"] + 5
    each["text"] = each["text"][:5]


def _total_without_coverage(done: Interviewed) -> None:
    done.report["coverage"] = 0.3


MISSES = {
    "two stages change places": lambda d: d.turns.reverse(),
    "a stage is left out": lambda d: d.turns.pop(),
    "an event is lost": lambda d: d.events.pop(3),
    "two reports are made": lambda d: d.events.append(d.events[-1]),
    "an answer is not evaluated": lambda d: setattr(d.turns[4], "evaluated_at", None),
    "another answer is stored": lambda d: setattr(d.stored.turns[2].answer, "text", "..."),
    "an answer has no id": lambda d: setattr(d.stored.turns[2].answer, "id", ""),
    "the report leaves a turn out": lambda d: d.report["questions"].pop(),
    "the report tells another question": lambda d: d.report["questions"][0].update(question="?"),
    "a dimension is not judged": lambda d: d.report["questions"][0]["scores"].pop(),
    "the page is empty": lambda d: setattr(d, "html", b""),
    "evidence was never said": _other_words,
    "a score has no evidence": _no_evidence,
    "evidence is too short": _short_evidence,
    "a total stands without coverage": _total_without_coverage,
}


async def test_every_kind_of_miss_is_found(mesh: LocalMesh) -> None:
    whole = await one_interview(mesh)
    assert findings(whole) == []
    for name, spoil in MISSES.items():
        spoiled = deepcopy(whole)
        spoil(spoiled)
        assert findings(spoiled), name


@pytest.mark.parametrize(
    "spoil",
    [
        "delete from answer where turn_id = (select id from turn where interview_id = %s limit 1)",
        "update question set id = gen_random_uuid() where turn_id in "
        "(select id from turn where interview_id = %s and number = 3)",
        "delete from evaluation where turn_id in "
        "(select id from turn where interview_id = %s and number = 2)",
        "insert into report select interview_id, 2, body from report where interview_id = %s",
        "update turn set stage_id = 'closing' where interview_id = %s and number = 1",
    ],
)
async def test_rows_that_do_not_hang_together_are_found(mesh: LocalMesh, spoil: str) -> None:
    whole = await one_interview(mesh)
    dsn = mesh.environment()["DATABASE_URL"]
    assert database_findings(dsn, [whole]) == []
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(spoil, (whole.interview.id,))
    assert database_findings(dsn, [whole]) != []


def test_a_database_that_does_not_answer_is_a_finding(mesh: LocalMesh) -> None:
    dsn = mesh.environment()["DATABASE_URL"].replace(str(mesh.ports.postgres), "1")
    assert database_findings(dsn, []) == ["Postgres could not be asked: OperationalError"]
