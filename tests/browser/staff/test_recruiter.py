"""What a recruiter does in the browser, on a real mesh."""

import csv
import re
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import Page, expect

from deploy.local.environment import LocalMesh
from services.media.recording.files import FlacFile
from services.media.recording.naming import name_of
from tests.browser.conftest import assert_accessible, go, settled
from tests.browser.hiring import Hiring, Rest, make_opening, signed_in
from tests.browser.staff.conftest import SignIn

pytestmark = pytest.mark.browser
REASON = "정산 서버를 어떻게 고쳤는지 수치로 설명했습니다."
REVIEW = "두 번째 답변이 잘못 옮겨졌습니다."


def test_a_decision_is_recorded_explained_to_the_candidate_and_reviewed_on_request(
    sign_in: SignIn, hiring: Hiring, base: str
) -> None:
    interview = hiring.interviews[0]
    page = sign_in(hiring.recruiter, f"/recruiter/interviews/{interview}")
    page.get_by_role("button", name="결정 기록하기").click()
    expect(page.get_by_text("결정을 골라 주세요.")).to_be_visible()
    page.get_by_label("보류").check()
    page.get_by_label("이유 (지원자에게 보임)").fill(REASON)
    page.get_by_role("button", name="결정 기록하기").click()
    page.get_by_role("dialog").get_by_role("button", name="결정 기록하기").click()
    expect(page.get_by_role("button", name="결정 바꾸기")).to_be_visible()
    candidate = signed_in(base, hiring.candidates[0])
    seen = candidate.call("GET", f"/interviews/{interview}")["interview"]
    assert (seen["decision"], seen["decision_reason"]) == ("hold", REASON)
    candidate.call("POST", f"/interviews/{interview}/review-request", {"reason": REVIEW})
    page.reload()
    expect(page.get_by_text("지원자가 재검토를 요청했어요")).to_be_visible()
    expect(page.get_by_text(REVIEW)).to_be_visible()


def test_scoring_again_makes_a_new_version_and_keeps_the_first(sign_in: SignIn, hiring: Hiring) -> None:
    page = sign_in(hiring.recruiter, f"/recruiter/interviews/{hiring.interviews[1]}")
    page.get_by_role("button", name="다시 채점하기").click()
    page.get_by_role("dialog").get_by_role("button", name="다시 채점하기").click()
    versions = page.get_by_label("보고서 판")
    expect(versions.locator("option")).to_have_text(["2판 (최신)", "1판"])
    versions.select_option("1")
    expect(page.get_by_text("이 보고서를 만든 것 · 1판")).to_be_visible()


def test_a_recording_is_heard_beside_the_report_by_keyboard_while_consent_to_it_stands(
    sign_in: SignIn, hiring: Hiring, mesh: LocalMesh, database: psycopg.Connection
) -> None:
    interview = hiring.interviews[1]
    tone = b"\x00\x10\x00\xf0" * 16_000
    file = FlacFile(mesh.home / "recordings" / interview / "20270101T000000000Z-0123abcd.flac")
    file.finish(tone)
    agrees_to_recording(database, interview, granted=False)
    page = sign_in(hiring.recruiter, f"/recruiter/interviews/{interview}")
    listen = page.get_by_role("button", name=re.compile("녹음 듣기$"))
    expect(page.get_by_role("combobox", name="보고서 판")).to_be_visible()
    expect(listen).to_have_count(0)
    agrees_to_recording(database, interview, granted=True)
    page.reload()
    listen.focus()
    assert_accessible(page, "report-recording-ko")
    page.keyboard.press("Enter")
    player = page.get_by_label(re.compile("녹음$"))
    expect(player).to_be_focused()
    expect(player).to_have_js_property("duration", 1)
    page.keyboard.press("Space")
    expect(player).not_to_have_js_property("currentTime", 0)


