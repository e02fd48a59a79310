"""Calls by contract of what a loop's cut says block by block: blocks that are secret are no public content."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from test_audit_calls import AT, CALLEE, CALLER, NOP, POP, PUSH, RET, TO, _branch, _case, _ensure, _out, _verdict, _with

from armsym.audit.bundle import Blocks, Case, Cut, Index, Store, Unknown
from armsym.audit.raw import ones
from armsym.audit.together import settle

HEAD = AT + 16
#: MOV X19, X0; STR X1, [X19]; MOV X20, #0; then twice: MOV X0, X19; BL; ADD X20, X20, #1; CMP X20, #2; B.LO.
LOOP = (PUSH, 0xAA0003F3, 0xF9000261, 0xD2800014, 0xAA1303E0, _branch(HEAD + 4, TO, links=True))
END = (0x91000694, 0xF1000A9F, 0x54FFFF83, POP, RET)
#: LDR X2, [X0]; CBZ X2, past the next; NOP; MOV X0, #5; RET.
BRANCHES = (0xF9400002, 0xB4000042, NOP, 0xD28000A0, RET)


def _caller(*, secret: bool) -> Case:
    """It stores the word v to the public region r, as a cut says, and calls twice."""
    c = _case(name="r")
    t = c.table
    c.regions["r"] = replace(c.regions["r"], secret=False)
    c.words["v"] = ones(64), secret
    c.arguments["x1"] = v = t.var("word.v", ones(64))
    c.depth, c.preserves_x, c.preserves_d = 16, frozenset(), frozenset()
    c.holds.append(Blocks("r", t.const(1), 8, "little", (v,), "v"))
    cut = Cut(1, 0, HEAD, Index("s1", 3, 1, t.const(2), inclusive=False))
    known = {19: t.var("base.r", ones(64)), 20: t.var("s1", 3)}
    known |= {n: t.var(f"x{n}_in", ones(64)) for n in (18, *range(21, 30))}

    def unknown(place: str, width: int) -> int:
        name = f"s{len(cut.unknowns) + 2}"
        cut.unknowns.append(Unknown(name, ones(width), True, place, 0))
        return t.var(name, ones(width))

    cut.x = tuple(known.get(n) or unknown(f"x{n}", 64) for n in range(31))
    cut.v = tuple(unknown(f"v{n}", 128) for n in range(32))
    cut.flags = tuple(unknown(f, 1) for f in "nzcv")
    cut.sp = t.add(64, t.var("sp0", ones(64) & ~15), t.const(-16 & ones(64)))
    cut.blocks.append(Blocks("r", t.const(1), 8, "little", (v,)))
    saved = {-16: t.var("x29_in", ones(64)), -8: t.var("lr0", ones(64) & ~3)}
    cut.stores += [Store("stack", t.const(at & ones(64)), 8, value) for at, value in saved.items()]
    c.cuts[1] = cut
    return c


@pytest.mark.parametrize("secret", [False, True])
def test_a_callee_branches_on_no_block_that_is_secret(secret: bool, tmp_path: Path) -> None:
    used = _case()
    used.regions["b"] = replace(used.regions["b"], secret=False, access="r")
    used.modifies = set()
    _ensure(used, _out(used), used.table.const(5))
    data = _with({AT: (*LOOP, *END), TO: BRANCHES})
    caller = _verdict(tmp_path, data, CALLER, _caller(secret=secret), {CALLEE: [used]})
    callee = _verdict(tmp_path, data, CALLEE, used, {})
    settle([caller, callee])
    assert callee.audited, callee.refused
    if secret:
        assert any("of its content, which is public, depends on a secret" in r for r in caller.refused), caller.refused
    else:
        assert caller.audited, caller.refused
