"""The one place where the session's parts are put together. Holds no rule of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc

from services.runtime.auth import mesh_token
from services.runtime.channel import ReplicaSet, open_channel
from services.session.adapters import nats, prompt_files, report_html
from services.session.adapters.documents.wordlists import masking_rules
from services.session.adapters.embed import GrpcEmbedder
from services.session.adapters.forbidden_topics import read_policy
from services.session.adapters.llm import GrpcLanguageModel
from services.session.adapters.nats import JetStreamEvents, NatsLive
from services.session.adapters.postgres.audit import PostgresAudit
from services.session.adapters.postgres.consents import PostgresConsents
from services.session.adapters.postgres.conversations import PostgresConversations
from services.session.adapters.postgres.database import Database
from services.session.adapters.postgres.evaluations import PostgresEvaluations
from services.session.adapters.postgres.interview_index import PostgresInterviewIndex
from services.session.adapters.postgres.interviews import PostgresInterviews
from services.session.adapters.postgres.llm_calls import PostgresCallRecords
from services.session.adapters.postgres.migrate import migrate
from services.session.adapters.postgres.observations import PostgresObservations
from services.session.adapters.postgres.passages import PostgresPassages
from services.session.adapters.postgres.scenario_versions import PostgresScenarioVersions
from services.session.adapters.postgres.set_aside import PostgresSetAside
from services.session.adapters.postgres.summaries import PostgresSummaries
from services.session.adapters.postgres.work import PostgresWork
from services.session.adapters.system import SystemClock, new_id
from services.session.app.compaction import CompactHistory
from services.session.app.companies import BehaviourPolicy
from services.session.app.digests import DigestResume
from services.session.app.evaluations import EvaluateAnswer
from services.session.app.interviews import Announcer, InterviewCommands
from services.session.app.model_evaluations import ModelEvaluator
from services.session.app.model_questions import ModelQuestionWriter
from services.session.app.new_interviews import NewInterviews
from services.session.app.next_passages import NextPassages
from services.session.app.observing import Observing
from services.session.app.prefill import AnswerPrefill
from services.session.app.questions import AskQuestion
from services.session.app.recorded import RecordingModel
from services.session.app.report_maker import make_report
from services.session.app.report_views import ReportViews
from services.session.app.reports import ReportMaterial, WriteReport
from services.session.app.retrieval import IndexResume, Retrieval
from services.session.app.scenario_versions import ScenarioVersions
from services.session.app.summaries import Summariser
from services.session.app.timers import Timers
from services.session.app.views import InterviewViews
from services.session.app.without_model import BankQuestions, LightweightEvaluator
from services.session.app.worker import Handler, Lane
from services.session.config import Settings
from services.session.domain.interview import WorkKind
from services.session.domain.report import Report
from services.session.domain.resumes.masking import KnownPersonalData, find_names, mask

NEVER_GIVEN_UP = 2**31


@dataclass(frozen=True, slots=True)
class Outside:
    """Connections that were opened for the session and are closed after it."""

    database: Database
    live: NatsLive
    events: JetStreamEvents
    model: GrpcLanguageModel
    embedder: GrpcEmbedder
    llm_channels: tuple[grpc.aio.Channel, ...]
    embed_channel: grpc.aio.Channel


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Outside]:
    """Postgres at the newest schema, NATS, and channels to the model servers."""
    token = mesh_token(settings)
    async with AsyncExitStack() as stack:
        if settings.migrate:
            await asyncio.to_thread(migrate, settings.database_url)
        database = await Database.connect(settings.database_url, max_size=settings.database_connections)
        stack.push_async_callback(database.close)
        client = await nats.connect(settings.nats_url)
        stack.push_async_callback(client.close)
        replicas = ReplicaSet(settings.llm_addresses, token=token, settings=settings)
        stack.push_async_callback(replicas.close)
        embed = open_channel(settings.embed_addresses, token=token, settings=settings)
        stack.push_async_callback(embed.close)
        live = NatsLive(client, PostgresSetAside(database))
        await live.start()
        yield Outside(
            database,
            live,
            JetStreamEvents(client),
            GrpcLanguageModel(replicas),
            GrpcEmbedder(embed),
            tuple(channel for _, channel in replicas.preferred("")),
            embed,
        )


class Interviewing:
    """Interviews, the work that belongs to them, and everybody's view of them."""

    def __init__(self, settings: Settings, outside: Outside) -> None:
        database, live, clock = outside.database, outside.live, SystemClock()
        self.announce = Announcer(live)
        self.store = PostgresInterviews(database)
        self.queue = PostgresWork(database)
        self.versions = ScenarioVersions(PostgresScenarioVersions(database))
        self.conversations = PostgresConversations(database, self.versions, hide)
        self.evaluations = PostgresEvaluations(database)
        self.prompts = prompt_files.load_prompts()
        self.model = outside.model
        self.recording = RecordingModel(outside.model, PostgresCallRecords(database), new_id)
        self.passages = PostgresPassages(database)
        self.retrieval = Retrieval(self.passages, outside.embedder)
        self.next_passages = NextPassages(self.retrieval, self.conversations)
        asking = partial(self.prompts.get, "question")
        prefill = AnswerPrefill(self.conversations, outside.model, asking, self.next_passages, hide)
        index = PostgresInterviewIndex(database)
        consents = PostgresConsents(database.pool)
        shared = self.announce, clock, new_id
        self.commands = InterviewCommands(self.store, self.versions, *shared, consents.granted, prefill.grew)
        self.new = NewInterviews(self.store, index, self.versions, *shared)
        self.views = InterviewViews(self.store, index, self.versions, live)
        self.observing = Observing(PostgresObservations(database))
        audit = PostgresAudit(database.pool)
        self.reports = ReportViews(self.store, self.evaluations, audit, consents.granted)
        self._clock, self._live, self._settings = clock, live, settings
        self._embedder = outside.embedder
        self._summaries = PostgresSummaries(database)
        self._summariser = Summariser(self.recording, settings.evaluation_deadline_s)

    def handlers(self) -> dict[str, Handler]:
        """Who does which work."""
        policy, shared = read_policy(), (self.announce, self._clock)
        writer = ModelQuestionWriter(
            self.recording, partial(self.prompts.get, "question"), self.next_passages, policy, hide
        )
        grader = ModelEvaluator(
            self.recording, partial(self.prompts.get, "evaluation"), self._settings.evaluation_deadline_s
        )
        stores = self.store, self.queue, self.conversations
        questions = AskQuestion(*stores, writer, BankQuestions(policy), self._live, *shared, new_id)
        evaluate = EvaluateAnswer(
            self.store,
            self.evaluations,
            self.queue,
            self.conversations,
            grader,
            LightweightEvaluator(),
            *shared,
        )
        report = WriteReport(
            self.store, self.evaluations, self.queue, self.versions, rendered_report, *shared
        )
        timers = Timers(self.commands, self.queue)
        return {
            WorkKind.QUESTION: questions.ask,
            WorkKind.QUESTION_DEADLINE: questions.reach_deadline,
            WorkKind.ANSWER_LIMIT: timers.answer_limit,
            WorkKind.RETURN_LIMIT: timers.return_limit,
            WorkKind.EVALUATION: evaluate,
            WorkKind.REPORT: report,
            WorkKind.COMPACTION: self._compaction(),
            WorkKind.RESUME_DIGEST: self._digest(),
            WorkKind.RESUME_INDEX: IndexResume(self.passages, self._embedder, self.queue),
        }

    def _compaction(self) -> Handler:
        templates = partial(self.prompts.get, "compaction")
        stores = self.store, self._summaries, self.queue, self.conversations
        return CompactHistory(*stores, self._summariser, templates)

    def _digest(self) -> Handler:
        templates = partial(self.prompts.get, "digest")
        return DigestResume(self._summaries, self.queue, self._summariser, templates, hide_resume)


