"""Errors on the wire: every class both ways, and none too large to arrive."""

import grpc
import pytest
from google.rpc import status_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.errors import (
    STATUS,
    InvalidArgument,
    Unavailable,
    VivaError,
    from_rpc_error,
    status_code,
    to_status,
    trailers,
)

pytestmark = pytest.mark.unit

KINDS = sorted(STATUS, key=lambda kind: kind.__name__)
ANY_TEXT = st.text(st.characters(), max_size=50)
LONG = st.sampled_from(["x", "가", "🎙", "%", "\ud800", "\n"]).map(lambda letter: letter * 5_000)
PAIRS = st.dictionaries(ANY_TEXT | LONG, ANY_TEXT | LONG, max_size=20)


def received(error: VivaError) -> VivaError:
    """As a client gets it: the details are only believed when code and message are those of the call."""
    status = to_status(error)
    return from_rpc_error(call(status_code(error), status.message, trailers(error)))


def call(
    code: grpc.StatusCode, details: str | None, trailing: tuple[tuple[str, str | bytes], ...] = ()
) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(*trailing), details)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_arrives_as_it_was_raised(kind: type[VivaError]) -> None:
    told = {"metadata": {"what": "answer"}, "violations": {"text": "is too long"}, "retry_after_s": 1.5}
    back = received(kind("A_REASON", "Some words.", remedy="viva up", **told))
    assert type(back) is kind
    assert (back.reason, str(back), back.remedy) == ("A_REASON", "Some words.", "viva up")
    assert back.metadata == {"what": "answer", "remedy": "viva up"}
    assert back.violations == {"text": "is too long"}
    assert back.retry_after_s == 1.5


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_without_details_arrives_as_its_class(kind: type[VivaError]) -> None:
    back = from_rpc_error(call(STATUS[kind], None))
    assert type(back) is kind
    assert back.reason == str(back) == STATUS[kind].name
    assert back.retry_after_s is None


def test_every_error_has_a_status_of_its_own() -> None:
    assert set(STATUS) == set(VivaError.__subclasses__())
    assert len(set(STATUS.values())) == len(STATUS)
    assert grpc.StatusCode.OK not in STATUS.values()


def test_a_class_below_one_of_the_tree_has_the_status_of_the_tree() -> None:
    class QuiteWrong(InvalidArgument):
        """Somebody's own."""

    assert status_code(QuiteWrong("A", "b")) is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (grpc.StatusCode.UNKNOWN, "Unavailable"),
        (grpc.StatusCode.CANCELLED, "Internal"),
        (grpc.StatusCode.UNIMPLEMENTED, "Internal"),
        (grpc.StatusCode.DATA_LOSS, "Internal"),
    ],
)
def test_a_status_that_no_error_of_ours_has_becomes_the_nearest(code: grpc.StatusCode, name: str) -> None:
    assert type(from_rpc_error(call(code, "x"))).__name__ == name


def test_a_status_lost_while_writing_is_unavailable_and_no_other_internal_error_is() -> None:
    assert type(from_rpc_error(call(grpc.StatusCode.INTERNAL, "Internal error from Core"))) is Unavailable
    for details in ("Internal error", "internal error from core", "Internal error from Core: x", ""):
        assert type(from_rpc_error(call(grpc.StatusCode.INTERNAL, details))) is not Unavailable


def test_details_that_are_no_status_are_passed_over() -> None:
    for rubbish in (b"", b"\xff\xff\xff", b"words"):
        back = from_rpc_error(call(grpc.StatusCode.NOT_FOUND, "x", (("grpc-status-details-bin", rubbish),)))
        assert (type(back).__name__, back.reason) == ("NotFound", "NOT_FOUND")


def test_invalid_argument_names_the_field() -> None:
    back = received(InvalidArgument.of("answer.words[3].text", "is empty"))
    assert back.violations == {"answer.words[3].text": "is empty"}
    assert str(back) == "answer.words[3].text: is empty"
    assert back.reason == "INVALID_FIELD"


@given(message=ANY_TEXT | LONG, remedy=ANY_TEXT | LONG, metadata=PAIRS, violations=PAIRS)
def test_no_error_is_too_large_for_the_headers_of_any_client(
    message: str, remedy: str, metadata: dict[str, str], violations: dict[str, str]
) -> None:
    error = InvalidArgument("A_REASON", message, remedy=remedy, metadata=metadata, violations=violations)
    status = to_status(error)
    packed = trailers(error)[0][1]
    assert isinstance(packed, bytes)
    percent_encoded = 3 * len(status.message.encode())
    assert len(packed) * 4 / 3 + percent_encoded < 7_500  # gRPC's own limit is 8 KiB, names included
    assert received(error).reason == "A_REASON"
    if remedy:
        assert received(error).remedy


def test_a_pushback_is_told_to_people_and_to_grpc() -> None:
    found = dict(trailers(Unavailable("A", "b", retry_after_s=0.25)))
    assert found["grpc-retry-pushback-ms"] == "250"
    details = found["grpc-status-details-bin"]
    assert isinstance(details, bytes)
    kinds = [each.TypeName() for each in status_pb2.Status.FromString(details).details]
    assert kinds == ["google.rpc.ErrorInfo", "google.rpc.RetryInfo"]
