"""A watch and its caller's access, which may end while it goes on."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from viva.v1 import interview_pb2 as pb

from services.runtime.auth import set_principal
from services.runtime.errors import NotFound, Unauthenticated, VivaError
from services.session.app import views
from services.session.app.access import Caller, Role
from services.session.servicers import interview as servicer
from tests.services.session.app.test_views import Stage, stage

__all__ = ["stage"]  # a fixture
pytestmark = pytest.mark.unit
METADATA = {"authorization": "Bearer some.token"}
GONE = Unauthenticated("TOKEN_REFUSED", "The login has ended.")


class Door:
    """Says of whoever comes by who they are now."""

    def __init__(self, now: Caller | VivaError) -> None:
        self.now, self.seen = now, list[Mapping[str, str]]()

    async def still(self, metadata: Mapping[str, str]) -> Caller:
        self.seen.append(metadata)
        if isinstance(self.now, VivaError):
            raise self.now
        return self.now


class Context:
    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return tuple(METADATA.items())


def watch(stage: Stage, door: Door, caller: Caller) -> AsyncIterator[pb.WatchInterviewResponse]:
    others: list[Any] = [None] * 5
    served = servicer.InterviewServicer(*others[:2], stage.views, *others[:4], door)
    set_principal(caller)
    return served.WatchInterview(pb.WatchInterviewRequest(interview_id=str(stage.interview.id)), Context())


def candidate(stage: Stage) -> Caller:
    return Caller(Role.CANDIDATE, stage.interview.candidate_id)


async def kinds(watching: AsyncIterator[pb.WatchInterviewResponse], count: int) -> list[str | None]:
    return [(await anext(watching)).WhichOneof("message") for _ in range(count)]


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (GONE, Unauthenticated),
        (Caller(Role.CANDIDATE, uuid4()), NotFound),
        (Caller(Role.RECRUITER, uuid4()), NotFound),
    ],
    ids=["the login has ended", "it is somebody else's", "it is no company's of theirs"],
)
async def test_a_watch_shows_nothing_more_once_access_has_ended(
    now: Caller | VivaError, told: type[VivaError], stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = Door(candidate(stage))
    watching = watch(stage, door, candidate(stage))
    assert await kinds(watching, 2) == ["snapshot", "event"]
    monkeypatch.setattr(servicer, "RECHECK_S", 0.0)
    door.now = now
    with pytest.raises(told):
        await anext(watching)
    assert door.seen == [METADATA]


async def test_a_watch_goes_on_while_its_caller_may(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servicer, "RECHECK_S", 0.0)
    door = Door(candidate(stage))
    watching = watch(stage, door, candidate(stage))
    assert await kinds(watching, 5) == ["snapshot", "event", "event", "event", "heartbeat"]
    assert len(door.seen) == 5


async def test_not_every_message_asks_who_is_watching(stage: Stage) -> None:
    door = Door(GONE)
    assert await kinds(watch(stage, door, candidate(stage)), 5) == ["snapshot", *["event"] * 3, "heartbeat"]
    assert door.seen == []


def test_every_heartbeat_of_a_silent_watch_looks_again() -> None:
    assert servicer.RECHECK_S < views.HEARTBEAT_S
