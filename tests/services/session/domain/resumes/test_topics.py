"""The résumé's own words that questions are built of."""

import pytest

from services.session.adapters.documents.wordlists import masking_rules, resume_words
from services.session.domain.resumes.lexicon import SectionKind
from services.session.domain.resumes.resume import understand
from services.session.domain.resumes.topics import ResumeTopics, achievements
from tests.fixtures.resumes import ENGLISH_RESUME, KOREAN_RESUME

pytestmark = pytest.mark.unit


def topics_of(text: str) -> ResumeTopics:
    return understand(text, resume_words(), masking_rules()).topics


def texts(topics: tuple) -> list[str]:
    return [topic.text for topic in topics]


def test_a_developers_resume_gives_projects_employers_roles_and_achievements():
    topics = topics_of(KOREAN_RESUME)
    assert texts(topics.projects) == [
        "사내 배포 자동화 프로젝트",
        "실시간 재고 동기화 시스템",
        "오픈마켓 상품 검색 개편",
    ]
    assert texts(topics.employers) == ["한빛소프트", "네이버"]
    assert texts(topics.roles) == ["백엔드 개발자", "서버 개발자"]
    assert texts(topics.achievements) == [
        "주문 조회 API의 응답 시간을 820ms에서 140ms로 단축",
        "정산 처리 시간을 6시간에서 40분으로 단축",
        "월 거래액 300억 원 규모의 결제 서비스 운영",
        "배포 시간을 70% 절감",
        "재고 불일치 건수를 월 1,200건에서 35건으로 감소",
        "Elasticsearch로 검색 응답 속도를 3배 향상",
    ]


def test_an_english_resume_gives_them_too():
    topics = topics_of(ENGLISH_RESUME)
    assert texts(topics.projects) == ["Realtime Inventory Sync", "Open Source CLI for gRPC"]
    assert texts(topics.employers) == ["Acme Corp", "Globex Inc."]
    assert "Senior Software Engineer" in texts(topics.roles)
    assert texts(topics.achievements) == [
        "reducing p95 latency from 820ms to 140ms",
        "leading a team of 5 engineers",
        "cutting release time by 70%",
        "cutting stock mismatches by 35%",
    ]


def test_a_marketers_table_gives_them_too():
    topics = topics_of(
        "■ 경력사항 (총 4년)\n회사명 | 근무기간 | 직책 | 담당업무\n㈜그린코스메틱 | 2020.02 ~ "
        "2024.01 | 대리 | 퍼포먼스 마케팅\n"
        "스타트업얼라이언스 | 2018.07 ~ 2019.12 | 인턴 | 콘텐츠 제작\n■ 주요 성과\n"
        "• 광고비를 월 3천만 원에서 1,800만 원으로 낮추면서 전환율은 2.4배로 높였습니다.\n• "
        "인스타그램 팔로워 5만 명 확보\n"
        "■ 프로젝트\n프로젝트명: 비건 립밤 브랜드 리뉴얼\n기간: 2022.03 ~ 2022.09\n역할: 마케팅 "
        "총괄"
    )
    assert texts(topics.employers) == ["그린코스메틱", "스타트업얼라이언스"]
    assert texts(topics.projects) == ["비건 립밤 브랜드 리뉴얼"]
    assert texts(topics.achievements) == [
        "광고비를 월 3천만 원에서 1,800만 원으로 감소",
        "인스타그램 팔로워 5만 명 확보",
    ]


def test_a_nurses_lines_without_separators_give_them_too():
    topics = topics_of(
        "[경력]\n2018.03 ~ 2023.08 한국대학병원 중환자실 간호사\n - 낙상 발생률을 연 15건에서 4건으로 줄임\n"
        "2016.03 ~ 2018.02 서울의료원 내과병동 간호사"
    )
    assert texts(topics.employers) == ["한국대학병원", "서울의료원"]
    assert texts(topics.roles) == ["간호사"]
    assert texts(topics.achievements) == ["낙상 발생률을 연 15건에서 4건으로 감소"]


def test_numbered_employers_are_read_without_their_numbers():
    topics = topics_of(
        "경력\n1. (주)대한물산 회계팀 대리 (2018.01 ~ 2023.12)\n - 결산 기간을 10일에서 5일로 "
        "단축하였음\n자격사항: 전산세무 1급"
    )
    assert texts(topics.employers) == ["대한물산"]
    assert texts(topics.achievements) == ["결산 기간을 10일에서 5일로 단축"]


def test_each_topic_knows_the_section_it_stands_in():
    topics = topics_of(KOREAN_RESUME)
    assert {topic.section for topic in topics.employers} == {SectionKind.EXPERIENCE}
    kafka = next(
        topic
        for topic in topics_of("기술\nKafka\n경력\nKafka로 이벤트를 처리").skills
        if topic.text == "Kafka"
    )
    assert kafka.section is SectionKind.EXPERIENCE


def test_periods_above_and_below_the_employers_are_both_read():
    below = topics_of("경력\n2021.03 ~ 현재\n한빛소프트\n2019.01 ~ 2021.02\n네이버")
    above = topics_of("경력\n한빛소프트\n2021.03 ~ 현재\n네이버\n2019.01 ~ 2021.02")
    assert texts(below.employers) == texts(above.employers) == ["한빛소프트", "네이버"]


@pytest.mark.parametrize(
    ("line", "phrase"),
    [
        ("장애 대응 시간을 30분에서 5분으로 줄였습니다.", "장애 대응 시간을 30분에서 5분으로 단축"),
        ("서버 비용을 월 400만 원 줄였습니다", "서버 비용을 월 400만 원 감소"),
        ("캠페인을 기획하여 매출 12억 원을 달성했습니다.", "매출 12억 원 달성"),
        ("그 결과 이탈률이 12% 감소했습니다.", "이탈률이 12% 감소"),
        ("컴포넌트 40개를 구축해 화면 제작 시간을 절반으로 줄임", "컴포넌트 40개 구축"),
        ("회원 3만 명 확보", "회원 3만 명 확보"),
        ("- Increased conversion by 18% through A/B tests", "increasing conversion by 18%"),
        ("Successfully reduced churn by 30%.", "reducing churn by 30%"),
    ],
)
def test_a_sentence_with_a_figure_becomes_a_noun_phrase(line, phrase):
    assert list(achievements(line, resume_words().phrases)) == [phrase]


@pytest.mark.parametrize(
    "line",
    [
        "2021년에 입사했습니다.",
        "열심히 개선했습니다.",
        "Responsible for the backend of 3 services",
        "3년 동안 즐겁게 지냈습니다.",
        "Worked in 2019",
    ],
)
def test_a_line_without_a_result_and_a_figure_is_no_achievement(line):
    assert list(achievements(line, resume_words().phrases)) == []


def test_no_topic_carries_a_name_a_school_or_an_address():
    topics = topics_of(
        "이름: 김민수\n학력\n서울대학교 2012 ~ 2018\n경력\n서울대학교 | 조교 | 2017.01 ~ 2017.12\n"
        "프로젝트\n김민수 포트폴리오 사이트 (2020.01 ~ 2020.03)\nhttps://github.com/minsu/site\n"
        "결제 시스템 이전 (2021.01 ~ 2021.03)\n- 처리량 3배 향상"
    )
    everything = " ".join(
        texts(topics.projects + topics.employers + topics.roles + topics.achievements + topics.skills)
    )
    assert "결제 시스템 이전" in everything
    for personal in ("김민수", "서울대", "github.com"):
        assert personal not in everything


def test_a_resume_without_any_of_them_gives_empty_topics():
    assert topics_of("안녕하세요.") == ResumeTopics()
