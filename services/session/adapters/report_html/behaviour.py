"""What was observed during one answer, as figures in words and as a drawing. Decides nothing."""

from dataclasses import dataclass

from services.session.adapters.locales import Texts
from services.session.domain.behaviour import Behaviour, Timeline

WIDTH, HEIGHT = 640.0, 56.0
_GAZE_HEIGHT, _VOICE_TOP, _VOICE_HEIGHT = 34.0, 40.0, 12.0
_TOP_PACE = 10.0  # syllables a second that fill a bar


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Strip:
    """One answer's figures as (name, value) in words, its drawing's bars, and the advice that follows."""

    figures: tuple[tuple[str, str], ...]
    gaze: tuple[Bar, ...]
    spoken: tuple[Bar, ...]
    length: str
    notes: tuple[str, ...]


def strip(seen: Behaviour, say: Texts) -> Strip:
    length = int(seen.timeline.length_s)
    return Strip(
        figures=(*_voice(seen, say), *_face(seen, say)),
        gaze=_gaze_bars(seen.timeline),
        spoken=_spoken_bars(seen.timeline),
        length=f"{length // 60}:{length % 60:02}",
        notes=tuple(say.phrase(note) for note in seen.notes),
    )


def _voice(seen: Behaviour, say: Texts) -> list[tuple[str, str]]:
    voice = seen.voice
    if voice is None:
        return []
    pause_s, share = f"{voice.pause_s:.1f}", _percent(voice.speaking_ratio)
    inputs = {"level": _percent(voice.level_share), "pace": _percent(voice.pace_share)}
    return [
        (
            say.say("report.behaviour.pace"),
            say.say("report.behaviour.pace_value", pace=f"{voice.pace:.1f}"),
        ),
        (
            say.say("report.behaviour.pauses"),
            say.say("report.behaviour.pauses_value", count=voice.pauses, seconds=pause_s, share=share),
        ),
        (
            say.say("report.behaviour.fillers"),
            say.say("report.behaviour.fillers_value", count=voice.fillers),
        ),
        (
            say.say("report.behaviour.loudness"),
            say.say("report.behaviour.loudness_value", level=f"{voice.loudness_dbfs:.0f}"),
        ),
        (
            say.say("report.behaviour.confidence"),
            say.say("report.behaviour.confidence_value", share=_percent(voice.confidence), **inputs),
        ),
    ]


def _face(seen: Behaviour, say: Texts) -> list[tuple[str, str]]:
    face = seen.face
    if face is None:
        return []
    found = [
        (
            say.say("report.behaviour.face"),
            say.say(
                "report.behaviour.face_value",
                share=_percent(face.face_share),
                certainty=_percent(face.certainty),
            ),
        )
    ]
    if face.gaze is None or face.head_deg is None or face.smile is None:
        return [*found, (say.say("report.behaviour.gaze"), say.say("report.behaviour.unseen"))]
    found += [
        (say.say("report.behaviour.gaze"), say.say("report.behaviour.share", share=_percent(face.gaze))),
        (
            say.say("report.behaviour.head"),
            say.say("report.behaviour.head_value", degrees=f"{face.head_deg:.0f}"),
        ),
        (say.say("report.behaviour.smile"), say.say("report.behaviour.share", share=_percent(face.smile))),
    ]
    if face.blinks_per_min is not None:
        blinks = say.say("report.behaviour.blinks_value", count=f"{face.blinks_per_min:.0f}")
        found.append((say.say("report.behaviour.blinks"), blinks))
    if face.expression:
        expression = say.say(f"report.behaviour.expressions.{face.expression}")
        found.append((say.say("report.behaviour.expression"), expression))
    return found


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _gaze_bars(timeline: Timeline) -> tuple[Bar, ...]:
    width = WIDTH / max(1, len(timeline.gaze))
    return tuple(
        Bar(
            round(at * width, 1),
            round(_GAZE_HEIGHT * (1 - gaze), 1),
            round(width - 1, 1),
            round(_GAZE_HEIGHT * gaze, 1),
        )
        for at, gaze in enumerate(timeline.gaze)
        if gaze is not None
    )


def _spoken_bars(timeline: Timeline) -> tuple[Bar, ...]:
    """As wide as the utterance is long, as high as it was fast."""
    bars = []
    for each in timeline.spoken:
        height = _VOICE_HEIGHT * min(1.0, each.pace / _TOP_PACE)
        x, width = (WIDTH * s / timeline.length_s for s in (each.start_s, each.end_s - each.start_s))
        bars.append(
            Bar(round(x, 1), round(_VOICE_TOP + _VOICE_HEIGHT - height, 1), round(width, 1), round(height, 1))
        )
    return tuple(bars)