def test_an_answer_is_heard_beside_its_evidence(
    sign_in: SignIn, hiring: Hiring, mesh: LocalMesh, database: psycopg.Connection
) -> None:
    interview = hiring.interviews[0]
    agrees_to_recording(database, interview, granted=True)
    ((asked_at, submitted_at),) = database.execute(
        "select asked_at, closed_at from turn where interview_id = %s and number = 2", [interview]
    ).fetchall()
    file = FlacFile(mesh.home / "recordings" / interview / name_of(asked_at - timedelta(seconds=3)))
    file.finish(b"\x00\x10\x00\xf0" * 16_000 * 5)
    page = sign_in(hiring.recruiter, f"/recruiter/interviews/{interview}")
    answer = page.get_by_role("region", name=re.compile("^질문 2 "))
    answer.get_by_role("button", name="2번 질문과 답변 듣기 (0:03부터)").press("Enter")
    player = answer.get_by_label("2번 질문과 답변의 소리 (0:03부터)")
    expect(player).to_be_focused()
    page.wait_for_function("player => player.currentTime > 0", arg=player.element_handle())
    assert 2.99 <= player.evaluate("player => player.currentTime") <= 3.01
    player.evaluate("player => player.play()")
    page.wait_for_function("player => player.paused", arg=player.element_handle())
    length = 3 + (submitted_at - asked_at).total_seconds()
    assert length <= player.evaluate("player => player.currentTime") < length + 0.5


def agrees_to_recording(database: psycopg.Connection, interview: str, *, granted: bool) -> None:
    database.execute(
        "insert into consent (interview_id, purpose, version, granted) values (%s, 'recording', 'v', %s)"
        " on conflict (interview_id, purpose) do update set granted = excluded.granted",
        [interview, granted],
    )


def test_two_interviews_are_picked_and_compared_in_chart_and_table(sign_in: SignIn, hiring: Hiring) -> None:
    page = sign_in(hiring.recruiter, "/recruiter/interviews")
    for candidate in hiring.candidates:
        page.get_by_label(f"{candidate} 면접을 비교에 넣기").check()
    page.get_by_role("link", name="비교하기 (2/4)").click()
    table = page.get_by_role("table", name="역량별 점수와 근거가 있는 답변 수")
    for candidate in hiring.candidates:
        expect(table.get_by_role("columnheader", name=candidate)).to_be_visible()
    expect(page.locator(".recharts-bar-rectangle").first).to_be_attached()


def test_the_list_is_sorted_filtered_and_taken_along_as_csv(sign_in: SignIn, hiring: Hiring) -> None:
    page = sign_in(hiring.recruiter, "/recruiter/interviews")
    page.get_by_role("button", name="지원자").click()
    first = page.get_by_role("columnheader", name="지원자")
    expect(first).to_have_attribute("aria-sort", "ascending")
    rows = page.locator("tbody tr")
    expect(rows.first).to_contain_text(sorted(hiring.candidates)[0])
    with page.expect_download() as downloading:
        page.get_by_role("button", name="CSV로 내려받기").click()
    table = list(csv.reader(downloading.value.path().read_text("utf-8-sig").splitlines()))
    assert {row[0] for row in table[1:]} == set(hiring.interviews)
    page.get_by_label("진행").select_option("withdrawn")
    expect(page.get_by_text("조건에 맞는 면접이 없어요")).to_be_visible()


