"""ConsentService: translates, calls, translates."""

from typing import Any

from viva.v1 import consent_pb2 as pb
from viva.v1 import consent_pb2_grpc

from services.runtime.auth import current_principal
from services.session.app import refusals
from services.session.app.access import Caller
from services.session.app.consents import Choice, Consent, Consents, Purpose
from services.session.domain.interview import USUAL_RETENTION_DAYS
from services.session.domain.scenario import Language
from services.session.servicers import convert
from services.session.servicers.convert import timestamp, to_id

Context = Any

_PURPOSES = {
    pb.CONSENT_PURPOSE_PROCESSING: Purpose.PROCESSING,
    pb.CONSENT_PURPOSE_AUDIO: Purpose.AUDIO,
    pb.CONSENT_PURPOSE_VIDEO: Purpose.VIDEO,
    pb.CONSENT_PURPOSE_RECORDING: Purpose.RECORDING,
}
_WIRE = {purpose: value for value, purpose in _PURPOSES.items()}


class ConsentServicer(consent_pb2_grpc.ConsentServiceServicer):
    def __init__(self, consents: Consents) -> None:
        self._consents = consents

    async def GetConsentTexts(
        self, request: pb.GetConsentTextsRequest, context: Context
    ) -> pb.GetConsentTextsResponse:
        texts = self._consents.in_force(_caller(), convert.language(request.language) or Language.KO)
        return pb.GetConsentTextsResponse(
            texts=[
                pb.ConsentText(
                    purpose=_WIRE[each.purpose],
                    version=each.version,
                    title=each.title,
                    text=each.text,
                    required=each.required,
                )
                for each in texts
            ],
            retention_days=USUAL_RETENTION_DAYS,
        )

    async def RecordConsent(
        self, request: pb.RecordConsentRequest, context: Context
    ) -> pb.RecordConsentResponse:
        interview_id = to_id("interview_id", request.interview_id)
        choices = [_choice(each) for each in request.choices]
        recorded = await self._consents.record(_caller(), request.request_id, interview_id, choices)
        return pb.RecordConsentResponse(consents=map(_consent, recorded))

    async def ListConsents(
        self, request: pb.ListConsentsRequest, context: Context
    ) -> pb.ListConsentsResponse:
        found = await self._consents.list_(_caller(), to_id("interview_id", request.interview_id))
        return pb.ListConsentsResponse(consents=map(_consent, found))


def _caller() -> Caller:
    caller: Caller = current_principal()
    return caller


def _choice(choice: pb.ConsentChoice) -> Choice:
    if choice.purpose not in _PURPOSES:
        raise refusals.invalid("choices.purpose", "is PROCESSING, AUDIO, VIDEO or RECORDING")
    return Choice(_PURPOSES[choice.purpose], choice.version, choice.granted)


def _consent(consent: Consent) -> pb.Consent:
    return pb.Consent(
        purpose=_WIRE[consent.purpose],
        version=consent.version,
        granted=consent.granted,
        recorded_at=timestamp(consent.recorded_at),
        withdrawn_at=timestamp(consent.withdrawn_at),
    )
