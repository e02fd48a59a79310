"""Definitions that no path unfolds: what is printed is checked all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from lying import RET, SYMBOL, Lie, straight

from armsym.audit.bundle import Bundle, Fold, Function
from armsym.audit.raw import ones
from armsym.audit.text import BundleError, read, write

ZERO = 0xD2800000  # MOV X0, #0


@pytest.mark.parametrize("kind", ["start", "block", "step", "function", "second step"])
@pytest.mark.parametrize("value", [255, 256])
def test_a_definition_has_the_bits_that_it_says(kind: str, value: int, tmp_path: Path) -> None:
    """X0 is 0 on return, and so is the upper part of a word of 8 bits; which the definition says it is."""
    lie = straight(ZERO, RET)
    c, t = lie.case, lie.case.table
    c.numbers["n"] = 1, 100
    c.arguments["x1"] = n = t.var("num.n", 127)
    if "step" in kind[6:] or kind == "function":
        steps = tuple((t.const(value if kind == at else 1),) for at in ("function", "second step"))
        c.functions["G"] = Function("G", (8,), steps)
        word = t.app("G.0", (n,), ones(8))
    else:
        start, over, step = ((t.const(value if kind == at else 1),) for at in ("start", "block", "step"))
        c.folds["H"] = Fold("H", (8,), start, over, step, (8,))
        word = t.app("H.0", (n,), ones(8))
    lie.returns(t.shr(word, 8))
    verdict = lie.verdict(tmp_path)
    if value == 255:
        assert verdict.audited, verdict.refused
    else:
        assert not verdict.audited
        assert "may be 0x100, and is to have 8 bits" in verdict.refused[0]


@pytest.mark.parametrize("name", ["x0_in", "x0_out", "num.n", "F.state.0", "H.state.1"])
def test_a_step_that_no_path_takes_speaks_of_its_state_alone(name: str, tmp_path: Path) -> None:
    lie = straight(ZERO, RET)
    c, t = lie.case, lie.case.table
    c.numbers["n"] = 1, 100
    c.folds["H"] = Fold("H", (64,), (t.const(0),), (), (t.var(name, 127 if name == "num.n" else ones(64)),), ())
    lie.returns(t.const(0))
    verdict = lie.verdict(tmp_path)
    assert not verdict.audited
    assert f"speaks of {name}" in verdict.refused[0]


@pytest.mark.parametrize("other", ["F", "G"])
def test_a_function_is_not_made_of_itself(other: str, tmp_path: Path) -> None:
    lie = straight(ZERO, RET)
    c, t = lie.case, lie.case.table
    for name, by in (("F", other), ("G", "F")):
        step = t.app(f"{by}.0", (t.var(f"{name}.state.0", ones(64)),), ones(64))
        c.functions[name] = Function(name, (64,), ((step,),))
    lie.returns(t.const(0))
    verdict = lie.verdict(tmp_path)
    assert not verdict.audited
    assert "made of itself" in verdict.refused[0]


@pytest.mark.parametrize("reads", ["word.k", "mem.r"])
def test_a_function_speaks_of_its_arguments_alone(reads: str, tmp_path: Path) -> None:
    """A step of a fold may speak of these, and is printed so; a function is printed as one of its arguments."""
    lie = straight(ZERO, RET)
    lie.region()
    c, t = lie.case, lie.case.table
    c.words["k"] = ones(64), True
    node = t.var(reads, ones(64)) if reads == "word.k" else t.app(reads, (t.const(0),), ones(64))
    state = t.xor(t.var("G.state.0", ones(64)), node)
    c.functions["G"] = Function("G", (64,), ((state,),))
    lie.returns(t.const(0))
    verdict = lie.verdict(tmp_path)
    assert not verdict.audited
    assert "G speaks of more than its arguments" in verdict.refused[0]


@pytest.mark.parametrize("possible", [ones(64), ones(63)])
def test_what_a_step_is_of_has_the_bits_that_it_says(possible: int, tmp_path: Path) -> None:
    lie = straight(ZERO, RET)
    c, t = lie.case, lie.case.table
    c.folds["H"] = Fold("H", (64,), (t.const(0),), (), (t.var("H.state.0", possible),), ())
    lie.returns(t.app("H.0", (t.const(1),), ones(64)))
    verdict = lie.verdict(tmp_path)
    if possible == ones(64):
        assert verdict.audited, verdict.refused
    else:
        assert "H.state.0 is said to be within" in verdict.refused[0]


HUGE = 10**39
#: Lines with a number in them, which of it can be, and which cannot: it would take all memory, or more.
_NUMBERS = [
    ("fold H NUMBER NODE 8 NODE NODE", (1, 8, 65536), (0, -1, 65537, 10**12, HUGE)),
    ("fold H 8 NODE NUMBER NODE NODE", (1, 8, 65536), (0, -1, 65537, 10**12, HUGE)),
    ("function G NUMBER 1", (1, 8, 65536), (0, -1, 65537, 10**12, HUGE)),
    ("unknown s9 18446744073709551615 secret x9 NUMBER", (-127, 0, 127), (-128, 128, 10**12, -(10**12), HUGE, -HUGE)),
]


@pytest.mark.parametrize(("line", "number", "can"), [
    (line, n, can) for line, inside, outside in _NUMBERS for can, of in ((True, inside), (False, outside)) for n in of
])  # fmt: skip
def test_widths_and_shifts_are_no_huge_numbers(line: str, number: int, can: bool) -> None:
    lie = Lie((ZERO, RET), 0)
    c, node = lie.case, (lie.case.table.const(1),)
    c.folds["H"] = Fold("H", (8,), node, node, node, (8,))
    c.functions["G"] = Function("G", (8,), (node,))
    lie.unknown(9, "s9", ones(64), secret=True)
    text = write(Bundle("lie", SYMBOL, "a file", "0" * 64, "a test", "a test", cases=[c]))
    line = f"\n{line}\n".replace("NODE", str(node[0]))
    usual = line.replace("NUMBER", "0" if "unknown" in line else "8")
    assert text.count(usual) == 1
    text = text.replace(usual, line.replace("NUMBER", str(number)))
    if can:
        assert write(read(text)) == text
    else:
        with pytest.raises(BundleError, match=f"{number} is not from"):
            read(text)


@pytest.mark.parametrize(("below", "above"), [(0, 0), (2**62 - 1, 2**62 - 1), (2**62, 0), (0, HUGE), (-16, 0), (0, -1)])
def test_a_stack_that_fills_the_memory_is_none(below: int, above: int, tmp_path: Path) -> None:
    """There would be no state on entry of which anything is claimed."""
    lie = straight(ZERO, RET)
    lie.case.depth, lie.case.above = below, above
    lie.returns(lie.case.table.const(0))
    verdict = lie.verdict(tmp_path)
    assert verdict.audited is (0 <= min(below, above) <= max(below, above) < 2**62)
    assert verdict.audited or "no stack" in verdict.refused[0]
