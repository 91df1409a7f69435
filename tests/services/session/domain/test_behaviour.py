"""The figures of how somebody looked and spoke, from what was observed."""

import math
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.session.domain.behaviour import (
    LEAST_LOOKS,
    Behaviour,
    Face,
    Observed,
    Sample,
    Speech,
    Utterance,
    Voice,
    describe,
)
from services.session.domain.report import _plain

pytestmark = pytest.mark.unit

CALM = Speech(-30.0, 5.0, 1, 0.5, 0, 0.8)


def looks(count: int, start: int = 0, **seen: float) -> tuple[Sample, ...]:
    """One face, five times a second."""
    return tuple(Sample((start + at) * 200, 1, **seen) for at in range(count))


def face_of(*samples: Sample) -> Face:
    (seen,) = describe([Observed(samples=samples)])
    assert seen is not None
    assert seen.face is not None
    return seen.face


def voice_of(*utterances: Utterance) -> Voice:
    (seen,) = describe([Observed(utterances=utterances)])
    assert seen is not None
    assert seen.voice is not None
    return seen.voice


def notes_of(*utterances: Utterance, samples: tuple[Sample, ...] = ()) -> set[str]:
    (seen,) = describe([Observed(samples, utterances)])
    assert seen is not None
    return {note.key.rsplit(".", 1)[1] for note in seen.notes}


def test_an_answer_of_which_nothing_was_observed_has_no_figures() -> None:
    seen = Observed(utterances=(Utterance(CALM, 2.0),))
    nothing, something = describe([Observed(), seen])
    assert nothing is None
    assert something is not None
    assert something.face is None


def test_gaze_and_smile_are_means_of_the_pictures_with_one_face() -> None:
    others = (Sample(9_000, 2, gaze=0.0), Sample(9_200, 0))
    face = face_of(*looks(20, gaze=1.0, smile=0.5), *looks(20, 20, gaze=0.5), *others)
    assert (face.gaze, face.smile) == (0.75, 0.25)
    assert face.pictures == 42
    assert face.face_share == pytest.approx(41 / 42)


def test_certainty_is_the_share_of_expected_pictures_that_held_one_face() -> None:
    whole = looks(50)
    assert face_of(*whole).certainty == 1.0
    missed = [each for each in whole if each.at_ms % 400]  # every second picture never came
    assert face_of(*missed).certainty == pytest.approx(25 / 50)
    late = looks(25, 25)  # the first five seconds never came
    assert face_of(*late).certainty == pytest.approx(25 / 50)


def test_of_a_face_that_was_seen_too_briefly_nothing_is_said() -> None:
    few = face_of(*looks(LEAST_LOOKS - 1, gaze=1.0))
    assert (few.gaze, few.blinks_per_min, few.head_deg, few.smile, few.expression) == (*[None] * 4, "")
    assert face_of(*looks(LEAST_LOOKS, gaze=1.0)).gaze == 1.0


def test_the_head_is_measured_against_the_candidates_own_first_ten_seconds() -> None:
    usual, aside = looks(51, yaw=12.0, pitch=-5.0), looks(30, yaw=15.0, pitch=-1.0)
    first, second = describe([Observed(samples=usual), Observed(samples=aside)])
    assert first is not None
    assert first.face is not None
    assert second is not None
    assert second.face is not None
    assert first.face.head_deg == pytest.approx(0)
    assert second.face.head_deg == pytest.approx(5)


def test_a_blink_is_a_closure_after_the_eyes_were_open() -> None:
    closures = [0.1, 0.4, 0.6, 0.9, 0.4, 0.6, 0.2, 0.5, 0.1] + [0.1] * 292
    samples = [Sample(at * 200, 1, closure=closure) for at, closure in enumerate(closures)]
    assert face_of(*samples).blinks_per_min == pytest.approx(2)


def test_time_that_nobody_watched_is_no_time_without_blinks() -> None:
    def at(second: float, closure: float) -> Sample:
        return Sample(int(second * 1000), 1, closure=closure)

    first = [at(n / 5, 0.1) for n in range(151)]
    gone = [at(1_000 + n / 5, 0.9 if n == 1 else 0.1) for n in range(151)]
    assert face_of(*first, *gone).blinks_per_min == pytest.approx(1)


def test_an_expression_is_the_most_frequent_one_and_none_where_none_was_asked_for() -> None:
    mixed = (*looks(20, expression="neutral"), *looks(15, 20, expression="happy"))
    assert face_of(*mixed).expression == "neutral"
    assert face_of(*looks(30)).expression == ""


