"""A report's PDF, read back by another program."""

import subprocess
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from edge_api.app import create_app
from edge_api.captions import NoCaptions
from edge_api.config import Settings
from edge_api.fake_calls import FakeCalls
from edge_api.report_pdf import draw, pieces
from edge_api.routes import reports
from edge_api.typeface import PACKED, unpack
from fastapi.testclient import TestClient
from viva.v1 import interview_pb2

from services.runtime.errors import FailedPrecondition
from services.session.adapters.report_html.render import report_json
from services.session.domain.behaviour import Observed, Sample, Speech, Utterance, describe
from services.session.domain.report import build_report
from tests.edge_api.samples import ID
from tests.fixtures.reports import report_input


@pytest.fixture(scope="module")
def font(pytestconfig: pytest.Config) -> Path:
    """One weight of the page's typeface, kept between runs: unpacking it takes seconds."""
    target = pytestconfig.cache.mkdir("fonts") / "Pretendard-Regular.ttf"
    if not PACKED.is_dir():
        pytest.skip("the page's packages are not installed")
    if not target.is_file():
        unpack(PACKED / "Pretendard-Regular.woff2", target)
    return target


def text_of(pdf: bytes, folder: Path) -> str:
    """Without white space, which a page breaks anywhere."""
    (folder / "a.pdf").write_bytes(pdf)
    done = subprocess.run(["pdftotext", folder / "a.pdf", "-"], capture_output=True, text=True, check=True)
    return "".join(done.stdout.split())


@pytest.mark.integration
@pytest.mark.parametrize("language", ["ko", "en"])
def test_pdftotext_finds_every_question_and_the_evidence(language: str, tmp_path: Path, font: Path) -> None:
    report = report_json(build_report(report_input(language)))
    text = text_of(draw(report, Settings(font=font)), tmp_path)
    wanted = [each["question"] for each in report["questions"]]
    wanted += [e["text"] for q in report["questions"] for s in q["scores"] for e in s["evidence"]]
    wanted += [report["schema"], *(each["engine"] for each in report["versions"])]
    assert [each for each in wanted if "".join(each.split()) not in text] == []


@pytest.mark.integration
@pytest.mark.parametrize("language", ["ko", "en"])
def test_how_an_answer_was_said_is_a_line_and_a_voice_that_counts_another(
    language: str, tmp_path: Path, font: Path
) -> None:
    source = report_input(language)
    seen = Observed(
        tuple(Sample(at * 200, 1, gaze=0.75) for at in range(50)),
        (Utterance(Speech(-30.0, 4.5, 3, 2.5, 0, 0.8), 9.0),),
    )
    (said,) = describe([seen])
    first = replace(source.questions[0], behaviour=said)
    spoken = replace(source, questions=(first, *source.questions[1:]), score_delivery=True)
    for scored in (True, False):
        report = report_json(build_report(replace(spoken, score_delivery=scored)))
        text = text_of(draw(report, Settings(font=font)), tmp_path)
        wanted = {"ko": "1초에4.5음절·멈춤3번2.5초·카메라를본정도75%", "en": "4.5syllablesasecond"}[language]
        assert text.count(wanted) == 1
        assert ({"ko": "전달(목소리):5.0/5", "en": "Delivery(voice):5.0/5"}[language] in text) is scored


@pytest.mark.unit
def test_without_the_typeface_the_refusal_says_what_mends_it(tmp_path: Path) -> None:
    with pytest.raises(FailedPrecondition) as refused:
        draw({}, Settings(font=tmp_path / "none.ttf"))
    assert "make web" in refused.value.remedy


@pytest.mark.unit
def test_a_pdf_that_takes_too_long_is_refused_while_others_are_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawing = Event()
    monkeypatch.setattr(reports, "draw", lambda *_: drawing.wait(10))
    ready = interview_pb2.GetReportResponse(content=b"{}", version=1)
    client = TestClient(create_app(Settings(pdf_s=0.1), FakeCalls(GetReport=ready), NoCaptions()))
    answer = client.get(f"/api/v1/interviews/{ID}/report.pdf", headers={"authorization": "Bearer some.jwt"})
    assert (answer.status_code, answer.json()["reason"]) == (504, "PDF_SLOW")
    assert client.get("/healthz").status_code == 200
    drawing.set()


@pytest.mark.unit
def test_overlapping_evidence_is_written_once() -> None:
    scores = [{"evidence": [{"start": 2, "end": 5}]}, {"evidence": [{"start": 4, "end": 6}]}]
    assert list(pieces("abcdefgh", scores)) == [("ab", False), ("cde", True), ("f", True), ("gh", False)]
