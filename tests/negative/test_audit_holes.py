"""An audit that leaves a check out lets a planted defect pass: so the tests of planted defects would notice, and the
check is what stands against that defect.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from planted_defects import Defect, Patch, an_edit, let_pass, object_of, symbol_of
from test_audit_planted_engine import PLANTED

from armsym.audit import audit as audit_module
from armsym.audit import facts as facts_module
from armsym.audit.arrivals import Arrivals
from armsym.audit.blocks import Blocked
from armsym.audit.ground import Ground
from armsym.audit.known import Known
from armsym.audit.state import State
from armsym.audit.store import Memory
from armsym.audit.walk import Walk


def all_of(*edits: Defect) -> Defect:
    """Several at once."""

    def plant(patch: Patch) -> None:
        for edit in edits:
            edit(patch)

    return plant


#: What is left out: (the hole, the defects of the engine that pass then).
HOLES: dict[str, tuple[Defect, tuple[str, ...]]] = {
    "values are not compared": (
        an_edit(Blocked, "_claim", "if found == claimed:", "if True:"),
        ("one register need not be preserved", "words are equal where their low halves are", "a store is lost"),
    ),
    "no value is secret": (
        an_edit(Ground, "secret", "known, program =", "return False\n    known, program ="),
        ("a secret address is not noted", "what is public on entry is taken to stay so"),
    ),
    "an index need not stay below its bound, nor a fact hold": (
        all_of(
            an_edit(Blocked, "_follows", "if not facts.shows(form):", "if False:"),
            an_edit(Arrivals, "_within", "if facts.shows(form):", "if True:"),
        ),
        ("that a loop ends is not asked",),
    ),
    "accesses may be anywhere": (
        an_edit(State, "within", "if not self.facts", "return\n    if not self.facts"),
        ("an access may begin at the end",),
    ),
    "SP is not looked at on return": (
        an_edit(Arrivals, "_return", "if state.sp_offset():", "if False:"),
        ("SP need not be restored",),
    ),
    "vector registers are not looked at on return": (
        an_edit(Arrivals, "_return", "sorted(case.preserves_d | case.preserves_v)", "()"),
        ("one vector register need not be preserved",),
    ),
    "stores are apart": (
        an_edit(Memory, "_apart", "first, second =", "return True\n    first, second ="),
        ("stores at a known and an unknown offset are apart",),
    ),
    "what lies below SP stays": (
        an_edit(State, "settle_stack", "if now > before:", "if False:"),
        ("what lies below SP is taken to stay",),
    ),
    "a branch is followed one way": (
        an_edit(Walk, "_branch", "todo.append((s, to.otherwise, False))", "pass"),
        ("the other way of a branch learns the same", "paths share what they know"),
    ),
    "a cut's flags are not compared": (
        an_edit(Arrivals, "_arrive", 'zip("nzcv", cut.flags, strict=True)', "()"),
        ("a loop's flags are forgotten",),
    ),
    "a cut's vector registers are not compared": (
        an_edit(Arrivals, "_arrive", "range(32)", "()"),
        ("a loop's vector register is forgotten",),
    ),
    "a cut's general registers are not compared": (
        an_edit(Arrivals, "_arrive", "range(31)", "()"),
        ("what is inferred need not hold again",),
    ),
    "what a certificate leaves open is taken for shown": (
        an_edit(audit_module, "show_equal", "if pair not in claimed:", "if False:"),
        ("one register need not be preserved", "a store is lost"),
    ),
    "the checker takes nodes for the same": (
        an_edit(Known, "same", "if i == j:", "if True:"),
        ("one register need not be preserved", "a store is lost"),
    ),
    "a linear argument is not checked": (
        an_edit(facts_module.Facts, "shows", "facts, ranges =", "return True\n    facts, ranges ="),
        ("that a loop ends is not asked",),
    ),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return object_of(PLANTED, tmp_path_factory.mktemp("planted") / "engine.o")


@pytest.mark.parametrize(("hole", "name"), [(hole, name) for hole, (_, names) in HOLES.items() for name in names])
def test_an_audit_with_a_hole_lets_it_pass(hole: str, name: str, path: Path) -> None:
    with Patch.context() as patch:
        HOLES[hole][0](patch)
        with pytest.raises(AssertionError, match=r"is audited|has no bundle that checks"):
            let_pass(PLANTED[name], path, symbol_of(name))
