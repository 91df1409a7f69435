"""Whatever may be sent to the session: every rpc answers it with a clear status and its reason, and lives on.

Requests are drawn from the contracts themselves, so that a new field is tried without being named here.
"""

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from deploy.local.environment import LocalMesh
from deploy.local.health import serves
from tests.e2e.people import METHODS, Owner, World, message_class, told, world_of
from tests.e2e.requests import REQUESTS
from tests.services.rooms import mostly

pytestmark = pytest.mark.integration

EXAMPLES = 40  # half of them drawn as a whole, half valid but for one field
CLEAR = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.OUT_OF_RANGE,
}
# These would end the login that everything else is tried with.
NOT_AS_ADMIN = {"AccountService.EraseMyData", "AccountService.ChangePassword", "AccountService.LogOut"}

WORDS = (
    *(
        "",
        " ",
        "\x00",
        "a\x00b",
        "\ufeff",
        "\u202e거꾸로",
        "👩\u200d👩\u200d👧",
        "ﬃ",
        "İ",
        "\ud7ff",
        "\n\r\t",
        "%s%n",
    ),
    *("'; drop table account; --", "../../etc/passwd", "NaN", "-1", "1e400", "null", "standard", "practice"),
    *("x" * 65, "x" * 9_000, "가" * 25_000, "not-a-uuid", "a@b.co", "@", "a" * 300 + "@b.co", "0" * 32),
    *("{01890a5d-ac96-774b-bcce-b302099a8057}", "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057"),
)
NUMBERS = (0, 1, -1, 2, 50, 200, 201, 10_001, 2**31 - 1, -(2**31))
LONG = (*NUMBERS, 2**62, 2**63 - 1, -(2**63))
FRACTIONS = (0.0, -0.0, 1.0, 3.0, -1.0, 1e-45, 3.4e38, float("inf"), float("-inf"), float("nan"))
SECONDS = (0, -1, 1_700_000_000, 253_402_300_799, 253_402_300_800, -62_135_596_801, 2**63 - 1, -(2**63))
NANOS = (0, 1, 999_999_999, 1_000_000_000, -1, -(2**31), 2**31 - 1)
_F = FieldDescriptor


