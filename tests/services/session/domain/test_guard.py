"""What the incremental question guard shows, holds and refuses."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.session.adapters.forbidden_topics import TopicTableError, read_policy
from services.session.domain.guard import Final, GuardPolicy, QuestionGuard, Refusal, Refused, Released
from services.session.domain.topics import compile_words

pytestmark = pytest.mark.unit

POLICY = read_policy()

GOOD = {
    "ko": [
        "네, 결제 서버를 직접 설계하셨군요. 그때 어떤 기준으로 캐시 전략을 정하셨나요?",
        "팀원이 다른 의견을 냈을 때 어떻게 설득하셨는지 구체적인 사례를 들어 말씀해 주세요.",
        "Kubernetes와 PostgreSQL을 쓰셨다고 하셨는데, 왜 선택하셨나요?",
        "시스템 장애가 있을 때 어떻게 대응하셨나요?",
        "가족 같은 분위기에서 일해 본 경험이 있으신가요?",
        "부모 컴포넌트의 상태를 자녀 컴포넌트에 전달할 때 어떤 방식을 쓰셨나요?",
        "원인을 찾아내는 과정에서 가장 도움이 된 것은 무엇이었나요?",
        "새로운 기술을 배우자는 제안을 하신 적이 있나요?",
        "전역 변수를 없애는 리팩터링은 어떻게 진행하셨나요?",
        "API 게이트웨이를 도입하신 이유는 무엇인가요?",
        "문제를 해결 혼자서 하기 어려웠을 때 어떻게 하셨나요?",
        "결혼 정보 서비스를 개발하실 때 추천 품질을 어떻게 측정하셨나요?",
        "시각 장애인 사용자를 위한 접근성을 어떻게 개선하셨나요?",
    ],
    "en": [
        "Thank you, that is clear. When the payment service timed out, how did you find the cause?",
        "Tell me about a time you disagreed with a teammate.",
        "How do you handle a race condition in your parent process?",
        "You built a wedding planning app; which part of the backend did you design?",
        "How old is the codebase you inherited, and what did you change first?",
        "How did you make the site accessible for users with disabilities?",
        "Which trade-offs, e.g. latency or cost, mattered most in version 2.0?",
    ],
}

FORBIDDEN = [
    ("ko", "body", "실례지만 키가 어떻게 되시나요?", ["키가"]),
    ("ko", "body", "고객을 만나는 일인데, 외모에 자신이 있으신가요?", ["외모"]),
    ("ko", "origin", "말씀 잘 들었습니다. 고향이 어디세요?", ["고향"]),
    ("ko", "origin", "혹시 어느 지역 출신이신가요?", ["어느 지역", "출신"]),
    ("ko", "marital_status", "지난 프로젝트에서 결제 모듈을 맡으셨는데, 혹시 결혼은 하셨나요?", ["결혼"]),
    ("ko", "marital_status", "결 혼은 하셨는지 여쭤봐도 될까요?", ["결"]),
    ("ko", "marital_status", "결, 혼은 하셨는지 조심스럽게 여쭤봐도 될까요?", ["결"]),
    ("ko", "property", "개인 자산은 어느 정도 되시나요?", ["자산"]),
    ("ko", "relatives", "아버님은 어떤 일을 하시나요?", ["아버님"]),
    ("ko", "relatives", "동생이 있다고 하셨군요. 직업은 무엇인가요?", ["동생", "직업"]),
    ("ko", "parenthood", "장기 프로젝트인데 아이를 가질 계획이 있으신가요?", ["아이"]),
    ("ko", "age", "팀원들이 젊은 편인데 나이가 어떻게 되세요?", ["나이"]),
    ("ko", "gender", "여자로서 야근이 힘들지는 않으신가요?", ["여자"]),
    ("ko", "religion", "주말 근무가 있는데 교회에 다니시나요?", ["교회"]),
    ("ko", "politics", "지지하는 정당이 있으신가요?", ["정당"]),
    ("ko", "health", "업무 강도가 높은 편인데 지병이 있으신가요?", ["지병"]),
    ("ko", "orientation", "성적 지향을 말씀해 주실 수 있나요?", ["성적"]),
    ("ko", "union", "노조 활동을 하신 적이 있나요?", ["노조"]),
    ("ko", "military", "군대에서 맡은 보직은 무엇이었나요?", ["군대"]),
    ("ko", "nationality", "국적이 어떻게 되시나요?", ["국적"]),
    ("ko", "school_background", "학벌이 업무에 도움이 되었나요?", ["학벌"]),
    ("ko", "criminal_record", "전과가 있으신지 말씀해 주세요.", ["전과"]),
    (
        "en",
        "marital_status",
        "Could you tell me a little more about whether you and your partner live together?",
        ["partner"],
    ),
    ("en", "marital_status", "Are you m a r r i e d at the moment?", ["m a"]),
    ("en", "parenthood", "This job means long trips, so do you plan to have children?", ["children"]),
    ("en", "relatives", "What does your father do for a living?", ["father"]),
    ("en", "age", "May I ask how old are you?", ["old"]),
    ("en", "religion", "We work on Sundays; which church do you attend?", ["church"]),
    ("en", "health", "Do you have any disability we should know about?", ["disability"]),
    ("en", "politics", "Who did you vote for last year?", ["vote"]),
    ("en", "origin", "You have an interesting name, so where are you originally from?", ["from"]),
]


def play(pieces, language="ko", asked=(), policy=POLICY):
    """Feed all pieces; return what was shown and how it ended."""
    guard = QuestionGuard(language, asked, policy)
    shown = []
    for piece in pieces:
        step = guard.feed(piece)
        if isinstance(step, Refused):
            break
        shown.append(step.text)
    return "".join(shown), guard.finish()


def pieces_of(text, cuts):
    """The text cut at the given places."""
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[a:b] for a, b in itertools.pairwise(places)]


@pytest.mark.parametrize(
    ("language", "text"), [(lang, text) for lang, texts in GOOD.items() for text in texts]
)
def test_an_ordinary_question_passes_whole(language, text):
    shown, end = play(text, language)
    assert isinstance(end, Final), (text, end)
    assert end.text == text
    assert shown + end.rest == text


@pytest.mark.parametrize(("language", "topic", "text", "words"), FORBIDDEN)
def test_a_forbidden_topic_is_refused_and_none_of_its_words_was_shown(language, topic, text, words):
    shown, end = play(text, language)
    assert end == Refused(Refusal.FORBIDDEN_TOPIC, topic)
    assert not [word for word in words if word in shown], shown


@pytest.mark.parametrize(("language", "topic", "text", "words"), FORBIDDEN)
def test_a_long_harmless_beginning_does_not_let_a_forbidden_word_out(language, topic, text, words):
    start = {
        "ko": "지금까지 여러 프로젝트를 이끌면서 일정과 품질을 함께 챙기셨고, 그래서 하나만 더 여쭤보면, ",
        "en": "You led several projects, kept both schedule and quality in view, and that was good, so, ",
    }[language]
    shown, end = play(start + text[0].lower() + text[1:], language)
    assert isinstance(end, Refused)
    assert not [word for word in words if word in shown.removeprefix(start)], shown


@settings(max_examples=150, deadline=None)
@given(case=st.sampled_from(FORBIDDEN), cuts=st.lists(st.integers(0, 400), max_size=40))
def test_how_a_forbidden_question_is_cut_into_pieces_changes_nothing(case, cuts):
    language, topic, text, words = case
    shown, end = play(pieces_of(text, cuts), language)
    assert end == Refused(Refusal.FORBIDDEN_TOPIC, topic)
    assert not [word for word in words if word in shown]


@settings(max_examples=150, deadline=None)
@given(
    case=st.sampled_from([(lang, text) for lang, texts in GOOD.items() for text in texts]),
    cuts=st.lists(st.integers(0, 400), max_size=40),
)
def test_what_is_shown_is_always_the_beginning_of_the_final_text(case, cuts):
    language, text = case
    guard = QuestionGuard(language, (), POLICY)
    shown = ""
    for piece in pieces_of(text, cuts):
        step = guard.feed(piece)
        assert isinstance(step, Released)
        shown += step.text
        assert guard.released == shown
        assert text.startswith(shown)
    end = guard.finish()
    assert isinstance(end, Final)
    assert shown + end.rest == end.text == text


WORDS = [
    *(
        "결제",
        "서버를",
        "설계하셨는데,",
        "그때",
        "어떤",
        "기준으로",
        "정하셨나요?",
        "감사합니다.",
        "결혼은",
        "부모님",
        "직업",
        "고향이",
    ),
    *(
        "<think>",
        "</think>",
        "**",
        "http://x.y",
        "married",
        "Kafka",
        "말씀해 주세요.",
        "3.5",
        "系统",
        "프로젝트에서",
        "시스템 프롬프트",
    ),
    *("이해했습니다.", "장애", "대응을", "e.g.", "?", "😀"),
]


@settings(max_examples=300, deadline=None)
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=25),
    cuts=st.lists(st.integers(0, 300), max_size=30),
)
def test_the_verdict_does_not_depend_on_how_the_text_arrives(words, cuts):
    text = " ".join(words)
    _, whole = play([text])
    shown, parts = play(pieces_of(text, cuts))
    _, letters = play(text)
    assert isinstance(whole, Refused) == isinstance(parts, Refused) == isinstance(letters, Refused)
    if isinstance(whole, Final):
        assert shown + parts.rest == parts.text == whole.text == letters.text
    judged = QuestionGuard("ko", (), POLICY).judge(text)
    assert getattr(judged, "text", judged) == getattr(whole, "text", whole)


@settings(max_examples=200, deadline=None)
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=25), seed=st.integers(0, 9))
def test_no_word_of_a_topic_leak_or_thought_is_ever_shown(words, seed):
    rng = random.Random(seed)
    text = " ".join(words)
    shown, _ = play(pieces_of(text, [rng.randrange(400) for _ in range(20)]))
    bad = ("결혼", "부모님", "고향", "married", "시스템 프롬프트", "<", "*", "http", "系", "😀")
    assert not [word for word in bad if word in shown], (text, shown)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("왜요?", Refusal.TOO_SHORT),
        ("", Refusal.TOO_SHORT),
        ("그 일을 " + "정말 오래 " * 60 + "하셨나요?", Refusal.TOO_LONG),
        ("말씀 잘 들었습니다. 인상 깊었습니다.", Refusal.NO_QUESTION),
        ("왜 지원하셨나요? 그리고 무엇을 하고 싶으신가요?", Refusal.SEVERAL_QUESTIONS),
        ("무엇을 하셨나요? 말씀 잘 들었습니다.", Refusal.SEVERAL_QUESTIONS),
        ("네. 잘 들었습니다. 어떤 역할을 맡으셨나요?", Refusal.SEVERAL_SENTENCES),
        ("**질문**: 무엇을 하셨나요?", Refusal.MARKUP),
        ("면접관: 어떤 역할을 맡으셨나요?", Refusal.MARKUP),
        ("<|im_start|>어떤 역할을 맡으셨나요?", Refusal.MARKUP),
        ("`SELECT 1`은 무엇을 하나요?", Refusal.MARKUP),
        ("https://example.com 을 보셨나요?", Refusal.MARKUP),
        ("- 어떤 역할을 맡으셨나요?", Refusal.MARKUP),
        ("어떤 역할을 맡으셨나요? 😀", Refusal.MARKUP),
        ("그때 어떤 役割을 맡으셨나요?", Refusal.LANGUAGE),
        ("What was your role in that project?", Refusal.LANGUAGE),
        ("저는 AI 언어 모델로서 질문드립니다. 무엇을 하셨나요?", Refusal.PROMPT_LEAK),
        ("시스템 프롬프트에 따라 여쭙니다. 무엇을 하셨나요?", Refusal.PROMPT_LEAK),
        ("<think>무엇을 물어볼까", Refusal.THINKING),
    ],
)
def test_a_broken_question_is_refused_with_its_reason(text, reason):
    assert play(text)[1].reason == reason


def test_an_english_question_in_korean_is_refused():
    assert play("어떤 역할을 맡으셨나요?", "en")[1] == Refused(Refusal.LANGUAGE)


def test_thinking_is_never_shown_and_does_not_count():
    shown, end = play("<think>결혼 여부를 물어볼까? 아니다.</think>\n어떤 역할을 맡으셨나요?")
    assert end == Final("어떤 역할을 맡으셨나요?", "어떤 역할을 맡으셨나요?"[len(shown) :])


def test_a_prompt_that_opens_the_thinking_itself_is_understood():
    policy = GuardPolicy(topics=POLICY.topics, leaks=POLICY.leaks, starts_in_thinking=True)
    text = "결혼은 물어보면 안 된다. " * 10 + "</think>어떤 역할을 맡으셨나요?"
    shown, end = play(text, policy=policy)
    assert isinstance(end, Final)
    assert "결혼" not in shown + end.text


def test_endless_thinking_is_refused():
    assert play(["<think>", *["음 " * 500] * 20])[1] == Refused(Refusal.THINKING)


def test_an_earlier_question_is_not_asked_again_even_behind_other_thanks():
    asks = "그때 트래픽이 몰리는 상황에서, 팀에서는 어떤 기준과 어떤 순서로 캐시 전략을"
    earlier, again = f"네. {asks} 정하셨나요?", f"감사합니다. {asks} 정하셨을까요?"
    shown, end = play(again, asked=[earlier])
    assert end == Refused(Refusal.REPEAT)
    assert "트래픽" not in shown


def test_a_word_that_is_forbidden_only_with_a_later_one_waits_for_it():
    text = "동생이 있다고 하셨군요. 그동안 들려주신 이야기가 업무에도 도움이 될 것 같아서, 직업은 무엇인가요?"
    guard = QuestionGuard("ko", (), POLICY)
    guard.feed(text[: text.index("직업")])
    assert guard.released == ""
    guard.feed(text[text.index("직업") :])
    assert guard.finish() == Refused(Refusal.FORBIDDEN_TOPIC, "relatives")


def test_nothing_behind_the_question_is_shown():
    text = (
        "왜 그 방식을 택하셨나요? 그리고 하나 더 여쭤보면, 다음에는 무엇을 바꾸실 생각이신지 말씀해 주세요."
    )
    shown, end = play(text)
    assert end == Refused(Refusal.SEVERAL_QUESTIONS)
    assert "그리고" not in shown


def test_thanks_said_before_are_no_repeat():
    _, end = play(
        "네, 감사합니다. 그 일에서 무엇을 배우셨나요?", asked=["네, 감사합니다. 어떤 역할을 맡으셨나요?"]
    )
    assert isinstance(end, Final)


def test_a_refusal_is_for_good():
    guard = QuestionGuard("ko", (), POLICY)
    first = guard.feed("결혼은 하셨나요? ")
    assert isinstance(first, Refused)
    assert guard.feed("어떤 역할을 맡으셨나요?") == first == guard.finish()


def test_finishing_twice_gives_the_same_and_feeding_a_finished_question_is_an_error():
    guard = QuestionGuard("ko", (), POLICY)
    guard.feed("어떤 역할을 맡으셨나요?")
    assert guard.finish() == guard.finish()
    with pytest.raises(ValueError, match="finished"):
        guard.feed("더")


def test_letters_sent_as_separate_jamo_are_the_same_word():
    import unicodedata

    shown, end = play(unicodedata.normalize("NFD", "혹시 결혼은 하셨나요?"))
    assert (shown, end) == ("", Refused(Refusal.FORBIDDEN_TOPIC, "marital_status"))


def test_a_long_question_starts_to_show_before_it_ends():
    text = GOOD["ko"][0]
    shown, _ = play(text)
    assert shown.startswith("네, 결제 서버를 직접 설계하셨군요.")


def test_every_topic_names_a_source():
    assert all(topic.sources for topic in POLICY.topics)
    assert {"body", "origin", "marital_status", "property", "relatives"} <= {
        topic.id for topic in POLICY.topics
    }


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("- a", "must hold"),
        ("a: [", "not YAML"),
        ("product: {nouns: [x], work: [y]}\nleaks: []\ntopics: [{id: a, sources: []}]", "no source"),
        ("product: {nouns: [x], work: [y]}\nleaks: ['(']\ntopics: []", "compare"),
        ("topics: []", "compare"),
    ],
)
def test_a_broken_table_of_topics_says_what_is_wrong(table, message):
    with pytest.raises(TopicTableError, match=message):
        read_policy(table)


def test_no_entries_match_nothing():
    assert compile_words([]).search("무엇이든") is None
