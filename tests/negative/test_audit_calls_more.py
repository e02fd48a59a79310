"""Calls by contract together with what came with other work: buffers block by block, and functions of words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from test_audit_calls import (
    AT,
    CALLEE,
    CALLER,
    RET,
    TO,
    _after,
    _branch,
    _Call,
    _case,
    _ensure,
    _out,
    _refused,
    _verdict,
    _with,
)

from armsym.audit.audit import Verdict
from armsym.audit.bundle import Blocks, Case, Cut, Fold, Function, Global, Index, Store, Unknown
from armsym.audit.contracts import NoContractError, digest
from armsym.audit.elf import Elf
from armsym.audit.raw import ones
from armsym.audit.together import settle

# -- buffers block by block

LOOP = 2
FILLS = (
    0xAA1E03E7,  # MOV X7, X30
    0xD2800006,  # MOV X6, #0
    0x8B000C08,  # ADD X8, X0, Xm, LSL #3
    _branch(AT + 4 * LOOP + 4, TO, links=True),
    0xF8267802,  # STR X2, [X0, X6, LSL #3]
    0x910004C6,  # ADD X6, X6, #1
    0xF10010DF,  # CMP X6, #4
    0x54FFFF63,  # B.LO to the ADD
    0xD65F00E0,  # RET X7
)
LOOKS = (0xF9400109, 0xB4000049, 0xD503201F, 0xD28000E9, RET)  # LDR X9, [X8]; CBZ X9, over a NOP; MOV X9, #7


def _kept(c: Case) -> None:
    c.preserves_x = frozenset(range(30)) - {9}
    c.preserves_v, c.preserves_d = frozenset(range(32)), frozenset()


def _filling(at: int, folder: Path) -> tuple[Verdict, Verdict]:
    """A loop that fills a public region with a secret, and looks at a word of it by a routine that branches on it.

    It looks at the word whose number is in that register.
    """
    words = tuple(w | at << 16 if k == LOOP else w for k, w in enumerate(FILLS))
    data = _with({AT: words, TO: LOOKS})
    entry = Elf.parse(data).symbol(CALLER)[0]
    used = _case()
    used.regions["b"] = replace(used.regions["b"], access="r", secret=False)
    used.modifies, used.arguments = set(), {"x8": used.arguments["x0"]}
    _kept(used)
    _ensure(used, _out(used, 9), used.table.const(7))
    own = _case(32, name="r")
    own.regions["r"] = replace(own.regions["r"], secret=False)
    t = own.table
    own.words["w"] = ones(64), True
    own.arguments["x2"] = w = t.var("word.w", ones(64))
    own.preserves_x = frozenset(range(18, 30))
    _ensure(own, _after(own, "r", 8), w)
    index = t.var("s1", 15)
    cut = Cut(1, 0, entry + 4 * LOOP, Index("s1", 15, 1, t.const(4), inclusive=False))
    x = [*(t.var(f"x{n}_in", ones(64)) for n in range(30)), t.var("s9", ones(64))]
    x[0], x[2], x[6], x[7] = own.arguments["x0"], w, index, t.var("lr0", ones(64) & ~3)
    x[8], x[9] = t.var("s7", ones(64)), t.var("s8", ones(64))
    cut.unknowns = [Unknown(f"s{k}", 1, True, f, 0) for k, f in zip(range(2, 6), "nzcv", strict=True)]
    cut.unknowns += [Unknown(f"s{k}", ones(64), True, f"x{n}", 0) for k, n in ((7, 8), (8, 9), (9, 30))]
    cut.x, cut.sp = tuple(x), t.var("sp0", ones(64) & ~15)
    cut.v = tuple(t.var(f"v{n}_in", ones(128)) for n in range(32))
    cut.flags = tuple(t.var(f"s{k}", 1) for k in range(2, 6))
    cut.blocks = [Blocks("r", index, 8, "little", (w,))]
    own.cuts[1] = cut
    caller = _verdict(folder, data, CALLER, own, {CALLEE: [used]})
    callee = _verdict(folder, data, CALLEE, used, {})
    settle([caller, callee])
    return caller, callee


@pytest.mark.parametrize(("at", "true"), [(6, True), (31, False)])  # the first word not filled yet; word 0
def test_public_content_that_is_known_block_by_block_is_public(at: int, true: bool, tmp_path: Path) -> None:
    caller, callee = _filling(at, tmp_path)
    assert callee.audited, callee.refused
    if true:
        assert caller.audited, caller.refused
    else:
        _refused(caller, "bytes at r+0 may lie in the blocks that are known")


# -- functions in definitions


def _of_function(c: Case, region: str, flips: int, *, nested: bool) -> None:
    """The region's word is H(1), and H(i + 1) is G of H(i), which flips some bits: H(0) = 4."""
    t = c.table
    inner = t.xor(t.var("F.state.0", ones(64)), t.const(flips))
    c.functions["F"] = Function("F", (64,), ((inner,),))
    by = "F"
    if nested:
        c.functions["G"] = Function("G", (64,), ((t.app("F.0", (t.var("G.state.0", ones(64)),), ones(64)),),))
        by = "G"
    step = t.app(f"{by}.0", (t.var("H.state.0", ones(64)),), ones(64))
    c.folds["H"] = Fold("H", (64,), (t.const(4),), (), (step,), ())
    _ensure(c, _after(c, region, 0), t.app("H.0", (t.const(1),), ones(64)))


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("flips", [1, 2])
def test_a_folds_step_is_the_callers_only_if_its_functions_are(flips: int, nested: bool, tmp_path: Path) -> None:
    call = _Call()
    call.used.ensures = []
    _of_function(call.used, "b", 1, nested=nested)
    _of_function(call.own, "r", flips, nested=nested)
    caller = call.verdict(tmp_path)
    callee = _verdict(tmp_path, call.data(), CALLEE, replace(call.used, unfold=set(call.used.functions)), {})
    settle([caller, callee])
    assert callee.audited, callee.refused
    assert caller.audited is (flips == 1)


