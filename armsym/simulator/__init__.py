"""Machine code on symbols, path by path: `simulate`, and `Simulation` step by step.

What a run begins with is a `Start`; what it ends with is a `State` for each path.  Nothing is made up: where an
address, an instruction or a content is not known, the path stops and says why.
"""

from armsym.simulator.simulation import Simulation, simulate
from armsym.simulator.start import Buffer, Start
from armsym.simulator.state import Access, Exported, Kind, State, Step, Stop, StopPath

__all__ = [
    "Access",
    "Buffer",
    "Exported",
    "Kind",
    "Simulation",
    "Start",
    "State",
    "Step",
    "Stop",
    "StopPath",
    "simulate",
]
