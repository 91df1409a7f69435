"""A whole session in this process, on real Postgres and NATS, and a candidate who calls it over gRPC."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import grpc
import yaml
from prometheus_client import REGISTRY
from viva.v1 import interview_pb2 as pb
from viva.v1 import interview_pb2_grpc, llm_pb2, resume_pb2_grpc

from services.runtime.channel import open_channel
from services.session.adapters import scenario_files
from services.session.adapters.forbidden_topics import read_policy
from services.session.adapters.nats import NatsLive, connect
from services.session.adapters.postgres.scenario_versions import PostgresScenarioVersions
from services.session.adapters.scenario_files import SHIPPED
from services.session.adapters.tokens import KEYS_FILE, JwtTokens, Keys
from services.session.app.access import Caller, Role
from services.session.app.logins import Claims
from services.session.app.new_interviews import Wish
from services.session.app.ports import QuestionDelta, WorkQueue
from services.session.app.worker import Handler, WorkerPool
from services.session.bootstrap import Interviewing, connected, lanes
from services.session.config import Settings
from services.session.domain.scenario import Language
from services.session.server import running

NOBODY = "127.0.0.1:1"  # nothing listens there
PATIENCE_S = 15.0
QUESTIONS = (
    "결제 서버의 응답 시간을 줄이신 일에서 직접 맡으신 부분은 무엇이었나요?",
    "그 과정에서 가장 어려웠던 결정은 무엇이었고, 어떻게 내리셨나요?",
    "팀 안에서 의견이 갈렸을 때 어떤 방법으로 맞춰 가셨나요?",
    "최근에 새로 익힌 기술을 실제 업무에 쓰신 사례를 들려주시겠어요?",
    "맡으신 일이 계획대로 되지 않았던 때에는 어떻게 대처하셨나요?",
)


def question(number: int) -> str:
    """One that passes the guard, different for every number up to five."""
    return QUESTIONS[(number - 1) % len(QUESTIONS)]


def asked_so_far(request: llm_pb2.GenerateRequest) -> int:
    return sum(each.role == llm_pb2.CHAT_ROLE_ASSISTANT for each in request.messages)


def verdict(request: llm_pb2.GenerateRequest, score: int = 3) -> str:
    """An evaluation that fits the request's schema and quotes nothing."""
    schema = json.loads(request.json_schema)
    names = schema["properties"]["scores"]["required"]
    each = {"evidence": [], "reason": "근거가 부족합니다.", "score": score}
    return json.dumps(
        {"scores": dict.fromkeys(names, each), "strengths": ["차분합니다."], "improvements": ["더 자세히."]},
        ensure_ascii=False,
    )