@pytest.mark.parametrize("flips", [1, 2])
def test_a_function_is_the_callers_only_if_those_that_it_is_made_of_are(flips: int, tmp_path: Path) -> None:
    call = _Call()
    call.used.ensures = []
    for c, region, bits in ((call.used, "b", 1), (call.own, "r", flips)):
        _of_function(c, region, bits, nested=True)
        c.folds, c.ensures = {}, []
        _ensure(c, _after(c, region, 0), c.table.app("G.0", (c.table.const(4),), ones(64)))
    caller = call.verdict(tmp_path)
    callee = _verdict(tmp_path, call.data(), CALLEE, replace(call.used, unfold=set(call.used.functions)), {})
    settle([caller, callee])
    assert callee.audited, callee.refused
    assert caller.audited is (flips == 1)


@pytest.mark.parametrize("by", ["fold", "function"])
@pytest.mark.parametrize("own", [1, 2])
def test_a_function_of_a_word_of_the_contract_is_no_callers(by: str, own: int, tmp_path: Path) -> None:
    """F(x) is x XOR k, and k is the callee's X1, and the caller's X1 or X2."""
    flips = (0xD2800083, 0xCA010063, 0xF9000003, RET)  # MOV X3, #4; EOR X3, X3, X1; STR X3, [X0]
    call = _Call(callee=flips)
    call.used.ensures = []
    for c, region, register in ((call.used, "b", 1), (call.own, "r", own)):
        t = c.table
        c.words["k"] = ones(64), True
        c.arguments[f"x{register}"] = k = t.var("word.k", ones(64))
        c.functions["F"] = Function("F", (64,), ((t.xor(t.var("F.state.0", ones(64)), k),),))
        result = t.app("F.0", (t.const(4),), ones(64))
        if by == "fold":
            step = t.app("F.0", (t.var("H.state.0", ones(64)),), ones(64))
            c.folds["H"] = Fold("H", (64,), (t.const(4),), (), (step,), ())
            result = t.app("H.0", (t.const(1),), ones(64))
        _ensure(c, _after(c, region, 0), result)
    callee = _verdict(tmp_path, call.data(), CALLEE, replace(call.used, unfold={"F"}), {})
    for verdict in (callee, call.verdict(tmp_path)):
        _refused(verdict, "F speaks of more than its arguments")


def test_a_function_that_is_made_of_itself_has_no_digest() -> None:
    c = _case()
    t = c.table
    for name, other in (("F", "G"), ("G", "F")):
        step = t.app(f"{other}.0", (t.var(f"{name}.state.0", ones(64)),), ones(64))
        c.functions[name] = Function(name, (64,), ((step,),))
    with pytest.raises(NoContractError, match="made of itself"):
        digest(c)


# -- variables of the file


@pytest.mark.parametrize("declared", [True, False])
def test_a_variable_that_the_callee_reads_is_declared(declared: bool, tmp_path: Path) -> None:
    """It is read before and after a store to the caller's region, which has to be apart from it."""
    at = TO + 32
    # ADR X3, the variable; LDR X4, [X3]; STR X1, [X0]; LDR X5, [X3]; EOR X9, X4, X5; RET
    callee = (0x10000103, 0xF9400064, 0xF9000001, 0xF9400065, 0xCA050089, RET)
    call = _Call(callee=callee)
    call.used.globals["g"] = Global("g", at, 8, secret=True)
    call.used.ensures = []
    _ensure(call.used, _out(call.used, 9), call.used.table.const(0))
    _ensure(call.own, _out(call.own, 9), call.own.table.const(0))
    if declared:
        call.own.globals["v"] = Global("v", at, 8, secret=True)
    caller, callee_ = call.both(tmp_path)
    assert callee_.audited, callee_.refused
    if declared:
        assert caller.audited, caller.refused
    else:
        _refused(caller, "reads the variable g, of which the caller's contract does not speak")


# -- cases told apart by what a region holds


@pytest.mark.parametrize(("value", "holds"), [(0, True), (1, True), (2, False), (None, False)])
def test_the_case_of_a_call_is_that_of_what_is_held(value: int | None, holds: bool, tmp_path: Path) -> None:
    """A contract for b[0] = 0, and one for b[0] = 1: of another number it is none, and what is not known is shown."""
    stored = () if value is None else (0xD2800001 | value << 5, 0xF9000001)  # MOV X1, #value; STR X1, [X0]
    call = _Call(before=stored)
    call.ensure_five()
    cases = [_case(), _case()]
    for k, case in enumerate(cases):
        case.given.append(Store("b", case.table.const(0), 8, case.table.const(k)))
        _ensure(case, _after(case, "b", 0), case.table.const(5))
    verdict = _verdict(tmp_path, call.data(), CALLER, call.own, {CALLEE: cases})
    if holds:
        assert verdict.shown, verdict.refused
    else:
        _refused(verdict, "what b holds" if value is None else "is of no case of its contract: b holds 2, and not 0")
    for first in cases:
        alone = _verdict(tmp_path, call.data(), CALLER, call.own, {CALLEE: [first]})
        assert alone.shown == (value == cases.index(first))
