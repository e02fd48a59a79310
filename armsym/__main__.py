"""`python -m armsym`: the same as the command `armsym`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # Python puts the working folder first; the command does not, and what lies there must replace nothing.
    if (
        not sys.flags.safe_path
        and sys.path
        and Path(sys.path[0] or ".").resolve() != Path(__file__).resolve().parents[1]
    ):
        del sys.path[0]

    from armsym.cli import main

    main()
