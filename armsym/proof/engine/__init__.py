"""The symbolic proof: paths from entry to loop heads and to return, and what must hold there.

`explore` holds the paths still to follow; the rules say what happens at a loop head, a cut, a branch, a move of
the stack pointer, the return.  A rule is a function of the run and a path, and tells by its value how to go on.
"""

from armsym.proof.engine.budget import Budget
from armsym.proof.engine.explore import Engine
from armsym.proof.engine.watch import Watcher

__all__ = ["Budget", "Engine", "Watcher"]
