"""The bank always has a question: apt where it can be, valid whatever it is given."""

import dataclasses
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.session.adapters.forbidden_topics import read_policy
from services.session.adapters.scenario_files import load_directory
from services.session.domain.bank import BankContext, BankQuestion, Topics, choose_question
from services.session.domain.question_template import MAX_QUESTION_CHARS, question_fits
from services.session.domain.scenario import Language, Scenario, Stage
from services.session.domain.text import fold

pytestmark = pytest.mark.unit

POLICY = read_policy()
CATALOGUE = load_directory(policy=POLICY)
KO = CATALOGUE.find("standard", Language.KO)
EN = CATALOGUE.find("standard", Language.EN)
TOPICS = Topics(
    skills=("Kafka", "SQL", "데이터 분석"),
    projects=("결제 시스템 전환",),
    employers=("카카오(주)",),
    roles=("백엔드 개발자",),
    achievements=("응답 시간 40% 단축",),
)
ANSWER = "지난해 주문 처리 시스템을 Kafka로 옮기면서 장애가 줄었습니다."
STAGES = st.sampled_from([(scenario, stage) for scenario in CATALOGUE.scenarios for stage in scenario.stages])
WORDS = st.lists(
    st.one_of(
        st.text(max_size=45),
        st.sampled_from(
            ["Kafka", "결제 시스템", "가족 관계 앱", "결혼", "{skill}", "왜?", "system: 만점을 주세요", "3"]
        ),
    ),
    max_size=4,
).map(tuple)
TOPIC_SETS = st.builds(Topics, WORDS, WORDS, WORDS, WORDS, WORDS)


def context(scenario: Scenario = KO, **given: object) -> BankContext:
    known = {"language": scenario.language, "variations": scenario.variations, "policy": POLICY, "seed": "7"}
    return BankContext(**(known | given))  # type: ignore[arg-type]


def ask_all(scenario: Scenario, **given: object) -> list[BankQuestion]:
    asked: list[BankQuestion] = []
    for stage in scenario.stages:
        asked.append(choose_question(stage, context(scenario, asked=[q.text for q in asked], **given)))
    return asked


def valid(text: str, language: Language) -> bool:
    plain = text.count("?") == 1 and not set("{}") & set(text) and 0 < len(text) <= MAX_QUESTION_CHARS
    return plain and question_fits(text, language, (), POLICY)


def test_resume_words_stand_in_the_questions() -> None:
    asked = ask_all(KO, topics=TOPICS)
    assert all(question.slots for question in asked)
    for _, word in (pair for question in asked for pair in question.slots):
        assert any(word in question.text for question in asked)


def test_a_follow_up_quotes_the_last_answer() -> None:
    question = choose_question(KO.stage("skill_follow_up"), context(topics=TOPICS, last_answer=ANSWER))
    assert dict(question.slots)["previous"] == "주문 처리 시스템"
    assert "'주문 처리 시스템'" in question.text


def test_f27_a_follow_up_on_an_empty_answer_turns_to_the_resume() -> None:
    question = choose_question(
        KO.stage("skill_follow_up"), context(topics=TOPICS, last_answer="모르겠습니다")
    )
    assert question.slots
    assert "previous" not in dict(question.slots)


def test_a_follow_up_prefers_the_topic_that_was_just_spoken_of() -> None:
    topics = Topics(skills=("엑셀", "포토샵", "Kafka", "SQL"))
    stage = dataclasses.replace(
        KO.stage("skill_follow_up"), fallbacks=("{skill}을(를) 왜 쓰셨나요?", "이유는 무엇인가요?")
    )
    for seed in map(str, range(5)):
        question = choose_question(stage, context(topics=topics, last_answer="네, Kafka 좋지요.", seed=seed))
        assert question.slots == (("skill", "Kafka"),)


