"""Both languages say the same things, and everything that is said of a report is used."""

import json
import re
from pathlib import Path

import pytest

from services.session.domain.behaviour import EXPRESSIONS
from services.session.domain.evidence import AnswerWarning, Rejection

pytestmark = pytest.mark.unit

SESSION = Path(__file__).parents[3] / "services" / "session"
ENTRIES = {
    language: json.loads((SESSION / "locales" / f"{language}.json").read_text("utf-8"))
    for language in ("ko", "en")
}
DYNAMIC = {
    "report.reason.": {*Rejection, "no_answer", "not_scored", "out_of_range", "no_quote"},
    "report.warning.": set(AnswerWarning),
    "report.behaviour.expressions.": EXPRESSIONS,
    "report.meta.": {"candidate", "company", "job", "scenario", "date"},
}


def slots(sentence):
    return set(re.findall(r"{(\w+)}", sentence))


def test_both_languages_have_the_same_keys():
    assert ENTRIES["ko"].keys() == ENTRIES["en"].keys()


def test_both_languages_fill_the_same_slots():
    # A date is written with padded numbers in one language and plain ones in the other.
    keys = [key for key in ENTRIES["ko"] if key != "report.date"]
    assert [key for key in keys if slots(ENTRIES["ko"][key]) != slots(ENTRIES["en"][key])] == []


def test_no_sentence_is_empty():
    assert [key for entries in ENTRIES.values() for key, text in entries.items() if not text.strip()] == []


def test_every_report_text_is_used_and_every_used_one_exists():
    sources = [*SESSION.glob("domain/*.py"), *SESSION.glob("adapters/report_html/*")]
    code = "\n".join(path.read_text("utf-8") for path in sources if path.is_file())
    used = set(re.findall(r"[\"'](report(?:\.\w+)+)[\"']", code))
    used -= {"report.css", "report.html.j2"}
    used |= {prefix + name for prefix, names in DYNAMIC.items() for name in names}
    assert {key for key in ENTRIES["ko"] if key.startswith("report.")} == used