class Drawing:
    """Messages of any type, with ids that exist among their words."""

    def __init__(self, owner: Owner, world: World) -> None:
        company = {"company_id": world.company.id, "job_id": world.company.job_id, "candidate_id": owner.id}
        self.ids = {name: each for name, each in vars(owner).items() if name.endswith("_id")} | company
        self.known = ids = [*self.ids.values(), world.company.profile_id, str(uuid4())]
        self.words = st.one_of(st.sampled_from(WORDS), st.sampled_from(ids), st.text(max_size=80))

    def message(self, kind: Descriptor, depth: int = 0) -> st.SearchStrategy[Message]:
        """Each field is drawn, or now and then left out; a oneof keeps the field that is set last."""
        fields = [each for each in kind.fields if depth < 4 or each.message_type is None]
        drawn = {each.name: mostly(self._field(each, depth), st.none()) for each in fields}
        return st.fixed_dictionaries(drawn).map(lambda values: _filled(kind, values))

    def changed(self, valid: Message) -> st.SearchStrategy[Message]:
        """A valid message with one field of it, or of a message in it, drawn anew or left out."""
        if not valid.DESCRIPTOR.fields:
            return st.just(valid)
        return st.sampled_from(list(valid.DESCRIPTOR.fields)).flatmap(
            lambda field: self._change(valid, field)
        )

    def changed_stream(self, valid: list[Message]) -> st.SearchStrategy[list[Message]]:
        def change(at: int) -> st.SearchStrategy[list[Message]]:
            return self.changed(valid[at]).map(lambda one: [*valid[:at], one, *valid[at + 1 :]])

        return st.integers(0, len(valid) - 1).flatmap(change)

    def _change(self, valid: Message, field: Any) -> st.SearchStrategy[Message]:
        values = self._field(field, 0)
        if field.message_type is not None and not field.is_repeated and valid.HasField(field.name):
            values |= self.changed(getattr(valid, field.name))
        return mostly(values, st.none()).map(lambda value: _replaced(valid, field.name, value))

    def _field(self, field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            value = field.message_type.fields_by_name["value"]
            return st.dictionaries(self.words, self._one(value, depth), max_size=3)
        one = self._one(field, depth)
        return st.lists(one, max_size=3) if field.is_repeated else one

    def _one(self, field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
        if field.message_type is not None:
            if field.message_type.full_name == "google.protobuf.Timestamp":
                moments = st.tuples(st.sampled_from(SECONDS), st.sampled_from(NANOS))
                return moments.map(lambda at: _filled(field.message_type, {"seconds": at[0], "nanos": at[1]}))
            return self.message(field.message_type, depth + 1)
        if field.name == "request_id":
            return mostly(st.uuids().map(str), self.words)
        if field.name.endswith("_id"):
            return mostly(st.sampled_from(self._fitting(field.name)), self.words)
        return self._scalar(field)

    def _fitting(self, name: str) -> list[str]:
        """The id that the field asks for where there is one, thrice, and all others."""
        return [self.ids[name]] * 3 * len(self.known) + self.known if name in self.ids else self.known

    def _scalar(self, field: FieldDescriptor) -> st.SearchStrategy[Any]:
        if field.enum_type is not None:
            return st.sampled_from([*field.enum_type.values_by_number, 99, -1, 2**31 - 1])
        if field.cpp_type == _F.CPPTYPE_STRING:
            return st.binary(max_size=60) if field.type == _F.TYPE_BYTES else self.words
        if field.cpp_type == _F.CPPTYPE_BOOL:
            return st.booleans()
        if field.cpp_type in (_F.CPPTYPE_FLOAT, _F.CPPTYPE_DOUBLE):
            return st.sampled_from(FRACTIONS) | st.floats(width=32)
        return st.sampled_from(NUMBERS if field.cpp_type == _F.CPPTYPE_INT32 else LONG)


def _filled(kind: Any, values: dict[str, Any]) -> Message:
    message: Message = message_class(kind)(
        **{name: value for name, value in values.items() if value is not None}
    )
    return message


def _replaced(valid: Message, name: str, value: Any) -> Message:
    changed: Message = type(valid)()
    changed.CopyFrom(valid)
    changed.ClearField(name)
    if value is not None:
        changed.MergeFrom(_filled(valid.DESCRIPTOR, {name: value}))
    return changed


def _fresh(request: Any, valid: Any) -> Any:
    """A request id that was not drawn is not sent twice."""
    if isinstance(request, list) or "request_id" not in request.DESCRIPTOR.fields_by_name:
        return request
    if request.request_id != valid.request_id:
        return request
    return _replaced(request, "request_id", uuid4().hex)


@pytest.fixture(scope="module")
def world(mesh: LocalMesh) -> Iterator[World]:
    with world_of(mesh) as found:
        yield found


@pytest.mark.parametrize("rpc", METHODS)
def test_whatever_is_sent_is_answered_clearly(world: World, mesh: LocalMesh, rpc: str) -> None:
    world.reopen_job()
    owner = world.owner()
    method, drawing = METHODS[rpc], Drawing(owner, world)
    valid, drawn = REQUESTS[rpc](world, owner), drawing.message(method.input_type)
    requests: st.SearchStrategy[Any]
    if isinstance(valid, list):
        requests = st.lists(drawn, max_size=3) | drawing.changed_stream(valid)
    else:
        requests = drawn | drawing.changed(valid)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],  # shrinking would take longer than reading
        suppress_health_check=list(HealthCheck),
    )
    @given(request=requests, admin=st.booleans())
    @example(request=[] if method.client_streaming else message_class(method.input_type)(), admin=True)
    def answered_clearly(request: Any, admin: bool) -> None:
        admin = admin and rpc not in NOT_AS_ADMIN
        status = status_of(world, rpc, _fresh(request, valid), world.admin if admin else owner.token)
        assert status in CLEAR, f"{status.name} for {request}"

    answered_clearly()
    assert serves(mesh.ports.listen["session"])


def status_of(world: World, rpc: str, request: Any, token: str) -> grpc.StatusCode:
    """Every refusal names its reason; nothing takes long."""
    began = time.monotonic()
    try:
        world.wire.call(rpc, request, token)
    except grpc.RpcError as error:
        told(error)
        return error.code()
    finally:
        assert time.monotonic() - began < 10
    return grpc.StatusCode.OK
