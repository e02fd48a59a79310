"""Random routines beside copies with one change: none that is called equivalent leaves something else."""

from __future__ import annotations

import fuzz_equiv
import pytest

from armsym.bits import Bits
from armsym.equiv import instep


def test_none_is_called_equivalent_that_is_not() -> None:
    counts = fuzz_equiv.run(16, 5)
    assert counts.total() == 32
    kinds = {text.split()[0] for text in counts}
    assert kinds == {"equivalent", "different", "undecided"}


def test_a_planted_defect_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """General registers taken to hold the same in both, whatever they hold."""
    real = instep.InStep._known

    def careless(self: instep.InStep, a: Bits, b: Bits) -> instep.Known:
        known = real(self, a, b)
        return (1 << 64) - 1 if a.width == 64 and not instep._equal(known) else known

    monkeypatch.setattr(instep.InStep, "_known", careless)

    def search() -> None:
        for seed in range(5, 9):
            fuzz_equiv.run(16, seed)

    with pytest.raises(AssertionError, match="is called in step equivalent"):
        search()
