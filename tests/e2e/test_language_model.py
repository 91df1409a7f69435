"""A whole interview whose questions and grades a real language model writes, through the whole mesh.

The model is the trained test fixture: it writes questions that mostly pass the guard, and grades at random.
"""

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest

from deploy.demo.findings import findings
from deploy.demo.interview import Interviewed
from deploy.demo.run import Wanted, run
from deploy.local.environment import LocalMesh
from deploy.local.mesh import clear_leftovers, first_addresses, started_mesh
from tests.e2e.conftest import new_home, variables_of
from tests.fixtures.llm_ko.lessons import FIXTURE

pytestmark = pytest.mark.model
STAGES = 15
LEAST_ASKED = 8  # of fifteen: how many pass the guard depends on what was answered
CALLS = "select turn_id, verdict from llm_call where purpose = %s"


@pytest.fixture(scope="module")
def mesh() -> Iterator[LocalMesh]:
    home = new_home()
    (home / "models" / "llm").mkdir()
    shutil.copy(FIXTURE, home / "models" / "llm")
    mesh = LocalMesh.from_environment(variables_of(home))
    try:
        with started_mesh(mesh):
            yield mesh
    finally:
        clear_leftovers(mesh)
        shutil.rmtree(home)


@pytest.fixture(scope="module")
def done(mesh: LocalMesh) -> Interviewed:
    address = first_addresses(mesh)["session"]
    (found,) = asyncio.run(run(address, Wanted(seed=7), lambda _: lambda *_: None))
    assert isinstance(found, Interviewed), found
    return found


@pytest.fixture
def database(mesh: LocalMesh) -> Iterator[psycopg.Connection]:
    with psycopg.connect(mesh.environment()["DATABASE_URL"]) as connection:
        yield connection


def test_an_interview_by_a_model_is_whole_and_its_evidence_stands(done: Interviewed) -> None:
    assert findings(done) == []
    assert [part.engine for part in done.parts if part.name == "question"] == ["llm"]


def test_f04_each_question_took_one_call_and_another_only_after_the_guard_refused(
    done: Interviewed, database: psycopg.Connection
) -> None:
    calls = database.execute(CALLS, ["question"]).fetchall()
    assert {str(turn) for turn, _ in calls} == {told.turn.id for told in done.turns}
    again = Counter(turn for turn, _ in calls)
    refused = {turn for turn, verdict in calls if verdict.startswith("refused:")}
    assert all(turn in refused for turn, times in again.items() if times > 1)
    assert max(again.values()) <= 2


def test_most_questions_are_the_models_own_and_the_rest_are_the_banks(
    done: Interviewed, database: psycopg.Connection
) -> None:
    accepted = {str(turn) for turn, verdict in database.execute(CALLS, ["question"]) if verdict == "accepted"}
    assert LEAST_ASKED <= len(accepted) <= STAGES
    assert len(done.turns) == STAGES


def test_every_grade_is_json_that_its_schema_allows(done: Interviewed, database: psycopg.Connection) -> None:
    rows = database.execute("select verdict, output from llm_call where purpose = 'evaluation'").fetchall()
    assert len(rows) == STAGES
    assert {verdict for verdict, _ in rows} == {"accepted"}
    assert all(isinstance(json.loads(output), dict) for _, output in rows)
