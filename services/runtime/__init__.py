"""What every service shares: serving, calling, errors, logs, settings. Knows no service."""

import os

# Read when grpc is first imported. Its fork handlers close pipes of children that another library starts.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
