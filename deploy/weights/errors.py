"""What can go wrong between a source of weights and the models folder.

MeshError
└── WeightsError
    ├── CatalogueError         the catalogue or the lock file cannot be believed
    ├── LicenceRefusedError    nobody accepted the licence
    ├── AbsentError            the source does not have the file
    ├── BrokenDownloadError    the line or the server failed; another try may help
    ├── WrongChecksumError     the bytes are not those that are expected
    └── NoRoomError            the disk is too small
"""

from deploy.local.errors import MeshError


class WeightsError(MeshError):
    pass


class CatalogueError(WeightsError):
    pass


class LicenceRefusedError(WeightsError):
    pass


class AbsentError(WeightsError):
    pass


class BrokenDownloadError(WeightsError):
    pass


class WrongChecksumError(WeightsError):
    pass


class NoRoomError(WeightsError):
    pass