def test_pasted_addresses_become_links_that_are_shown_once_and_can_be_revoked(
    sign_in: SignIn, hiring: Hiring
) -> None:
    page = sign_in(hiring.recruiter, f"/recruiter/invitations?job={hiring.job_id}")
    one, two = (f"{uuid4().hex[:8]}@example.com" for _ in range(2))
    page.get_by_label("이메일 주소").fill(f"아무개 <{one}>, {two}\n{two}; 틀린주소")
    page.get_by_role("button", name="초대 링크 만들기").click()
    expect(page.get_by_text("주소가 아닌 것: 틀린주소")).to_be_visible()
    page.get_by_label("이메일 주소").fill(f"아무개 <{one}>, {two}\n{two}")
    page.get_by_role("button", name="초대 링크 만들기").click()
    links = page.get_by_role("table", name="새로 만든 초대 링크")
    expect(links.locator("tbody tr")).to_have_count(2)
    expect(links.get_by_text(re.compile("/invitation"))).to_have_count(2)
    page.get_by_role("button", name=f"{one} 초대 취소하기").click()
    page.get_by_role("dialog").get_by_role("button", name="취소하기").click()
    expect(page.get_by_text("초대를 취소했어요.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("table", name="새로 만든 초대 링크")).to_have_count(0)


def test_a_job_is_made_and_closed(sign_in: SignIn, hiring: Hiring) -> None:
    page = sign_in(hiring.recruiter, "/recruiter/jobs/new")
    page.get_by_role("button", name="저장하기").click()
    expect(page.get_by_text("공고 제목을 적어 주세요.")).to_be_visible()
    page.get_by_label("공고", exact=True).fill("데이터 엔지니어")
    page.get_by_role("button", name="저장하기").click()
    page.get_by_role("button", name="마감하기").click()
    page.get_by_role("dialog").get_by_role("button", name="마감하기").click()
    expect(page.get_by_role("button", name="다시 열기")).to_be_visible()


def test_a_weight_shows_its_share_at_once_and_is_kept(sign_in: SignIn, hiring: Hiring) -> None:
    page = sign_in(hiring.recruiter, f"/recruiter/profiles/{hiring.profile_id}")
    weight = page.get_by_label("협업 가중치")
    row = page.get_by_role("row").filter(has=weight)
    expect(row).to_contain_text("12%")
    weight.fill("5")
    expect(row).to_contain_text("40%")
    page.get_by_role("button", name="저장하기").click()
    expect(page.get_by_text("인재상을 저장했어요.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("협업 가중치")).to_have_value("5")


def test_the_voice_has_a_weight_where_the_company_lets_it_count(
    base: str, admin: Rest, sign_in: SignIn, hiring: Hiring
) -> None:
    page = sign_in(hiring.recruiter, f"/recruiter/profiles/{hiring.profile_id}")
    expect(page.get_by_label("협업 가중치")).to_be_visible()
    expect(page.get_by_label("‘전달’ 가중치")).to_have_count(0)
    scored = make_opening(base, admin, behaviour_policy="scored")
    page = sign_in(scored.recruiter, f"/recruiter/profiles/{scored.profile_id}")
    page.get_by_label("‘전달’ 가중치").fill("0.5")
    assert_accessible(page, "recruiter-profile-scored-ko-light")
    page.get_by_role("button", name="저장하기").click()
    expect(page.get_by_text("인재상을 저장했어요.")).to_be_visible()
    [kept] = scored.rest.call("GET", f"/companies/{scored.company_id}/talent-profiles")["talent_profiles"]
    assert kept["weights"] == {"problem_solving": 2, "delivery": 0.5}


def test_a_scenario_shows_each_problem_at_its_line_and_is_saved_once_mended(
    sign_in: SignIn, hiring: Hiring
) -> None:
    page = sign_in(hiring.recruiter, "/recruiter/scenarios/standard/ko")
    page.get_by_role("button", name="복사해서 고치기").click()
    page.get_by_label(re.compile("이름")).fill("mine")
    page.get_by_role("button", name="복사본 고치기").click()
    source = page.get_by_label("시나리오 파일(YAML)")
    expect(source).to_have_value(re.compile("^name: mine$", re.MULTILINE))
    right = source.input_value()
    source.fill(right.replace("patience_s: 3\n", "patience_s: 900\n", 1))
    line = right[: right.index("patience_s: 3\n")].count("\n") + 1
    page.get_by_role("button", name="저장하기").click()
    page.get_by_role("button", name=re.compile(f"^{line}행")).click()
    expect(source).to_be_focused()
    before = "el => el.value.slice(0, el.selectionStart).split('\\n').length"
    assert source.evaluate(before) == line
    source.fill(right)
    page.get_by_role("button", name="저장하기").click()
    page.wait_for_url("**/recruiter/scenarios/mine/ko")


SCREENS = ("interviews", "jobs", "jobs/new", "invitations", "profiles", "scenarios", "scenarios/standard/ko")
MORE = ("search?q=Kotlin", "companies", "companies/new", "interviews/{0}", "compare?ids={0},{1}")


@pytest.mark.parametrize(
    ("language", "theme"), [("ko", "light"), ("en", "dark"), ("ko", "dark"), ("en", "light")]
)
def test_every_screen_can_be_read_by_everybody(
    sign_in: SignIn, hiring: Hiring, language: str, theme: str
) -> None:
    page = sign_in(hiring.recruiter, "/recruiter/interviews", language=language, theme=theme)
    for screen in (*SCREENS, *MORE):
        go(page, "/recruiter/" + screen.format(*hiring.interviews))
        settled(page)
        name = re.sub(r"\W.*", "", screen.replace("/", "_"))
        assert_accessible(page, f"recruiter-{name}-{language}-{theme}")
        _assert_narrow(page)


def _assert_narrow(page: Page) -> None:
    """Nothing stands out sideways on a phone."""
    page.set_viewport_size({"width": 360, "height": 800})
    for _ in range(20):  # charts are drawn anew a moment after
        if page.evaluate("document.documentElement.scrollWidth") <= 360:
            break
        page.wait_for_timeout(100)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.url
    page.set_viewport_size({"width": 1280, "height": 900})
