"""Composes résumés of people who do not exist and draws them as PDF; equal seeds give equal files.

Does not know how a résumé is read or what is asked about it.
"""

import io
import random
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from deploy.demo.composer import with_particle

PAGE = (595, 842)  # A4, points
MARGIN, LEADING, SIZE = 56, 17, 10.5
FONTS = {"ko": "HYSMyeongJo-Medium", "en": "Helvetica"}
THIS_YEAR = 2025
_SKILLS, _DONE, _JOBS, _PROJECTS = 6, 5, 2, 2


def compose_resume(language: str, seed: int) -> str:
    """The text of one résumé, line by line; `language` is "ko" or "en"."""
    return "\n".join(_Composer(_parts(language), random.Random(f"{language}/{seed}")).lines())  # noqa: S311


def draw_resume(text: str, language: str) -> bytes:
    """A PDF of the text, on as many pages as it takes."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=PAGE, invariant=True)
    font = _font(language)
    lines, per_page = text.splitlines(), (PAGE[1] - 2 * MARGIN) // LEADING
    for first in range(0, len(lines), per_page):
        canvas.setFont(font, SIZE)
        for place, line in enumerate(lines[first : first + per_page]):
            canvas.drawString(MARGIN, PAGE[1] - MARGIN - place * LEADING, line)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


@cache
def _font(language: str) -> str:
    """Named in the file and not embedded: viewers bring their own Korean font."""
    if language == "ko":
        pdfmetrics.registerFont(UnicodeCIDFont(FONTS["ko"]))
    return FONTS[language]


@cache
def _parts(language: str) -> dict[str, Any]:
    text = Path(__file__).with_name(f"resumes.{language}.yaml").read_text(encoding="utf-8")
    parts: dict[str, Any] = yaml.safe_load(text)
    return parts


class _Composer:
    """One person: a name, a track, and numbers that fit together."""

    def __init__(self, parts: dict[str, Any], rng: random.Random) -> None:
        self._parts = parts
        self._rng = rng
        self._track = parts["tracks"][rng.choice(sorted(parts["tracks"]))]
        self._skills = rng.sample(self._track["skills"], _SKILLS)
        self._done = rng.sample(self._track["done"], _DONE)
        self._began = THIS_YEAR - rng.randint(4, 9)

    def lines(self) -> list[str]:
        head = [self._name(), self._track["role"], f"candidate{self._rng.randint(100, 999)}@example.com"]
        return [
            *head,
            *self._section("summary", self._filled(self._rng.choice(self._track["summary"]))),
            *self._section("experience", *self._experience()),
            *self._section("projects", *self._projects()),
            *self._section("skills", ", ".join(self._skills)),
            *self._section("education", self._education()),
            *self._section("certificates", self._filled(self._rng.choice(self._parts["certificates"]))),
        ]

    def _name(self) -> str:
        names = self._parts["names"]
        pair = [self._rng.choice(names["family"]), self._rng.choice(names["given"])]
        return str(names["joined"]).join(pair if not names["joined"] else reversed(pair))

    def _section(self, kind: str, *lines: str) -> list[str]:
        return ["", self._parts["headings"][kind], *lines]

    def _experience(self) -> list[str]:
        employers = self._rng.sample(self._parts["employers"], _JOBS)
        changed = self._rng.randint(self._began + 2, THIS_YEAR - 1)
        newest = self._job(employers[0], changed, self._parts["present"])
        oldest = self._job(employers[1], self._began, f"{changed}")
        return [newest, *map(self._bullet, self._done[:2]), oldest, self._bullet(self._done[2])]

    def _job(self, employer: str, began: int, ended: str) -> str:
        months = (f"{self._rng.randint(1, 12):02d}", f"{self._rng.randint(1, 12):02d}")
        ended = f"{ended}.{months[1]}" if ended.isdigit() and "month" in self._parts["period"] else ended
        period = self._parts["period"].format(**{"from": began, "to": ended, "month": months[0]})
        line: str = self._parts["employer"]
        return line.format(employer=employer, role=self._track["role"], period=period)

    def _projects(self) -> list[str]:
        chosen = self._rng.sample(self._track["projects"], _PROJECTS)
        heads = [self._parts["project"].format(project=each, year=self._year()) for each in chosen]
        return [
            line
            for head, what in zip(heads, self._done[3:], strict=True)
            for line in (head, self._bullet(what))
        ]

    def _education(self) -> str:
        line: str = self._parts["education"]
        return line.format(school=self._rng.choice(self._parts["schools"]), year=self._began)

    def _bullet(self, line: str) -> str:
        return f"- {self._filled(line)}"

    def _year(self) -> int:
        return self._rng.randint(self._began, THIS_YEAR - 1)

    def _filled(self, line: str) -> str:
        skill, other = self._rng.sample(self._skills, 2)
        for slot, word in (("skill", skill), ("other", other)):
            for particle in ("를", "와"):
                line = line.replace(f"{{{slot}}}{particle}", with_particle(word, particle))
        numbers = {
            "years": THIS_YEAR - self._began,
            "n": self._rng.randint(3, 8),
            "big": 10 * self._rng.randint(40, 140),
            "less": 10 * self._rng.randint(9, 30),
            "small": self._rng.randint(12, 38),
            "pct": self._rng.randint(15, 60),
            "year": self._year(),
        }
        return line.format(skill=skill, other=other, **numbers)
