"""Every encoding class executed as Unicorn does, and on terms as on numbers."""

from __future__ import annotations

import os

import pytest

from armsym.conform.execute import ExecuteResult, check_execute_class
from armsym.conform.symbolic import SymbolicResult, check_symbolic_class
from armsym.conform.unicorn_oracle import UnicornCore
from armsym.isa import Instruction
from semantics import A64

#: CPU seconds for each class and comparison.
SECONDS, SECONDS_ON_TERMS = 0.8, 0.3
#: Classes that Unicorn cannot be asked about, and why.
NO_ORACLE = {"PSTATE": "MSR DIT: Unicorn has no FEAT_DIT"}
#: Classes whose every instruction stops the machine.
NO_TERMS = {"PermanentlyUndefined"}

_executed: list[ExecuteResult] = []
_on_terms: list[SymbolicResult] = []


@pytest.fixture(scope="module")
def core() -> UnicornCore:
    return UnicornCore()


def _show(result: ExecuteResult | SymbolicResult) -> str:
    return f"{result.mismatch_count} mismatches in {result.compared} executions\n" + "\n".join(
        map(str, result.mismatches[:5])
    )


@pytest.mark.parametrize("cls", A64.classes, ids=lambda c: c.__name__)
def test_class_executes_as_unicorn(cls: type[Instruction], core: UnicornCore) -> None:
    result = check_execute_class(A64, cls, seconds=SECONDS, core=core)
    _executed.append(result)
    assert result.ok, _show(result)
    if cls.__name__ in NO_ORACLE:
        assert set(result.skipped) == {NO_ORACLE[cls.__name__]}
    else:
        assert result.compared >= 200
        assert result.compared >= result.skipped.total() // 2, result.skipped


@pytest.mark.parametrize("cls", A64.classes, ids=lambda c: c.__name__)
def test_class_means_the_same_on_terms(cls: type[Instruction]) -> None:
    result = check_symbolic_class(A64, cls, seconds=SECONDS_ON_TERMS)
    _on_terms.append(result)
    assert result.ok, _show(result)
    assert result.compared >= 4 or cls.__name__ in NO_TERMS


@pytest.mark.skipif("PYTEST_XDIST_WORKER" in os.environ, reason="the classes run in other processes")
def test_totals(capsys: pytest.CaptureFixture[str]) -> None:
    if len(_executed) < len(A64.classes):
        pytest.skip("only a part of the classes was run")
    executions = sum(r.compared for r in _executed)
    seconds = sum(r.seconds for r in _executed)
    on_terms = sum(r.compared for r in _on_terms)
    with capsys.disabled():
        print(
            f"\nexecution: {executions:,} compared with Unicorn in {seconds:.1f} s CPU "
            f"({sum(r.faults for r in _executed):,} faults, {sum(r.branches for r in _executed):,} branches, "
            f"{sum(r.skipped.total() for r in _executed):,} skipped); {on_terms:,} on terms against numbers"
        )
    assert executions >= 100_000