async def until(look: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
    """What `look`, maybe a coroutine function, gives once it is true; fails when that takes longer."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        found = await found if isinstance(found, Awaitable) else found
        if found:
            return found
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.01)


def counted(name: str, **labels: str) -> float:
    """A Prometheus counter of this process."""
    return REGISTRY.get_sample_value(f"{name}_total", labels) or 0.0


@dataclass
class Watcher:
    """Somebody who watches an interview, and everything that reached them."""

    call: Any
    messages: list[pb.WatchInterviewResponse] = field(default_factory=list)
    failure: grpc.aio.AioRpcError | None = None

    async def run(self) -> None:
        try:
            async for message in self.call:
                self.messages.append(message)
        except grpc.aio.AioRpcError as error:
            self.failure = error

    @property
    def snapshot(self) -> pb.Interview:
        return self.messages[0].snapshot.interview

    @property
    def events(self) -> list[pb.InterviewEvent]:
        return [each.event for each in self.messages if each.HasField("event")]

    @property
    def deltas(self) -> list[pb.QuestionDelta]:
        return [each.question_delta for each in self.messages if each.HasField("question_delta")]

    def of_type(self, type_: str) -> list[pb.InterviewEvent]:
        return [event for event in self.events if event.type == type_]

    async def event(self, type_: str, number: int = 1) -> pb.InterviewEvent:
        """The event of that type that came as the `number`th."""
        found = await until(lambda: self.of_type(type_)[number - 1 : number])
        return found[0]  # type: ignore[no-any-return]

    def streamed(self, turn_id: str) -> str:
        """The question as a page would show it while it is being written."""
        shown, generation = "", 0
        for message in self.messages:
            for turn in _turns(message):
                if turn.id == turn_id:
                    shown, generation = turn.partial_question, turn.generation
                    if turn.HasField("question"):
                        return self._before_question(turn_id)
            if message.HasField("question_delta") and message.question_delta.turn_id == turn_id:
                delta = message.question_delta
                shown = delta.text if delta.generation > generation else shown + delta.text
                generation = delta.generation
        return shown

    def _before_question(self, turn_id: str) -> str:
        index = next(
            number
            for number, message in enumerate(self.messages)
            if any(turn.id == turn_id and turn.HasField("question") for turn in _turns(message))
        )
        return Watcher(None, self.messages[:index]).streamed(turn_id)

    @property
    def words(self) -> str:
        """Every text that reached the watcher in any form."""
        return "\n".join(
            text
            for message in self.messages
            for text in [
                message.question_delta.text,
                *(turn.partial_question for turn in _turns(message)),
                *(turn.question.text for turn in _turns(message)),
            ]
        )


def _turns(message: pb.WatchInterviewResponse) -> list[pb.Turn]:
    if message.HasField("event"):
        return [message.event.turn] if message.event.HasField("turn") else []
    current = message.snapshot.interview
    return [current.current_turn] if current.HasField("current_turn") else []


class Candidate:
    """Calls one session server as one person."""

    def __init__(self, channel: grpc.aio.Channel, pool: asyncpg.Pool) -> None:
        self.stub: Any = interview_pb2_grpc.InterviewServiceStub(channel)
        self.resumes: Any = resume_pb2_grpc.ResumeServiceStub(channel)
        self._pool = pool
        self._watching: list[asyncio.Task[None]] = []

    async def interview(self, scenario: str = "standard", **fields: Any) -> str:
        """A started one."""
        request = pb.CreateInterviewRequest(request_id=uuid4().hex, scenario=scenario, language=1, **fields)
        created = (await self.stub.CreateInterview(request)).interview
        await self._pool.execute(
            "insert into consent (interview_id, purpose, version, granted)"
            " values ($1, 'processing', 'test', true) on conflict do nothing",
            created.id,
        )
        await self.start(created.id)
        return str(created.id)

    async def start(self, interview_id: str) -> pb.Interview:
        request = pb.StartInterviewRequest(interview_id=interview_id, request_id=uuid4().hex)
        return (await self.stub.StartInterview(request)).interview

    def watch(self, interview_id: str, after_seq: int = 0, *, durable_only: bool = False) -> Watcher:
        request = pb.WatchInterviewRequest(
            interview_id=interview_id, after_seq=after_seq, durable_only=durable_only
        )
        watcher = Watcher(self.stub.WatchInterview(request))
        self._watching.append(asyncio.create_task(watcher.run()))
        return watcher

    async def get(self, interview_id: str) -> pb.GetInterviewResponse:
        return await self.stub.GetInterview(
            pb.GetInterviewRequest(interview_id=interview_id, include_turns=True)
        )

    async def asked(self, interview_id: str, number: int) -> pb.Turn:
        """The turn of that number, once its question is asked."""

        async def look() -> pb.Turn | None:
            turns = (await self.get(interview_id)).turns
            found = [turn for turn in turns if turn.number == number and turn.HasField("question")]
            return found[0] if found else None

        turn: pb.Turn = await until(look)
        return turn

    async def submit(
        self, interview_id: str, turn_id: str, text: str = "결제 서버의 지연을 절반으로 줄였습니다."
    ) -> pb.SubmitAnswerResponse:
        request = pb.SubmitAnswerRequest(
            interview_id=interview_id, turn_id=turn_id, request_id=uuid4().hex, text=text, ended_by=2
        )
        return await self.stub.SubmitAnswer(request)

    async def say(self, interview_id: str, turn_id: str, seq: int, text: str) -> int:
        request = pb.AppendAnswerSegmentRequest(
            interview_id=interview_id, turn_id=turn_id, segment_seq=seq, text=text
        )
        return int((await self.stub.AppendAnswerSegment(request)).segments)

    async def type_(self, interview_id: str, turn_id: str, text: str) -> None:
        request = pb.UpdateAnswerDraftRequest(interview_id=interview_id, turn_id=turn_id, text=text)
        await self.stub.UpdateAnswerDraft(request)

    async def call(self, name: str, interview_id: str, **fields: Any) -> Any:
        """Any mutation by its name."""
        request = getattr(pb, f"{name}Request")(interview_id=interview_id, request_id=uuid4().hex, **fields)
        return await getattr(self.stub, name)(request)

    async def leave(self) -> None:
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)


class Spine:
    """What stays when session processes come and go: the database, NATS and a candidate's account."""

    def __init__(self, database_url: str, nats_url: str, home: Path, pool: asyncpg.Pool) -> None:
        self.database_url, self.nats_url, self.home, self.pool = database_url, nats_url, home, pool
        self._account: tuple[Any, Any, int] | None = None

    def settings(self, llm: Sequence[str] = (), **fields: Any) -> Settings:
        values = {
            "listen": "127.0.0.1:0",
            "database_url": self.database_url,
            "nats_url": self.nats_url,
            "migrate": False,
            "database_connections": 8,
            "llm_addresses": tuple(llm),
            "embed_addresses": (NOBODY,),
            "home": self.home,
            "mesh_token": "the-mesh",
            "log_level": "error",
            "drain_s": 0.0,
        }
        return Settings(**(values | fields))

    @asynccontextmanager
    async def session(self, llm: Sequence[str] = (), **fields: Any) -> AsyncIterator[Candidate]:
        """One session process; its candidate is the same person in each."""
        async with running(self.settings(llm, **fields)) as server:
            await server.start()
            channel = open_channel([f"127.0.0.1:{server.port}"], token=await self._token())
            candidate = Candidate(channel, self.pool)
            try:
                yield candidate
            finally:
                await candidate.leave()
                await channel.close()
                await server.stop()

    @asynccontextmanager
    async def workers(
        self,
        llm: Sequence[str] = (),
        queue: Callable[[WorkQueue], WorkQueue] = lambda queue: queue,
        handlers: Mapping[str, Handler] = MappingProxyType({}),
        **fields: Any,
    ) -> AsyncIterator[Interviewing]:
        """A session's workers without its server; some may be exchanged for worse ones."""
        settings = self.settings(llm, **fields)
        async with connected(settings) as outside:
            files = scenario_files.load_files(policy=read_policy())
            await PostgresScenarioVersions(outside.database).ship(files)
            interviewing = Interviewing(settings, outside)
            does = {**interviewing.handlers(), **handlers}
            wanted = [lane for lane in lanes(settings) if does.keys() >= set(lane.kinds)]
            pool = WorkerPool(queue(interviewing.queue), does, wanted, poll_s=0.1)
            outside.live.on_work(pool.wake)
            running_ = asyncio.create_task(pool.run())
            try:
                yield interviewing
            finally:
                running_.cancel()
                await asyncio.gather(running_, return_exceptions=True)

    async def begin(self, interviewing: Interviewing, scenario: str = "standard") -> str:
        """Starts an interview without a server."""
        await self._token()
        assert self._account is not None
        caller = Caller(Role.CANDIDATE, self._account[0])
        wish = Wish(uuid4().hex, scenario=scenario, language=Language.KO)
        interview_id = (await interviewing.new.create(caller, wish)).interview.id
        await self.pool.execute(
            "insert into consent (interview_id, purpose, version, granted)"
            " values ($1, 'processing', 'test', true)",
            interview_id,
        )
        await interviewing.commands.start(caller, interview_id)
        return str(interview_id)

    async def _token(self) -> str:
        if self._account is None:
            account, family = uuid4(), uuid4()
            await self.pool.execute(
                "insert into account (id, email, role) values ($1, 'a@example.org', 'candidate')", account
            )
            await self.pool.execute(
                "insert into refresh_token (hash, family, account_id, expires_at)"
                " values ('x', $1, $2, now() + interval '1 day')",
                *(family, account),
            )
            generation = await self.pool.fetchval("select generation from account where id = $1", account)
            self._account = account, family, generation
        account, family, generation = self._account
        now = datetime.now(UTC)
        claims = Claims(account, Role.CANDIDATE, now, now + timedelta(hours=1), uuid4(), family, generation)
        return JwtTokens(Keys.load_or_create(self.home / KEYS_FILE)).sign(claims)

    async def scenario(self, *, deadline_s: float = 5.0, stages: int = 15, name: str = "quick") -> str:
        """The standard one with another deadline and fewer stages; its name."""
        plan = yaml.safe_load((SHIPPED / f"standard.{Language.KO}.yaml").read_text())
        wanted = [{**stage, "question_deadline_s": deadline_s} for stage in plan["stages"][:stages]]
        judged = {name for stage in wanted for name in stage["dimensions"]}
        plan["dimensions"] = [each for each in plan["dimensions"] if each["id"] in judged]
        text = yaml.safe_dump({**plan, "name": name, "stages": wanted}, allow_unicode=True, sort_keys=False)
        version = hashlib.sha256(text.encode()).hexdigest()[:12]
        await self.pool.execute(
            "insert into scenario_source (name, language, version, title, source, stages)"
            " values ($1, 'ko', $2, 'Quick', $3, $4)",
            *(name, version, text, len(wanted)),
        )
        return name

    async def announce(self, interview_id: str, turn_id: str, generation: int, index: int, text: str) -> None:
        """Sends a piece of a question, as any process of the mesh could."""
        delta = QuestionDelta(UUID(interview_id), UUID(turn_id), generation, index, text)
        client = await connect(self.nats_url)
        await NatsLive(client, lambda *_: None).announce(delta)
        await client.drain()

    async def hurry(self, *kinds: str) -> None:
        """Makes waiting work of these kinds due at once; for use in the background of a test."""
        while True:
            await self.pool.execute(
                "update work set due_at = now()"
                " where kind = any($1) and lease_until is null and due_at > now()",
                list(kinds),
            )
            await asyncio.sleep(0.05)

    @asynccontextmanager
    async def hurrying(self, *kinds: str) -> AsyncIterator[None]:
        task = asyncio.create_task(self.hurry(*kinds))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def spine_on(database_url: str, nats_url: str, home: Path) -> AsyncIterator[Spine]:
    async with asyncpg.create_pool(database_url, min_size=1, max_size=3) as pool:
        yield Spine(database_url, nats_url, home, pool)
