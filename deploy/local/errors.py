"""What can go wrong on one machine, with the step that mends it. Knows nothing of how it is shown.

MeshError
├── UnusableError    a folder, file or binary cannot be used as it is
├── PortTakenError   another process listens where this mesh wants to
└── NotServingError  a process was started and does not serve
"""


class MeshError(Exception):
    """`remedy` is the command or setting that mends it, in words for the operator."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class UnusableError(MeshError):
    pass


class PortTakenError(MeshError):
    pass


class NotServingError(MeshError):
    pass
