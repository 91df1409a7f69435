"""Every refusal of the use cases about people, companies and consents, with its reason code and remedy."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from services.runtime.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)


class _Problem(Protocol):
    @property
    def line(self) -> int: ...
    @property
    def reason(self) -> str: ...
    @property
    def remedy(self) -> str: ...


def invalid(field: str, problem: str) -> InvalidArgument:
    return InvalidArgument.of(field, problem)


def request_id_reused() -> InvalidArgument:
    return InvalidArgument(
        "REQUEST_ID_REUSED",
        "request_id: was used for another change before.",
        remedy="send a new request_id for each change, and the same one only to repeat it",
        violations={"request_id": "was used for another change before"},
    )


def not_found(what: str) -> NotFound:
    """Also for what exists and is not the caller's: the two must look the same."""
    return NotFound(
        "NOT_FOUND",
        f"There is no such {what}, or it is not yours.",
        remedy=f"check the id of the {what} and whose token the call carries",
        metadata={"what": what},
    )


def denied(message: str) -> PermissionDenied:
    return PermissionDenied("NOT_ALLOWED", message, remedy="call with a token of somebody who may")


def not_signed_in() -> Unauthenticated:
    return Unauthenticated(
        "TOKEN_MISSING",
        "This call needs a token.",
        remedy='log in and send "authorization: Bearer <access token>"',
    )


def token_refused() -> Unauthenticated:
    return Unauthenticated(
        "TOKEN_REFUSED",
        "The token is expired, revoked or not of this mesh.",
        remedy="refresh the tokens, or log in again",
    )


def login_failed() -> Unauthenticated:
    return Unauthenticated(
        "LOGIN_FAILED",
        "The address or the password is wrong.",
        remedy="check both; after five failures wait a quarter of an hour",
    )


def refresh_failed() -> Unauthenticated:
    return Unauthenticated(
        "REFRESH_FAILED",
        "The refresh token is expired, revoked or was used before.",
        remedy="log in again",
    )


def too_many_attempts(wait: timedelta) -> ResourceExhausted:
    seconds = max(1.0, wait.total_seconds())
    return ResourceExhausted(
        "TOO_MANY_ATTEMPTS",
        "Too many failed attempts for this address.",
        remedy=f"try again in {seconds / 60:.0f} minutes" if seconds > 90 else "try again in a minute",
        retry_after_s=seconds,
    )


def too_many(what: str, limit: int) -> ResourceExhausted:
    return ResourceExhausted(
        "TOO_MANY",
        f"There are {limit} {what} already.",
        remedy="remove or reuse one",
        metadata={"what": what},
    )


def email_taken() -> AlreadyExists:
    return AlreadyExists("EMAIL_TAKEN", "This address has an account already.", remedy="log in instead")


def last_admin() -> FailedPrecondition:
    return FailedPrecondition(
        "LAST_ADMIN",
        "This is the only admin.",
        remedy="make another user an admin first",
    )


def not_a_recruiter() -> FailedPrecondition:
    return FailedPrecondition(
        "NOT_A_RECRUITER",
        "Only recruiters can work for a company.",
        remedy="give the user the role recruiter first (SetUserRole)",
    )


def job_closed() -> FailedPrecondition:
    return FailedPrecondition("JOB_CLOSED", "The job is closed.", remedy="open it first (SaveJob)")


def invitation_used() -> FailedPrecondition:
    return FailedPrecondition(
        "INVITATION_USED",
        "The invitation was accepted already.",
        remedy="log in with the account that accepted it",
    )


def invitation_revoked() -> FailedPrecondition:
    return FailedPrecondition(
        "INVITATION_REVOKED", "The invitation was taken back.", remedy="ask the company for a new one"
    )


def invitation_expired() -> FailedPrecondition:
    return FailedPrecondition(
        "INVITATION_EXPIRED", "The invitation has expired.", remedy="ask the company for a new one"
    )


def log_in_to_accept() -> FailedPrecondition:
    return FailedPrecondition(
        "ACCOUNT_EXISTS",
        "The invitation's address has an account already.",
        remedy="log in, then accept the invitation again",
    )


def scenario_broken(problems: Sequence[_Problem]) -> InvalidArgument:
    """Names up to ten problems, each by its line."""
    shown = {f"source:{each.line}": f"{each.reason}; {each.remedy}" for each in problems[:10]}
    return InvalidArgument(
        "SCENARIO_BROKEN",
        f"The scenario has {len(problems)} problem(s).",
        remedy="ValidateScenario lists them all",
        violations=shown,
    )


def consent_version(purpose: str) -> FailedPrecondition:
    return FailedPrecondition(
        "CONSENT_VERSION",
        f"The text for {purpose} that was shown is not the one in force.",
        remedy="show the texts of GetConsentTexts and record that version",
        metadata={"purpose": purpose},
    )


def interview_over() -> FailedPrecondition:
    return FailedPrecondition(
        "INTERVIEW_OVER", "The interview has ended.", remedy="record consent before the interview ends"
    )


def use_withdraw() -> FailedPrecondition:
    return FailedPrecondition(
        "USE_WITHDRAW",
        "An interview under way cannot go on without this consent.",
        remedy="call InterviewService.WithdrawConsent, which ends it",
    )


def too_busy() -> ResourceExhausted:
    return ResourceExhausted(
        "TOO_MANY_LOGINS", "Too many passwords are being checked.", remedy="try again", retry_after_s=1.0
    )
