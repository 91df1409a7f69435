"""Puts together what belongs to people: accounts, tokens, companies, invitations, consents. Holds no rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.session.app import accounts, companies, consents, invitations, jobs, logins, scenarios
from services.session.app import service_tokens as services
from services.session.app.accounts import Accounts
from services.session.app.authentication import Rights, SessionAuthenticator
from services.session.app.companies import Companies
from services.session.app.consents import Consents, ConsentText
from services.session.app.invitations import Invitations
from services.session.app.jobs import Jobs
from services.session.app.logins import Logins, Passwords, Tokens
from services.session.app.ports import Clock, NewId
from services.session.app.records import Records
from services.session.app.scenarios import Scenarios
from services.session.app.service_tokens import ServiceTokens
from services.session.domain.guard import GuardPolicy
from services.session.domain.scenario import Language
from services.session.servicers.account import AccountServicer, PrivacyUse
from services.session.servicers.company import CompanyServicer
from services.session.servicers.consent import ConsentServicer


class Unit(
    invitations.Unit,
    accounts.Unit,
    companies.Unit,
    consents.Unit,
    jobs.Unit,
    logins.Unit,
    scenarios.Unit,
    services.Unit,
    Protocol,
):
    """All stores that people's use cases need."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What the use cases are given: concretes in a server, fakes in tests."""

    records: Records[Unit]
    rights: Rights
    passwords: Passwords
    tokens: Tokens
    clock: Clock
    new_id: NewId
    mesh_token: str
    policy: GuardPolicy
    consent_texts: Mapping[Language, Sequence[ConsentText]]


class People:
    """The use cases, and who may call them."""

    def __init__(self, outside: Outside) -> None:
        records, clock, new_id = outside.records, outside.clock, outside.new_id
        tokens, passwords = outside.tokens, outside.passwords
        self.authenticator = SessionAuthenticator(tokens, outside.rights, outside.mesh_token, clock)
        forget = self.authenticator.forget
        self.logins = Logins(records, passwords, tokens, clock, new_id, forget)
        self.accounts = Accounts(records, passwords, self.logins, clock, new_id, forget)
        self.service_tokens = ServiceTokens(records, tokens, clock, new_id, forget)
        self.companies = Companies(records, clock, new_id, forget)
        self.scenarios = Scenarios(records, outside.policy, clock)
        self.jobs = Jobs(records, self.scenarios, clock, new_id)
        self.invitations = Invitations(records, self.accounts, self.logins, tokens, clock, new_id)
        self.consents = Consents(records, outside.consent_texts, clock)

    def account_servicer(self, privacy: PrivacyUse) -> AccountServicer:
        """`privacy` exports and erases what is kept of a person, beyond this module."""
        return AccountServicer(self.accounts, self.logins, self.invitations, self.service_tokens, privacy)

    def company_servicer(self) -> CompanyServicer:
        return CompanyServicer(self.companies, self.jobs, self.scenarios)

    def consent_servicer(self) -> ConsentServicer:
        return ConsentServicer(self.consents)
