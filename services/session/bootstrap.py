"""The one place where the session's parts are put together. Holds no rule of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from services.session.adapters import nats, report_html, scenario_files
from services.session.adapters.forbidden_topics import read_policy
from services.session.adapters.nats import JetStreamEvents, NatsLive
from services.session.adapters.postgres.audit import PostgresAudit
from services.session.adapters.postgres.consents import PostgresConsents
from services.session.adapters.postgres.conversations import PostgresConversations
from services.session.adapters.postgres.database import Database
from services.session.adapters.postgres.evaluations import PostgresEvaluations
from services.session.adapters.postgres.interview_index import PostgresInterviewIndex
from services.session.adapters.postgres.interviews import PostgresInterviews
from services.session.adapters.postgres.migrate import migrate
from services.session.adapters.postgres.scenario_versions import PostgresScenarioVersions
from services.session.adapters.postgres.set_aside import PostgresSetAside
from services.session.adapters.postgres.work import PostgresWork
from services.session.adapters.relay import Relay
from services.session.adapters.system import SystemClock, new_id
from services.session.app.evaluations import EvaluateAnswer
from services.session.app.interviews import Announcer, InterviewCommands
from services.session.app.new_interviews import NewInterviews
from services.session.app.questions import AskQuestion
from services.session.app.report_maker import make_report
from services.session.app.report_views import ReportViews
from services.session.app.reports import ReportMaterial, WriteReport
from services.session.app.scenario_versions import ScenarioVersions
from services.session.app.timers import Timers
from services.session.app.views import InterviewViews
from services.session.app.without_model import BankQuestions, LightweightEvaluator
from services.session.app.worker import Lane, WorkerPool
from services.session.config import Settings
from services.session.domain.interview import WorkKind

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outside:
    """Connections that were opened for the session and are closed after it."""

    database: Database
    live: NatsLive
    events: JetStreamEvents


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Outside]:
    """Postgres, at the newest schema, and NATS."""
    if settings.migrate:
        await asyncio.to_thread(migrate, settings.database_url)
    database = await Database.connect(settings.database_url, max_size=settings.database_connections)
    client = await nats.connect(settings.nats_url)
    live = NatsLive(client, PostgresSetAside(database))
    await live.start()
    try:
        yield Outside(database, live, JetStreamEvents(client))
    finally:
        await client.close()
        await database.close()


class Interviewing:
    """Interviews, the work that belongs to them, and everybody's view of them."""

    def __init__(self, settings: Settings, outside: Outside) -> None:
        database, live, clock = outside.database, outside.live, SystemClock()
        policy = read_policy()
        self.announce = Announcer(live)
        self.store = PostgresInterviews(database)
        self.queue = PostgresWork(database)
        self.evaluations = PostgresEvaluations(database)
        self.versions = ScenarioVersions(PostgresScenarioVersions(database))
        self.conversations = PostgresConversations(database, self.versions, mask_conversation)
        index = PostgresInterviewIndex(database)
        consents = PostgresConsents(database.pool)
        self.commands = InterviewCommands(
            self.store, self.versions, self.announce, clock, new_id, consents.granted, lambda *_: None
        )
        self.new = NewInterviews(self.store, index, self.versions, self.announce, clock, new_id)
        self.views = InterviewViews(self.store, index, self.versions, live)
        self.reports = ReportViews(self.store, self.evaluations, PostgresAudit(database.pool))
        questions = AskQuestion(
            self.store,
            self.queue,
            self.conversations,
            None,
            BankQuestions(policy),
            live,
            self.announce,
            clock,
            new_id,
        )
        evaluate = EvaluateAnswer(
            self.store,
            self.evaluations,
            self.queue,
            self.conversations,
            None,
            LightweightEvaluator(),
            self.announce,
            clock,
        )
        report = WriteReport(
            self.store, self.evaluations, self.queue, self.versions, rendered_report, self.announce, clock
        )
        timers = Timers(self.commands, self.queue)
        self.handlers = {
            WorkKind.QUESTION: questions.ask,
            WorkKind.QUESTION_DEADLINE: questions.reach_deadline,
            WorkKind.ANSWER_LIMIT: timers.answer_limit,
            WorkKind.RETURN_LIMIT: timers.return_limit,
            WorkKind.EVALUATION: evaluate,
            WorkKind.REPORT: report,
        }
        live.on_work(self.wake)
        self.pool: WorkerPool | None = None

    def wake(self) -> None:
        if self.pool:
            self.pool.wake()


def mask_conversation(conversation: Any, name: str) -> Any:
    return conversation


def rendered_report(material: ReportMaterial) -> dict[str, Any]:
    """The stored form: the report as JSON values, and as the page that people read."""
    report = make_report(material)
    return {"report": report_html.report_json(report), "html": report_html.render_html(report)}