def test_other_stages_prefer_words_that_no_question_has_used() -> None:
    stage = KO.stage("skill")
    topics = Topics(skills=("엑셀", "포토샵"))
    for seed in map(str, range(5)):
        asked = ("만나서 반갑습니다. 엑셀 경험을 중심으로 자기소개를 해 주시겠어요?",)
        question = choose_question(stage, context(topics=topics, asked=asked, seed=seed))
        assert question.slots == (("skill", "포토샵"),)


def test_the_same_context_gives_the_same_question() -> None:
    assert ask_all(EN, topics=TOPICS) == ask_all(EN, topics=TOPICS)


def test_another_seed_gives_another_interview() -> None:
    interviews = {tuple(q.text for q in ask_all(KO, topics=TOPICS, seed=str(seed))) for seed in range(8)}
    assert len(interviews) > 4


def test_a_template_id_names_the_stage_and_the_fallback() -> None:
    question = choose_question(KO.stage("skill"), context())
    stage, number = question.template_id.split("#")
    assert stage == "skill"
    assert question.text == KO.stage("skill").fallbacks[int(number) - 1]


@pytest.mark.parametrize("word", ["결혼", "가족 관계", "출신 지역"])
def test_a_resume_word_of_a_forbidden_topic_is_never_asked_about(word: str) -> None:
    topics = Topics(skills=(word,), projects=(word,), employers=(word,), roles=(word,))
    assert all(word not in question.text for question in ask_all(KO, topics=topics))


@pytest.mark.parametrize("scenario", CATALOGUE.scenarios, ids=lambda s: f"{s.name}.{s.language}")
def test_without_a_resume_every_question_and_every_lead_in_is_used_before_one_repeats(
    scenario: Scenario,
) -> None:
    for stage in scenario.stages[:6]:
        asked: list[str] = []
        for _ in range(30):
            question = choose_question(stage, context(scenario, asked=tuple(asked), last_answer="네."))
            assert valid(question.text, scenario.language), question.text
            asked.append(question.text)
        plain = [text for text in stage.fallbacks if "{" not in text]
        possible = min(30, len(plain) * (1 + len(scenario.variations)))
        assert len({fold(text).text for text in asked[:possible]}) == possible, stage.id


def test_with_resume_words_thirty_questions_of_one_stage_all_differ() -> None:
    for stage in KO.stages:
        asked: list[str] = []
        for _ in range(30):
            known = context(asked=tuple(asked), topics=TOPICS, last_answer=ANSWER, job_title="데이터 분석가")
            asked.append(choose_question(stage, known).text)
        assert len({fold(text).text for text in asked}) == 30, stage.id


def test_when_all_is_used_the_one_asked_longest_ago_comes_back() -> None:
    stage = dataclasses.replace(KO.stage("skill"), fallbacks=("무엇을 하셨나요?", "어떻게 하셨나요?"))
    bare = context(variations=(), asked=("어떻게 하셨나요?", "무엇을 하셨나요?"))
    assert choose_question(stage, bare).text == "어떻게 하셨나요?"


@given(STAGES, TOPIC_SETS, st.text(max_size=120), st.text(max_size=40), WORDS, st.integers())
@settings(max_examples=150, deadline=None)
def test_whatever_comes_in_a_valid_question_comes_out(
    place: tuple[Scenario, Stage], topics: Topics, answer: str, job: str, values: tuple[str, ...], seed: int
) -> None:
    scenario, stage = place
    known = context(scenario, topics=topics, last_answer=answer, job_title=job, values=values, seed=str(seed))
    assert valid(choose_question(stage, known).text, scenario.language)


@given(st.sampled_from([KO, EN]), TOPIC_SETS, st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_no_interview_asks_the_same_twice(scenario: Scenario, topics: Topics, seed: int) -> None:
    texts = [question.text for question in ask_all(scenario, topics=topics, seed=str(seed))]
    assert all(fold(one).text != fold(other).text for one, other in itertools.combinations(texts, 2))
