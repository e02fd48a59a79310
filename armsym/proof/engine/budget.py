"""How much work a proof may be, and how much was done."""

from __future__ import annotations

import time
from dataclasses import dataclass

from armsym.errors import BudgetError
from armsym.terms.node import node_count

__all__ = ["Budget", "Meter"]


@dataclass(frozen=True)
class Budget:
    """Limits; reaching one makes the answer `undecided`.

    `seconds` of CPU time, `steps` instructions, `paths`, `nodes` terms; `claim_ms` for one question to a solver.
    """

    seconds: float = 300.0
    steps: int = 2_000_000
    paths: int = 512
    nodes: int = 3_000_000
    claim_ms: int = 10_000


class Meter:
    """What a run has spent of its budget; counting raises `BudgetError` when that is more than it has."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.steps = self.paths = 0
        self._deadline = time.process_time() + budget.seconds

    def path(self) -> None:
        """One more path is followed."""
        self.paths += 1
        if self.paths > self.budget.paths:
            raise BudgetError(f"more than {self.budget.paths} paths")

    def step(self) -> None:
        """One more instruction is executed; time and terms are looked at every 32 steps."""
        self.steps += 1
        if self.steps & 0x1F:
            return
        if self.steps > self.budget.steps:
            raise BudgetError(f"more than {self.budget.steps} instructions executed symbolically")
        if time.process_time() > self._deadline:
            raise BudgetError(f"more than {self.budget.seconds:g} seconds")
        if node_count() > self.budget.nodes:
            raise BudgetError(f"more than {self.budget.nodes} terms")
