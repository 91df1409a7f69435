"""An interview from creation to decision. What anybody may see of it is the session's to decide."""

from edge_api.operations import Operation

_ONE = "/interviews/{interview_id}"
_SERVICE = "InterviewService"

OPERATIONS = (
    Operation(
        *("POST", "/interviews", f"{_SERVICE}.CreateInterview"),
        "Set an interview up; `practice` asks one unscored question and reports nothing",
        result="interview",
    ),
    Operation(
        "GET", "/interviews", f"{_SERVICE}.ListInterviews", "Interviews the caller may see, newest first"
    ),
    Operation(
        "GET",
        _ONE,
        f"{_SERVICE}.GetInterview",
        "One interview; with `include_turns` every question and answer",
    ),
    Operation(
        *("POST", f"{_ONE}/start", f"{_SERVICE}.StartInterview"),
        "Open the first turn; needs the consent to processing",
        result="interview",
    ),
    Operation(
        *("PUT", f"{_ONE}/turns/{{turn_id}}/draft", f"{_SERVICE}.UpdateAnswerDraft"),
        "Keep what has been typed so far; it becomes the answer when time is up",
        needs=frozenset({"text"}),
    ),
    Operation(
        *("POST", f"{_ONE}/turns/{{turn_id}}/answer", f"{_SERVICE}.SubmitAnswer"),
        "End the turn; two submits of one turn make one answer",
    ),
    Operation(
        *("POST", f"{_ONE}/turns/{{turn_id}}/repeat", f"{_SERVICE}.RepeatQuestion"),
        "Hear the question again; noted in the interview",
        result="question",
    ),
    Operation(
        *("POST", f"{_ONE}/pause", f"{_SERVICE}.PauseInterview"),
        "Stop the answer's clock, in a stage that allows it",
        result="interview",
    ),
    Operation(
        "POST", f"{_ONE}/resume", f"{_SERVICE}.ResumeInterview", "Go on after a pause", result="interview"
    ),
    Operation(
        *("POST", f"{_ONE}/end", f"{_SERVICE}.EndInterview"),
        "End before the last stage; what was answered is evaluated",
        result="interview",
    ),
    Operation(
        *("POST", f"{_ONE}/withdrawal", f"{_SERVICE}.WithdrawConsent"),
        "Take consent back: the interview ends at once, and with `erase` its words go",
        result="interview",
    ),
    Operation(
        *("PUT", f"{_ONE}/answers/{{answer_id}}/correction", f"{_SERVICE}.CorrectTranscript"),
        "Keep a corrected text beside what was heard",
        needs=frozenset({"text"}),
        result="answer",
    ),
    Operation(
        *("POST", f"{_ONE}/rescoring", f"{_SERVICE}.RescoreInterview"),
        "Compute a new version of the report with the job's present weights; old ones stay",
    ),
    Operation(
        *("POST", f"{_ONE}/decision", f"{_SERVICE}.RecordDecision"),
        "A human decides, with a reason",
        needs=frozenset({"decision", "reason"}),
        result="interview",
    ),
    Operation(
        *("POST", f"{_ONE}/review-request", f"{_SERVICE}.RequestReview"),
        "The candidate asks for a second look at the decision",
        needs=frozenset({"reason"}),
        result="interview",
    ),
    Operation("GET", "/consent-texts", "ConsentService.GetConsentTexts", "The consent texts now in force"),
    Operation("GET", f"{_ONE}/consents", "ConsentService.ListConsents", "What was agreed to"),
    Operation(
        *("PUT", f"{_ONE}/consents", "ConsentService.RecordConsent"),
        "Record choices by purpose; what is left out stays as it is",
        needs=frozenset({"choices"}),
    ),
)
