"""A report's JSON as PDF: summary, dimensions, every question with its evidence. Computes no score."""

import json
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from edge_api.config import HERE, Settings
from edge_api.typeface import typeface

FACE = "page"
INK, QUIET, ACCENT = (28, 27, 25), (110, 106, 100), (15, 92, 92)
LINE_MM = 6.0
Words = Mapping[str, str]
Piece = tuple[str, bool]
"""A stretch of an answer, and whether a score rests on it."""


def draw(report: dict[str, Any], settings: Settings) -> bytes:
    """Raises FailedPrecondition when the typeface is not there."""
    regular, bold = typeface(settings)
    words = _words(report["heading"]["language"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a glyph that the typeface lacks is drawn as a box
        pdf = _Paper(words)
        pdf.add_font(FACE, "", regular)
        pdf.add_font(FACE, "B", bold)
        pdf.set_auto_page_break(True, 20)
        pdf.set_title(words["title"])
        pdf.add_page()
        _head(pdf, report, words)
        _dimensions(pdf, report, words)
        _questions(pdf, report, words)
        _versions(pdf, report, words)
        return bytes(pdf.output())


@cache
def _words(language: str) -> Words:
    found: dict[str, str] = json.loads((HERE / "locales" / f"{language}.json").read_text("utf-8"))
    return found


class _Paper(FPDF):
    def __init__(self, words: Words) -> None:
        super().__init__()
        self._page_word = words["page"]

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font(FACE, "", 8)
        self.set_text_color(*QUIET)
        self.cell(0, 8, f"Viva · {self._page_word} {self.page_no()}", align="R")

    def line_of(self, text: str, size: float = 10, *, bold: bool = False, colour: Any = INK) -> None:
        self.set_font(FACE, "B" if bold else "", size)
        self.set_text_color(*colour)
        height = LINE_MM * size / 10
        self.multi_cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")

    def marked(self, pieces: list[Piece]) -> None:
        """Running text whose evidence is in colour and bold, so that it shows in grey print too."""
        self.set_text_color(*INK)
        for text, is_evidence in pieces:
            self.set_font(FACE, "B" if is_evidence else "", 10)
            self.set_text_color(*(ACCENT if is_evidence else INK))
            self.write(LINE_MM, text)
        self.ln(LINE_MM + 1)


def _head(pdf: _Paper, report: dict[str, Any], words: Words) -> None:
    heading = report["heading"]
    pdf.line_of(words["title"], 18, bold=True, colour=ACCENT)
    about = [heading[name] for name in ("candidate", "company", "job", "scenario", "interviewed_on")]
    pdf.line_of(" · ".join(filter(None, about)), 9, colour=QUIET)
    pdf.ln(3)
    total = words["no_total"] if report["total"] is None else f"{words['total']} {report['total']:.1f} / 5"
    pdf.line_of(total, 14, bold=True)
    pdf.line_of(f"{words['coverage']} {int(100 * report['coverage'])} %", 9, colour=QUIET)
    pdf.ln(2)
    pdf.line_of(words["summary"], 12, bold=True)
    for phrase in report["summary"]:
        pdf.line_of(phrase["text"])
    pdf.ln(3)


def _dimensions(pdf: _Paper, report: dict[str, Any], words: Words) -> None:
    pdf.line_of(words["dimensions"], 12, bold=True)
    for each in report["dimensions"]:
        if each["cells"]:
            pdf.line_of(
                f"{each['title']}: {_score(each['score'], words)}  ({each['evidenced']}/{each['cells']})"
            )
    if delivery := report.get("delivery"):
        about = words["delivery_counts"].format(weight=f"{delivery['weight']:g}")
        pdf.line_of(f"{words['delivery']}: {_score(delivery['score'], words)}  ({about})")
    pdf.ln(3)


def _score(score: float | None, words: Words) -> str:
    return words["insufficient"] if score is None else f"{score:.1f} / 5"


def _questions(pdf: _Paper, report: dict[str, Any], words: Words) -> None:
    titles = {each["id"]: each["title"] for each in report["dimensions"]}
    pdf.line_of(words["questions"], 12, bold=True)
    for each in report["questions"]:
        pdf.line_of(f"{words['question']} {each['number']} · {each['stage_title']}", 9, colour=QUIET)
        pdf.line_of(each["question"], 11, bold=True)
        judged, other, label = _texts(each)
        if other:
            pdf.line_of(words[label], 9, colour=QUIET)
        pdf.marked(list(pieces(judged or words["no_answer"], each["scores"])))
        if other:
            pdf.line_of(
                f"{words['original' if label == 'corrected' else 'corrected']}: {other}", 9, colour=QUIET
            )
        for score in each["scores"]:
            _reason(pdf, score, titles, words)
        if said := _said(each.get("behaviour"), words):
            pdf.line_of(f"{words['behaviour']}: {said}", 9, colour=QUIET)
        pdf.ln(4)


def _said(behaviour: dict[str, Any] | None, words: Words) -> str:
    """How the answer was said, in figures; "" where nothing was observed or it is not for this reader."""
    voice, face = (behaviour or {}).get("voice"), (behaviour or {}).get("face")
    figures = []
    if voice:
        figures.append(words["pace"].format(pace=f"{voice['pace']:.1f}"))
        pauses = {"count": voice["pauses"], "seconds": f"{voice['pause_s']:.1f}"}
        figures.append(words["pauses"].format(**pauses))
    if face and face["gaze"] is not None:
        figures.append(words["gaze"].format(share=f"{100 * face['gaze']:.0f}"))
    return " · ".join(figures)


def _texts(question: dict[str, Any]) -> tuple[str, str, str]:
    """The text that was judged, the other one if there are two, and what the judged one is called."""
    if question["corrected"] is None:
        return question["transcript"], "", "original"
    if question["scored_text"] == "corrected":
        return question["corrected"], question["transcript"], "corrected"
    return question["transcript"], question["corrected"], "original"


def _reason(pdf: _Paper, score: dict[str, Any], titles: Mapping[str, str], words: Words) -> None:
    title = titles.get(score["dimension"], score["dimension"])
    pdf.line_of(f"{title}: {_score(score['score'], words)}. {score['reason']['text']}", 9)
    for evidence in score["evidence"]:
        pdf.line_of(f"{words['evidence']}: “{evidence['text']}”", 9, colour=ACCENT)


def pieces(text: str, scores: list[dict[str, Any]]) -> Iterator[Piece]:
    """The text cut where evidence begins and ends; what two scores rest on is said once."""
    spans = sorted((each["start"], each["end"]) for score in scores for each in score["evidence"])
    at = 0
    for start, end in spans:
        if start > at:
            yield text[at:start], False
        if end > max(at, start):
            yield text[max(at, start) : end], True
        at = max(at, end)
    if text[at:]:
        yield text[at:], False


def _versions(pdf: _Paper, report: dict[str, Any], words: Words) -> None:
    pdf.line_of(words["versions"], 9, bold=True, colour=QUIET)
    for each in report["versions"]:
        made_by = [f"{name} {value}" for name, value in each.items() if value]
        pdf.line_of(" · ".join(made_by), 8, colour=QUIET)
    pdf.line_of(
        f"{report['schema']} · {report['revision']} · {report['heading']['created_at']}", 8, colour=QUIET
    )
