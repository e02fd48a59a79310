"""Every planted bug must be found by a run no larger than CI's."""

from __future__ import annotations

import pytest
from planted import BUGS, PlantedBug, plant

from armsym.conform.capstone_oracle import Capstone
from armsym.conform.decode import check_decode_class
from armsym.conform.execute import check_execute_class
from armsym.conform.symbolic import check_symbolic_class
from armsym.conform.unicorn_oracle import UnicornCore
from semantics import A64
from semantics.out_of_scope import OUT_OF_SCOPE


@pytest.fixture(scope="module")
def core() -> UnicornCore:
    return UnicornCore()


@pytest.fixture(scope="module")
def capstone() -> Capstone:
    return Capstone()


def test_the_table_is_large_enough() -> None:
    assert len(BUGS) >= 80
    assert len({str(b) for b in BUGS}) == len(BUGS)
    assert {b.found_by for b in BUGS} == {"decode", "execute", "symbolic"}


@pytest.mark.parametrize("bug", [b for b in BUGS if b.found_by == "execute"], ids=str)
def test_execution_bugs_are_found(bug: PlantedBug, core: UnicornCore) -> None:
    isa, cls = plant(A64, bug)
    result = check_execute_class(isa, cls, seconds=1.0, core=core, stop_after=1)
    assert result.mismatch_count >= 1, f"not found in {result.compared} executions"
    m = result.mismatches[0]
    assert m.differences
    if "SP alignment" not in bug.name:  # the comparison reports that one as a failure of ours
        assert not m.differences[0].startswith("our execute() failed"), "the bug must be wrong, not broken"
    assert m.command.startswith(f"armsym conform execute --word {m.word:#010x}")


@pytest.mark.parametrize("bug", [b for b in BUGS if b.found_by == "decode"], ids=str)
def test_decoding_bugs_are_found(bug: PlantedBug, capstone: Capstone) -> None:
    isa, cls = plant(A64, bug)
    result = check_decode_class(isa, cls, limit=1 << 12, oracle=capstone, scope=OUT_OF_SCOPE)
    assert result.mismatch_count >= 1, f"not found in {result.words} words"


@pytest.mark.parametrize("bug", [b for b in BUGS if b.found_by == "symbolic"], ids=str)
def test_bugs_on_terms_are_found(bug: PlantedBug) -> None:
    isa, cls = plant(A64, bug)
    result = check_symbolic_class(isa, cls, words=40, seconds=5.0)
    assert result.mismatch_count >= 1, f"not found in {result.compared} executions"


@pytest.mark.parametrize("name", sorted({b.cls_name for b in BUGS}))
def test_the_real_classes_agree(name: str, core: UnicornCore) -> None:
    # The same run without the bug: a finding above is the bug's and not the harness's.
    (cls,) = (c for c in A64.classes if c.__name__ == name)
    result = check_execute_class(A64, cls, words=40, seconds=1.0, core=core)
    assert result.compared > 100
    assert result.mismatches == []
