"""When this process began to load armsym: a source that was changed later may not be what was loaded."""

import time

__all__ = ["BEGAN_NS"]

#: In ns, as `time.time_ns` and the file system count.
BEGAN_NS = time.time_ns()
