"""What the stores in memory share, and the order in which lists are shown. Knows no rules."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from services.session.app.audit import AuditEntry
from services.session.app.companies import Company
from services.session.app.consents import Consent, ConsentingTo, Purpose
from services.session.app.invitations import Invitation
from services.session.app.jobs import Job, TalentProfile
from services.session.app.logins import RefreshToken
from services.session.app.pages import Page, Position
from services.session.app.people import Account
from services.session.app.scenarios import ScenarioText
from services.session.app.service_tokens import ServiceToken


class Listable(Protocol):
    @property
    def position(self) -> Position: ...


Row = TypeVar("Row", bound=Listable)


@dataclass
class State:
    """One dictionary or list a table. Rows are frozen, so copying the containers is enough."""

    accounts: dict[UUID, Account] = field(default_factory=dict)
    refresh_tokens: dict[bytes, RefreshToken] = field(default_factory=dict)
    attempts: list[tuple[str, datetime]] = field(default_factory=list)
    service_tokens: dict[UUID, ServiceToken] = field(default_factory=dict)
    companies: dict[UUID, Company] = field(default_factory=dict)
    members: set[tuple[UUID, UUID]] = field(default_factory=set)
    jobs: dict[UUID, Job] = field(default_factory=dict)
    profiles: dict[UUID, TalentProfile] = field(default_factory=dict)
    scenarios: list[ScenarioText] = field(default_factory=list)  # the newest last
    invitations: dict[UUID, Invitation] = field(default_factory=dict)
    interviews: dict[UUID, ConsentingTo] = field(default_factory=dict)
    consents: dict[tuple[UUID, Purpose], Consent] = field(default_factory=dict)
    requests: dict[tuple[str, str, str], UUID] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)

    def snapshot(self) -> dict[str, object]:
        return {name: copy.copy(value) for name, value in vars(self).items()}

    def restore(self, snapshot: dict[str, object]) -> None:
        vars(self).update(snapshot)


def newest_first(rows: Iterable[Row], page: Page) -> list[Row]:
    """Up to `page.fetch` rows after the page's position."""
    ordered = sorted(rows, key=_key, reverse=True)
    after = (page.after.at, page.after.id) if page.after else None
    return [row for row in ordered if after is None or _key(row) < after][: page.fetch]


def _key(row: Listable) -> tuple[datetime, UUID]:
    return row.position.at, row.position.id
