"""People's use cases in a running server, with erasure and what operators see. Holds no rule of its own."""

from viva.v1 import account_pb2_grpc, admin_pb2_grpc, company_pb2_grpc, consent_pb2_grpc

from services.runtime.auth import mesh_token
from services.runtime.serving import Service
from services.session.about import About
from services.session.adapters.consent_texts import load_consent_texts
from services.session.adapters.forbidden_topics import read_policy
from services.session.adapters.mesh import GrpcMesh
from services.session.adapters.passwords import Argon2Passwords
from services.session.adapters.postgres.admin import PostgresOperations
from services.session.adapters.postgres.consents import PostgresConsents
from services.session.adapters.postgres.privacy import PostgresPrivacy
from services.session.adapters.postgres.records import PostgresRecords
from services.session.adapters.postgres.rights import PostgresRights, follow_rights
from services.session.adapters.recordings import GrpcRecordings
from services.session.adapters.system import SystemClock, new_id
from services.session.adapters.tokens import JwtTokens, Keys
from services.session.app.admin import Operations
from services.session.app.privacy import Privacy
from services.session.app.replays import Replays
from services.session.app.retention import EraseOutside, Eraser, ModelMemory, Retention
from services.session.app.withdrawals import Withdrawals
from services.session.app.worker import Handler
from services.session.bootstrap import Interviewing, Outside
from services.session.config import Settings
from services.session.domain.interview import WorkKind
from services.session.people import Outside as PeopleOutside
from services.session.people import People
from services.session.servicers.admin import AdminServicer


class Accounting:
    def __init__(
        self, settings: Settings, outside: Outside, interviewing: Interviewing, about: About
    ) -> None:
        database, clock = outside.database, SystemClock()
        self._database = database
        self._people = People(
            PeopleOutside(
                records=PostgresRecords(database),
                rights=PostgresRights(database),
                passwords=Argon2Passwords(),
                tokens=JwtTokens(Keys.given_or_kept(settings.token_keys, settings.home)),
                clock=clock,
                new_id=new_id,
                mesh_token=mesh_token(settings),
                policy=read_policy(),
                consent_texts=load_consent_texts(),
            )
        )
        self.authenticator = self._people.authenticator
        stored = PostgresPrivacy(database)
        recordings = GrpcRecordings(
            settings.media_addresses, stored.begun_before, token=mesh_token(settings), settings=settings
        )
        places: dict[str, Eraser] = {"llm": ModelMemory(outside.model), "recording": recordings}
        self._outside = EraseOutside(stored, places, interviewing.queue, clock)
        self._privacy = Privacy(stored, stored, self._outside, interviewing.announce, clock)
        self._operations = Operations(
            PostgresOperations(database), _mesh(settings, about), outside.live.wake_workers
        )
        self._replays = Replays(self._operations, outside.model)
        self._retention = Retention(self._privacy.erase_interview, interviewing.queue)
        consents = PostgresConsents(database.pool)
        self.withdrawals = Withdrawals(
            interviewing.commands, consents.take_back, self._privacy.erase_interview
        )

    def handlers(self) -> dict[str, Handler]:
        return {WorkKind.RETENTION: self._retention, WorkKind.ERASURE: self._outside}

    async def follow_rights(self) -> None:
        """Runs until cancelled: a right that another process took away is gone here at once."""
        await follow_rights(self._database, self.authenticator.forget, self.authenticator.forget_all)

    def services(self) -> list[Service]:
        people = self._people
        return [
            Service(
                "viva.v1.AccountService",
                account_pb2_grpc.add_AccountServiceServicer_to_server,
                people.account_servicer(self._privacy),
            ),
            Service(
                "viva.v1.CompanyService",
                company_pb2_grpc.add_CompanyServiceServicer_to_server,
                people.company_servicer(),
            ),
            Service(
                "viva.v1.ConsentService",
                consent_pb2_grpc.add_ConsentServiceServicer_to_server,
                people.consent_servicer(),
            ),
            Service(
                "viva.v1.AdminService",
                admin_pb2_grpc.add_AdminServiceServicer_to_server,
                AdminServicer(self._operations, self._replays),
            ),
        ]


def _mesh(settings: Settings, about: About) -> GrpcMesh:
    addresses = {
        "llm": settings.llm_addresses,
        "stt": settings.stt_addresses,
        "vision": settings.vision_addresses,
        "embed": settings.embed_addresses,
        "tts": settings.tts_addresses,
        "media": settings.media_addresses,
    }
    token = mesh_token(settings)
    return GrpcMesh(addresses, settings.listen, about.capability, token=token, settings=settings)
