"""Renders a report for reading. Knows the template and the locale; computes no score."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from services.session.adapters.locales import Texts, texts
from services.session.adapters.report_html import behaviour
from services.session.adapters.report_html.marking import numbered, pieces
from services.session.adapters.report_html.radar import HEIGHT, WIDTH, radar
from services.session.domain.report import (
    MIN_COVERAGE,
    SCHEMA,
    QuestionRecord,
    Report,
    ScoredText,
    Versions,
    report_to_dict,
)
from services.session.domain.rubric import DimensionScore

_HERE = "services.session.adapters.report_html"


def render_html(report: Report, language: str | None = None) -> str:
    """One self-contained page: no script, no outside request; `language` defaults to the report's own."""
    say = texts(language or report.heading.language)
    titles = {each.id: each.title for each in report.dimensions}
    page: str = _template().render(
        report=report,
        say=say,
        css=Markup(_read("report.css")),  # noqa: S704 - our own file
        meta=_meta(report, say),
        radar=radar([(each.title, each.score) for each in report.dimensions if each.cells]),
        size=(WIDTH, HEIGHT),
        needed=round(100 * MIN_COVERAGE),
        coverage=int(100 * report.coverage),
        questions=[_question(each, titles, say) for each in report.questions],
        observed=any(each.behaviour for each in report.questions),
        strip_size=(behaviour.WIDTH, behaviour.HEIGHT),
        versions=_versions(report),
        schema=SCHEMA,
        date=lambda value: _date(value, say),
    )
    return page


def report_json(report: Report, language: str | None = None) -> dict[str, Any]:
    """The stable JSON form with each phrase's sentence beside its key, as `text`."""
    said: dict[str, Any] = _with_texts(report_to_dict(report), texts(language or report.heading.language))
    return said


@lru_cache(maxsize=1)
def _template() -> Any:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_read("report.html.j2"))


def _read(name: str) -> str:
    return files(_HERE).joinpath(name).read_text("utf-8")


def _meta(report: Report, say: Texts) -> list[tuple[str, str]]:
    heading = report.heading
    rows = [
        ("candidate", heading.candidate),
        ("company", heading.company),
        ("job", heading.job),
        ("scenario", heading.scenario),
        ("date", _date(heading.interviewed_on, say)),
    ]
    return [(say.say(f"report.meta.{name}"), value) for name, value in rows if value]


def _date(value: str, say: Texts) -> str:
    year, month, day = (int(part) for part in value[:10].split("-"))
    return say.say("report.date", year=year, month=month, day=day, month2=f"{month:02}", day2=f"{day:02}")


def _question(record: QuestionRecord, titles: dict[str, str], say: Texts) -> dict[str, Any]:
    numbers = numbered(record.scores)
    corrected = record.corrected is not None
    other = record.transcript if record.scored_text is ScoredText.CORRECTED else record.corrected
    return {
        "record": record,
        "timings": _timings(record, say),
        "pieces": pieces(record.judged_text, numbers),
        "other": other if corrected else None,
        "judged_is_correction": corrected and record.scored_text is ScoredText.CORRECTED,
        "strip": behaviour.strip(record.behaviour, say) if record.behaviour else None,
        "rows": [_row(score, titles, numbers, say) for score in record.scores],
    }


def _row(
    score: DimensionScore, titles: dict[str, str], numbers: dict[Any, int], say: Texts
) -> dict[str, Any]:
    return {
        "title": titles.get(score.dimension, score.dimension),
        "score": score.score,
        "reason": say.phrase(score.reason),
        "refs": [numbers[each] for each in score.evidence],
    }


def _timings(record: QuestionRecord, say: Texts) -> str:
    asked, answer = record.timings.asked_s, record.timings.answer_s
    if asked is not None and answer is not None:
        return say.say("report.questions.timings", asked=_clock(asked), answer=_clock(answer))
    if asked is not None:
        return say.say("report.questions.asked", asked=_clock(asked))
    return say.say("report.questions.answered", answer=_clock(answer)) if answer is not None else ""


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _versions(report: Report) -> list[tuple[Versions, str]]:
    return [
        (each, _ranges([q.number for q in report.questions if q.versions == each]))
        for each in report.versions
    ]


def _ranges(numbers: list[int]) -> str:
    groups: list[list[int]] = []
    for number in numbers:
        if groups and groups[-1][-1] == number - 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    return ", ".join(f"{each[0]}–{each[-1]}" if len(each) > 1 else str(each[0]) for each in groups)


def _with_texts(value: Any, say: Texts) -> Any:
    if isinstance(value, list):
        return [_with_texts(each, say) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"key", "params"}:
        return {**value, "text": say.say(value["key"], **value["params"])}
    return {name: _with_texts(each, say) for name, each in value.items()}
