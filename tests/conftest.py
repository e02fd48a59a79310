"""What all tests share: results of proofs are neither kept nor taken from the user's cache.

Tests plant defects in the engine while it runs: what is proved then is no result to keep.
"""

import os

os.environ["ARMSYM_NO_CACHE"] = "1"