def hide(text: str, names: tuple[str, ...]) -> str:
    """Blind mode's mask over one text."""
    return mask(text, masking_rules(), KnownPersonalData(names=names)).text


def hide_resume(text: str, names: tuple[str, ...]) -> str:
    """The same over a whole résumé, which also tells whose it is."""
    return hide(text, (*names, *find_names(text, masking_rules())))


def rendered_report(material: ReportMaterial) -> dict[str, Any]:
    """The stored form: the report as JSON values and as the page that people read, and both once more
    with what was observed of the candidate, for those who may see that."""
    body = _both(make_report(material, hide))
    if material.observed and material.policy is not BehaviourPolicy.OFF:
        whole = _both(make_report(material, hide, behaviour=True))
        body["observed"] = {"policy": material.policy.value, **whole}
    return body


def _both(report: Report) -> dict[str, Any]:
    return {"report": report_html.report_json(report), "html": report_html.render_html(report)}


def lanes(settings: Settings) -> list[Lane]:
    """No kind waits for a slower one: questions for grades, or deadlines for the questions that miss them."""
    timers = (WorkKind.QUESTION_DEADLINE, WorkKind.ANSWER_LIMIT, WorkKind.RETURN_LIMIT)
    later = (WorkKind.EVALUATION, WorkKind.REPORT)
    shorter = (WorkKind.COMPACTION, WorkKind.RESUME_DIGEST)
    rarely = (WorkKind.RETENTION, WorkKind.ERASURE)
    return [
        Lane("questions", (WorkKind.QUESTION,), settings.question_places, settings.lease_s),
        Lane("timers", timers, 8, settings.lease_s, poll_s=0.25),
        Lane("background", later, settings.background_places, settings.lease_s),
        Lane("summaries", shorter, settings.background_places, settings.lease_s),
        Lane("indexing", (WorkKind.RESUME_INDEX,), 2, settings.lease_s, max_attempts=NEVER_GIVEN_UP),
        Lane("erasure", rarely, 2, settings.lease_s, max_attempts=NEVER_GIVEN_UP),
    ]
