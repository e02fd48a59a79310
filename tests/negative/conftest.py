"""Tests here borrow the callers of tests/crypto_examples."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "crypto_examples"))
