"""The report as a page: complete, accessible, self-contained, and safe whatever was said."""

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.session.adapters.locales import MissingTextError, texts
from services.session.adapters.report_html import render_html, report_json
from services.session.adapters.report_html.marking import pieces
from services.session.adapters.report_html.radar import radar
from services.session.domain.behaviour import Observed, Sample, Speech, Utterance, describe
from services.session.domain.evidence import model_reason
from services.session.domain.report import ScoredText, build_report
from services.session.domain.rubric import Evidence, Phrase
from tests.fixtures.reports import NON_ANSWER, ORDER, corrected, record, report_input

pytestmark = pytest.mark.unit

LANGUAGES = ["ko", "en"]
VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """A page's tags, attributes and text by class; complains about tags that do not match."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.ids, self.hrefs, self.marks, self.open = Counter(), [], [], [], []
        self.attributes, self.texts = [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags[tag] += 1
        self.attributes.append((tag, values))
        self.ids += [values["id"]] if "id" in values else []
        self.hrefs += [values["href"]] if "href" in values else []
        if tag not in VOID:
            self.open.append((tag, values.get("class") or ""))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if self.open and self.open[-1][0] == "mark":
            self.marks.append(data)
        self.texts.append(([tag for tag, _ in self.open], [name for _, name in self.open], data))

    def text(self, inside=None, without=()):
        return "".join(
            data
            for tags, names, data in self.texts
            if (inside is None or inside in tags or inside in names) and not set(without) & set(tags)
        )


def interview(language):
    """A report with everything in it: a gap, an order, a correction, a non-answer and silence."""
    injected = record(language, 4).transcript + ORDER[language]
    source = report_input(language, q5=injected, q7=NON_ANSWER[language], q8="")
    fixed = corrected(source.questions[2], "바로잡은 글")
    return build_report(replace(source, questions=(*source.questions[:2], fixed, *source.questions[3:])))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_well_formed_and_every_link_leads_somewhere(language):
    page = Page(render_html(interview(language)))
    assert [count for count in Counter(page.ids).values() if count > 1] == []
    assert all(href.startswith("#") and href[1:] in page.ids for href in page.hrefs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_from_outside(language):
    html = render_html(interview(language))
    page = Page(html)
    assert page.tags["script"] == page.tags["img"] == page.tags["link"] == 0
    assert not re.search(r"url\(|@import|https?://", html)
    assert "default-src 'none'" in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_landmarks_headings_and_named_tables(language):
    page = Page(render_html(interview(language)))
    assert [page.tags[tag] for tag in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
    assert page.tags["caption"] == page.tags["table"]
    labelled = [values["aria-labelledby"] for _, values in page.attributes if "aria-labelledby" in values]
    assert all(part in page.ids for each in labelled for part in each.split())
    assert ("html", {"lang": language}) in page.attributes


def test_the_summary_comes_first():
    html = render_html(interview("ko"))
    assert html.index('id="summary-h"') < html.index('id="dimensions-h"') < html.index('id="questions-h"')
    assert html.index('id="questions-h"') < html.index("<footer")


@pytest.mark.parametrize("language", LANGUAGES)
def test_missing_evidence_is_said_in_words_and_never_as_a_number(language):
    report = interview(language)
    page = Page(render_html(report))
    lacking = sum(s.score is None for q in report.questions for s in q.scores)
    lacking += sum(d.score is None for d in report.dimensions)
    words = texts(language).say("report.insufficient")
    assert [data for _, names, data in page.texts if names and names[-1] == "lacking"] == [words] * lacking
    assert lacking > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_evidence_is_marked_where_it_stands_and_no_letter_of_an_answer_is_lost(language):
    report = interview(language)
    page = Page(render_html(report))
    shown = page.text("transcript", without=("sup",))
    for question in report.questions:
        assert question.judged_text in shown
        for score in question.scores:
            assert all(each.text in "".join(page.marks) for each in score.evidence)


def test_a_correction_stands_beside_the_original():
    report = interview("ko")
    html = render_html(report)
    assert "바로잡은 글" in html
    assert report.questions[2].transcript.split(".")[0] in html
    swapped = replace(report.questions[2], scored_text=ScoredText.CORRECTED)
    assert "바로잡기 전의 기록" in render_html(replace(report, questions=(swapped,)))


def test_an_order_to_the_grader_is_pointed_out():
    assert texts("ko").say("report.warning.addresses_grader") in Page(render_html(interview("ko"))).text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_without_a_total_says_why(language):
    report = build_report(report_input(language, **{f"q{n}": NON_ANSWER[language] for n in range(1, 9)}))
    text = Page(render_html(report)).text()
    assert texts(language).say("report.total.none") in text
    assert texts(language).say("report.total.none_hint", needed=60) in text


def test_whatever_was_said_stays_text():
    nasty = "<script>alert(1)</script> 저는 커넥션 풀의 누수를 <b>고쳤습니다</b> & 끝. {{ 7*7 }} {text}"
    source = report_input("ko", q1=nasty)
    first = source.questions[0]
    reasoned = tuple(replace(score, reason=model_reason(nasty)) for score in first.scores)
    named = replace(source.heading, candidate="<i>김</i>")
    report = build_report(
        replace(source, heading=named, questions=(replace(first, scores=reasoned), *source.questions[1:]))
    )
    page = Page(render_html(report))
    assert page.tags["script"] == page.tags["b"] == page.tags["i"] == 0
    assert nasty in page.text("transcript", without=("sup",))


@pytest.mark.parametrize("language", LANGUAGES)
def test_versions_stand_at_the_foot(language):
    foot = Page(render_html(interview(language))).text("footer")
    assert "lightweight/1" in foot
    assert "standard.ko@3f1c9a0b2d4e" in foot
    assert "1–8" in foot
    assert "viva.report/1" in foot


def test_a_korean_report_can_be_read_in_english():
    html = render_html(interview("ko"), "en")
    assert "Insufficient evidence" in html
    assert "근거 부족" not in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_json_form_holds_each_sentence_beside_its_key(language):
    said = report_json(interview(language))
    assert len(said["summary"]) == 3
    assert all(phrase["text"] and "{" not in phrase["text"] for phrase in said["summary"])
    assert said["questions"][6]["scores"][0]["reason"]["text"] == texts(language).say(
        "report.reason.non_answer"
    )


def test_a_missing_text_is_an_error_that_names_the_key():
    with pytest.raises(MissingTextError, match=r"report\.nothing"):
        texts("ko").say("report.nothing")
    with pytest.raises(MissingTextError, match="total"):
        texts("ko").phrase(Phrase("report.summary.total"))


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6))
def test_cutting_a_text_at_its_evidence_loses_nothing(text, spans):
    inside = {(min(a, b), max(a, b)) for a, b in spans if a != b and max(a, b) <= len(text)}
    numbers = {Evidence(a, b, text[a:b]): at for at, (a, b) in enumerate(sorted(inside), start=1)}
    cut = pieces(text, numbers)
    assert "".join(piece.text for piece in cut) == text
    assert sorted(ref for piece in cut for ref in piece.ends) == sorted(numbers.values())


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_dimensions_draw_no_radar(count):
    assert radar([("a", 3.0)] * count) is None


def test_a_dimension_without_a_score_leaves_a_gap_in_the_radar():
    whole, gap = radar([("a", 3.0)] * 5), radar([("a", 3.0)] * 4 + [("b", None)])
    assert whole.shape
    assert len(whole.lines) == 5
    assert gap.shape is None
    assert len(gap.lines) == 3
    assert gap.axes[4].point is None


def observed(language):
    """A report whose first answer was heard and seen, and whose second was seen too briefly."""
    speech = Speech(-28.0, 8.0, 3, 2.5, 4, 0.8)
    seen = tuple(Sample(at * 200, 1, gaze=0.25, smile=0.5, expression="happy") for at in range(150))
    answers = [Observed(seen, (Utterance(speech, 12.0, 3.0),)), Observed(seen[:5])]
    source = report_input(language)
    figures = [*describe(answers), *[None] * (len(source.questions) - 2)]
    records = zip(source.questions, figures, strict=True)
    return replace(source, questions=tuple(replace(each, behaviour=its) for each, its in records))


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_an_answer_was_said_is_told_in_words_and_drawn(language):
    page = Page(render_html(build_report(observed(language))))
    drawn = [values for tag, values in page.attributes if values.get("class") == "strip"]
    (strip,) = drawn
    assert strip["role"] == "img"
    assert all(each in page.ids for each in strip["aria-labelledby"].split())
    bars = Counter(values["class"] for tag, values in page.attributes if tag == "rect")
    assert bars == {"gaze": 30, "spoken": 1}
    figures = page.text("figures")
    say = texts(language)
    assert say.say("report.behaviour.pace_value", pace="8.0") in figures
    assert say.say("report.behaviour.share", share="25") in figures
    assert say.say("report.behaviour.expressions.happy") in figures
    assert say.say("report.behaviour.unseen") in figures
    assert say.say("report.advice.fast") in page.text("note")
    assert say.say("report.behaviour.counts_not") in page.text("hint")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_voice_that_counts_is_said_to_count(language):
    report = build_report(replace(observed(language), score_delivery=True))
    page = Page(render_html(report))
    assert texts(language).say("report.behaviour.delivery") in page.text("results")
    assert texts(language).say("report.behaviour.counts", weight="1") in page.text("hint")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_without_behaviour_does_not_speak_of_it(language):
    html = render_html(build_report(report_input(language)))
    said = [texts(language).say(f"report.behaviour.{each}") for each in ("heading", "notice", "delivery")]
    assert [each for each in said if each in html] == []
