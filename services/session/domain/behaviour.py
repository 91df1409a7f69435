"""How somebody looked and spoke while answering: what was observed, and its figures for each answer.

Knows no camera, no microphone, no policy, and nobody's accommodations.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from statistics import fmean, median

from services.session.domain.rubric import Phrase

RATE = 5.0
"""Pictures that are looked at in a second."""
BASELINE_MS = 10_000
LEAST_LOOKS = 25
"""Pictures with one face below which nothing is said of the face: five seconds."""

EXPRESSIONS = frozenset({"neutral", "happy", "sad", "surprised", "angry", "disgusted", "afraid"})

# A blink is a closure that rises past the second value after it was below the first.
_OPEN, _SHUT = 0.35, 0.5
_LONGEST_GAP_MS = 1_000  # between two looks that still count as watching
_BINS = 30
# Confidence falls to nothing this far below the candidate's own usual level, and outside these paces.
_QUIET_DB = 12.0
_PACES = (1.5, 3.0, 7.0, 10.0)  # syllables a second: none, all, all, none
# What advice is given about.
_SLOW, _FAST, _HALF, _FILLERS_PER_MIN = 2.5, 7.0, 0.5, 6.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at a face, as vision.proto describes it; shares are 0 to 1, angles are degrees."""

    at_ms: int  # since the answer began
    faces: int
    gaze: float = 0.0  # on the camera
    closure: float = 0.0  # of the eyes
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    smile: float = 0.0
    x: float = 0.0
    y: float = 0.0
    height: float = 0.0
    expression: str = ""
    expression_score: float = 0.0


@dataclass(frozen=True, slots=True)
class Speech:
    """How one utterance was spoken, as stt.proto describes it."""

    loudness_dbfs: float
    syllables_per_s: float
    pauses: int
    pause_total_s: float
    fillers: int
    speaking_ratio: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """`seconds` long, begun `start_s` after the answer did; None where that is not known."""

    speech: Speech
    seconds: float
    start_s: float | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """All that was observed during one answer, in any order."""

    samples: tuple[Sample, ...] = ()
    utterances: tuple[Utterance, ...] = ()


@dataclass(frozen=True, slots=True)
class Voice:
    """Sums, and means weighted by the utterances' lengths. `pace` is syllables in a second of voiced time.

    `confidence` is the mean of `level_share` and `pace_share`, both 0 to 1. `level_share` is
    1 + (loudness − own) / 12, cut to 0..1, where `own` is the median loudness of all the candidate's
    utterances: microphones differ, so nobody is held against anybody else. `pace_share` is 1 from 3 to
    7 syllables a second and falls in a straight line to 0 at 1.5 and at 10. These bounds were chosen, not
    found in a study: the figure says how steadily somebody was heard, nothing about the person.
    """

    seconds: float
    pace: float
    loudness_dbfs: float
    pauses: int
    pause_s: float
    fillers: int
    speaking_ratio: float
    confidence: float
    level_share: float
    pace_share: float