def test_figures_of_the_voice_are_weighted_by_how_long_was_spoken() -> None:
    slow, fast = Speech(-40, 3, 1, 0.5, 1, 0.5), Speech(-20, 6, 2, 1.5, 0, 1.0)
    voice = voice_of(Utterance(slow, 9.0), Utterance(fast, 3.0))
    assert (voice.pace, voice.loudness_dbfs, voice.speaking_ratio) == (3.75, -35, 0.625)
    assert (voice.pauses, voice.pause_s, voice.fillers, voice.seconds) == (3, 2.0, 1, 12.0)


@pytest.mark.parametrize(
    ("pace", "share"), [(0, 0), (1.5, 0), (2.25, 0.5), (3, 1), (7, 1), (8.5, 0.5), (10, 0), (40, 0)]
)
def test_confidence_is_the_mean_of_level_and_pace_by_the_stated_formula(pace: float, share: float) -> None:
    voice = voice_of(Utterance(replace(CALM, syllables_per_s=pace), 2.0))
    assert (voice.level_share, voice.pace_share) == (1.0, share)
    assert voice.confidence == (1 + share) / 2


def test_nobodys_level_is_held_against_anybody_elses() -> None:
    for level in (-60.0, -10.0):
        assert voice_of(Utterance(replace(CALM, loudness_dbfs=level), 2.0)).level_share == 1.0
    usual, quiet = Utterance(CALM, 2.0), Utterance(replace(CALM, loudness_dbfs=-36.0), 2.0)
    seen = describe([Observed(utterances=(each,)) for each in (usual, usual, quiet)])
    shares = [each.voice.level_share for each in seen if each and each.voice]
    assert shares == [1.0, 1.0, 0.5]


def test_the_timeline_shows_when_the_camera_was_looked_at_and_when_was_spoken() -> None:
    samples = (*looks(75, gaze=1.0), *looks(75, 75, gaze=0.5))
    spoken = (Utterance(CALM, 4.0, 20.0), Utterance(CALM, 3.0, 2.0), Utterance(CALM, 1.0))
    (seen,) = describe([Observed(samples, spoken)])
    assert seen is not None
    assert seen.timeline.length_s == 29.8
    assert [(each.start_s, each.end_s) for each in seen.timeline.spoken] == [(2, 5), (20, 24)]
    assert seen.timeline.gaze[0] == 1.0
    assert seen.timeline.gaze[-1] == 0.5
    assert len(seen.timeline.gaze) == 30


def test_where_nobody_was_seen_the_timeline_has_a_gap() -> None:
    (seen,) = describe([Observed(samples=(*looks(15), *looks(15, 135)))])
    assert seen is not None
    assert seen.timeline.gaze[15] is None


def test_advice_is_given_about_what_stands_out() -> None:
    assert notes_of(Utterance(CALM, 5.0), samples=looks(30, gaze=0.9)) == set()
    assert notes_of(Utterance(replace(CALM, syllables_per_s=7.5), 5.0)) == {"fast"}
    assert notes_of(Utterance(replace(CALM, syllables_per_s=2.0), 5.0)) == {"slow"}
    assert notes_of(Utterance(replace(CALM, fillers=3), 5.0)) == {"fillers"}
    assert notes_of(Utterance(replace(CALM, fillers=5), 60.0)) == set()
    assert notes_of(samples=looks(30, gaze=0.2)) == {"gaze"}


SHARES = st.floats(0, 1)
SAMPLES = st.builds(
    Sample,
    st.integers(0, 600_000),
    st.integers(0, 3),
    SHARES,
    SHARES,
    *[st.floats(-360, 360)] * 3,
    SHARES,
)
SPOKEN = st.builds(
    Utterance,
    st.builds(
        Speech,
        st.floats(-120, 20),
        st.floats(0, 1000),
        st.integers(0, 99),
        st.floats(0, 999),
        st.integers(0, 99),
        SHARES,
    ),
    st.floats(0, 600),
    st.none() | st.floats(0, 600),
)


@given(st.lists(st.builds(Observed, st.lists(SAMPLES).map(tuple), st.lists(SPOKEN).map(tuple)), max_size=4))
def test_whatever_was_observed_the_figures_are_finite_and_the_shares_are_shares(
    answers: list[Observed],
) -> None:
    seen = describe(answers)
    assert [each is None for each in seen] == [each == Observed() for each in answers]
    for each in filter(None, seen):
        assert all(math.isfinite(value) for value in _numbers(_plain(each)))
        for share in _shares(each):
            assert 0 <= share <= 1 + 1e-9


def _numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for each in value.values() for number in _numbers(each)]
    if isinstance(value, list):
        return [number for each in value for number in _numbers(each)]
    return [value] if isinstance(value, float | int) else []


def _shares(seen: Behaviour) -> list[float]:
    names = ("face_share", "certainty", "gaze", "smile", "confidence", "level_share", "pace_share")
    parts = [asdict(part) for part in (seen.face, seen.voice) if part]
    return [part[name] for part in parts for name in names if part.get(name) is not None]