@dataclass(frozen=True, slots=True)
class Face:
    """`face_share` is the share of pictures with any face. `certainty` is the share of the pictures expected
    (five a second up to the last one) that held exactly one.

    What follows is of pictures with exactly one face, and None where these were fewer than 25. `gaze` and
    `smile` are means. Blinks are a lower bound: one that fits between two pictures is not seen. `head_deg`
    is how far the head is turned from the candidate's own baseline on average, `expression` the most
    frequent one, where a company asked for it.
    """

    pictures: int
    face_share: float
    certainty: float
    gaze: float | None = None
    blinks_per_min: float | None = None
    head_deg: float | None = None
    smile: float | None = None
    expression: str = ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """An utterance on the timeline."""

    start_s: float
    end_s: float
    pace: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """`gaze` is the mean of equal parts of the length, None where not exactly one face was seen.

    It is empty where `Face.gaze` is None.
    """

    length_s: float
    gaze: tuple[float | None, ...]
    spoken: tuple[Spoken, ...]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One answer; a part that was not observed is None. `notes` are advice to the candidate."""

    voice: Voice | None
    face: Face | None
    timeline: Timeline
    notes: tuple[Phrase, ...]


def describe(answers: Sequence[Observed]) -> list[Behaviour | None]:
    """The figures of each answer of one interview, in the order asked; None for one without any."""
    own = _own_level(answers)
    straight = _baseline(answers)
    return [_described(each, own, straight) for each in answers]


def _described(seen: Observed, own_dbfs: float, straight: tuple[float, float]) -> Behaviour | None:
    samples = sorted(seen.samples, key=lambda sample: sample.at_ms)
    voice = _voice(seen.utterances, own_dbfs) if seen.utterances else None
    face = _face(samples, straight) if samples else None
    if voice is None and face is None:
        return None
    return Behaviour(voice, face, _timeline(samples, seen.utterances), _notes(voice, face))


def _own_level(answers: Iterable[Observed]) -> float:
    levels = [each.speech.loudness_dbfs for answer in answers for each in answer.utterances]
    return median(levels) if levels else 0.0


def _baseline(answers: Iterable[Observed]) -> tuple[float, float]:
    """Yaw and pitch as the head usually is: the median of the first ten seconds that show one face."""
    for answer in answers:
        looks = _looks(answer.samples)
        if looks:
            until = min(each.at_ms for each in looks) + BASELINE_MS
            first = [each for each in looks if each.at_ms <= until]
            return median(each.yaw for each in first), median(each.pitch for each in first)
    return 0.0, 0.0


def _looks(samples: Iterable[Sample]) -> list[Sample]:
    return [sample for sample in samples if sample.faces == 1]


def _voice(utterances: Sequence[Utterance], own_dbfs: float) -> Voice:
    lengths = [max(each.seconds, 0.1) for each in utterances]

    def mean(name: str) -> float:
        return fmean([getattr(each.speech, name) for each in utterances], lengths)

    loudness, pace = mean("loudness_dbfs"), mean("syllables_per_s")
    level_share, pace_share = _share(1 + (loudness - own_dbfs) / _QUIET_DB), _pace_share(pace)
    return Voice(
        seconds=sum(lengths),
        pace=pace,
        loudness_dbfs=loudness,
        pauses=sum(each.speech.pauses for each in utterances),
        pause_s=sum(each.speech.pause_total_s for each in utterances),
        fillers=sum(each.speech.fillers for each in utterances),
        speaking_ratio=mean("speaking_ratio"),
        confidence=(level_share + pace_share) / 2,
        level_share=level_share,
        pace_share=pace_share,
    )


def _pace_share(pace: float) -> float:
    none, all_from, all_to, none_again = _PACES
    return _share(min((pace - none) / (all_from - none), (none_again - pace) / (none_again - all_to)))


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


def _face(samples: Sequence[Sample], straight: tuple[float, float]) -> Face:
    looks = _looks(samples)
    expected = max(samples[-1].at_ms * RATE / 1000 + 1, len(samples))
    face = Face(
        pictures=len(samples),
        face_share=fmean(each.faces > 0 for each in samples),
        certainty=_share(len(looks) / expected),
    )
    if len(looks) < LEAST_LOOKS:
        return face
    return Face(
        face.pictures,
        face.face_share,
        face.certainty,
        gaze=fmean(each.gaze for each in looks),
        blinks_per_min=_blinks_per_min(looks),
        head_deg=fmean(hypot(each.yaw - straight[0], each.pitch - straight[1]) for each in looks),
        smile=fmean(each.smile for each in looks),
        expression=_most_frequent(each.expression for each in looks),
    )


def _blinks_per_min(looks: Sequence[Sample]) -> float | None:
    gaps = [after.at_ms - before.at_ms for before, after in pairwise(looks)]
    watched_min = sum(gap for gap in gaps if gap <= _LONGEST_GAP_MS) / 60_000
    blinks, was_open = 0, False
    for look in looks:
        if look.closure >= _SHUT and was_open:
            blinks, was_open = blinks + 1, False
        was_open = was_open or look.closure < _OPEN
    return blinks / watched_min if watched_min else None


def _most_frequent(expressions: Iterable[str]) -> str:
    counted = Counter(sorted(filter(None, expressions)))
    return counted.most_common(1)[0][0] if counted else ""


def _timeline(samples: Sequence[Sample], utterances: Sequence[Utterance]) -> Timeline:
    spoken = [
        Spoken(each.start_s, each.start_s + each.seconds, each.speech.syllables_per_s)
        for each in utterances
        if each.start_s is not None
    ]
    spoken.sort(key=lambda each: each.start_s)
    length_s = max([0.0, *(each.at_ms / 1000 for each in samples), *(each.end_s for each in spoken)])
    return Timeline(length_s, _gaze_over_time(_looks(samples), length_s), tuple(spoken))


def _gaze_over_time(looks: Sequence[Sample], length_s: float) -> tuple[float | None, ...]:
    if len(looks) < LEAST_LOOKS or length_s <= 0:
        return ()
    bins: list[list[float]] = [[] for _ in range(_BINS)]
    for look in looks:
        bins[min(_BINS - 1, int(look.at_ms / 1000 / length_s * _BINS))].append(look.gaze)
    return tuple(fmean(each) if each else None for each in bins)


def _notes(voice: Voice | None, face: Face | None) -> tuple[Phrase, ...]:
    notes = []
    if voice and voice.pace > _FAST:
        notes.append(Phrase("report.advice.fast"))
    if voice and 0 < voice.pace < _SLOW:
        notes.append(Phrase("report.advice.slow"))
    if voice and voice.fillers > max(2.0, voice.seconds / 60 * _FILLERS_PER_MIN):
        notes.append(Phrase("report.advice.fillers"))
    if voice and voice.level_share < _HALF:
        notes.append(Phrase("report.advice.quiet"))
    if face and face.gaze is not None and face.gaze < _HALF:
        notes.append(Phrase("report.advice.gaze"))
    return tuple(notes)
