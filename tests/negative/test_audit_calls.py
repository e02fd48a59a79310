"""Calls by contract in an audit: each assumption of the callee's is shown at the call, nothing else is known after it.

The code is a few words put over the object file of the broken routines: a caller, and far behind it the callee.  Each
lie has a twin that differs in one number and is audited, so that it is refused for that and for nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from armsym.audit.audit import Verdict, audit
from armsym.audit.bundle import Bundle, Case, Cut, Ensured, Fold, Index, Region, Store
from armsym.audit.contracts import NoContractError, digest
from armsym.audit.elf import Elf
from armsym.audit.raw import ones
from armsym.audit.text import BundleError, read, write
from armsym.audit.together import settle
from armsym.certify.export import Exporter

FILE = Path(__file__).resolve().parent / "broken.o"
CALLER, CALLEE = "right_copy", "compares_until_the_first_difference"
AT, TO = 0, 0x4C0
RET, NOP, PUSH, POP = 0xD65F03C0, 0xD503201F, 0xA9BF7BFD, 0xA8C17BFD  # STP X29, X30, [SP, #-16]!; LDP and 16 more
STORE_FIVE = (0xD28000A1, 0xF9000001, RET)  # MOV X1, #5; STR X1, [X0]


def _branch(at: int, to: int, *, links: bool) -> int:
    return (0x94000000 if links else 0x14000000) | (to - at) // 4 & ones(26)


def _case(size: int = 8, *, name: str = "b") -> Case:
    """X0 is a region of so many bytes that may change; the standard's registers are preserved."""
    c = Case()
    c.cuts = {0: Cut(0, 0, 0, Index("", 0, 0, 0, inclusive=False))}
    c.regions[name] = Region(name, "rw", 8, "little", True, 1, size, ())
    c.arguments["x0"] = c.table.var(f"base.{name}", ones(64))
    c.modifies = {name}
    c.preserves_x, c.preserves_d = frozenset(range(18, 30)), frozenset(range(8, 16))
    return c


def _after(c: Case, region: str, offset: int) -> int:
    return c.table.app(f"after.{region}", (c.table.const(offset),), ones(64))


def _before(c: Case, region: str, offset: int = 0) -> int:
    return c.table.app(f"mem.{region}", (c.table.const(offset),), ones(64))


def _out(c: Case, n: int = 0) -> int:
    return c.table.var(f"x{n}_out", ones(64))


def _ensure(c: Case, left: int, right: int) -> None:
    c.ensures.append(Ensured("told", left, right))


@dataclass
class _Call:
    """A caller with words before the BL and after it, its contract, and the callee's code and contract."""

    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()
    callee: tuple[int, ...] = STORE_FIVE
    own: Case = field(default_factory=lambda: _case(16, name="r"))
    used: Case = field(default_factory=_case)

    def __post_init__(self) -> None:
        self.own.depth = 16
        _ensure(self.used, _after(self.used, "b", 0), self.used.table.const(5))

    def ensure_five(self, offset: int = 0) -> None:
        _ensure(self.own, _after(self.own, "r", offset), self.own.table.const(5))

    def data(self) -> bytes:
        start = [PUSH, *self.before]
        words = {AT: (*start, _branch(AT + 4 * len(start), TO, links=True), *self.after, POP, RET), TO: self.callee}
        return _with(words)

    def verdict(self, folder: Path) -> Verdict:
        """Of the caller's bundle, made as well as can be."""
        return _verdict(folder, self.data(), CALLER, self.own, {CALLEE: [self.used]})

    def both(self, folder: Path) -> tuple[Verdict, Verdict]:
        """The caller's verdict and the callee's, settled."""
        caller, callee = self.verdict(folder), _verdict(folder, self.data(), CALLEE, self.used, {})
        settle([caller, callee])
        return caller, callee


def _with(words: dict[int, tuple[int, ...]]) -> bytes:
    data, elf = bytearray(FILE.read_bytes()), Elf.read(FILE)
    text = b"".join(elf.word(4 * k).to_bytes(4, "little") for k in range(4))
    start = data.index(text)
    for at, code in words.items():
        for k, word in enumerate(code):
            assert at + 4 * k not in elf.links
            data[start + at + 4 * k : start + at + 4 * k + 4] = word.to_bytes(4, "little")
    return bytes(data)


def _verdict(folder: Path, data: bytes, symbol: str, case: Case, uses: dict[str, list[Case]]) -> Verdict:
    path = folder / "called.o"
    path.write_bytes(data)
    elf = Elf.parse(data)
    bundle = Bundle(symbol, symbol, str(path), elf.sha256, "a test", "a test")
    made = replace(case, steps=[], certificates={})
    Exporter(symbol, str(path), [made], uses, as_they_stand=True).finish(bundle)
    bundle.missing, bundle.cases, bundle.uses = [], [made], uses
    return audit(read(write(bundle)), elf, elf.symbol(symbol)[0])


def _refused(verdict: Verdict, why: str) -> None:
    assert not verdict.shown
    assert any(why in r for r in verdict.refused), verdict.refused


def test_a_call_whose_contract_is_audited_is_audited(tmp_path: Path) -> None:
    call = _Call()
    call.ensure_five()
    alone = call.verdict(tmp_path)
    assert alone.shown, alone.refused
    assert not alone.audited
    assert "no bundle audited here has it" in alone.open_contracts[0]
    caller, callee = call.both(tmp_path)
    assert callee.audited, callee.refused
    assert caller.audited
    assert caller.rests_on == [CALLEE]
    assert caller.counts["calls by contract"] == 1


def test_a_branch_in_tail_position_is_a_call(tmp_path: Path) -> None:
    call = _Call()
    call.ensure_five()
    data = _with({AT: (_branch(AT, TO, links=False),), TO: STORE_FIVE})
    verdict = _verdict(tmp_path, data, CALLER, call.own, {CALLEE: [call.used]})
    assert verdict.shown, verdict.refused


def test_a_call_that_returns_elsewhere_is_refused(tmp_path: Path) -> None:
    call = _Call()
    call.ensure_five()
    for add, why in ((0x910013DE, "RET goes neither"), (0x91000BDE, "LR is neither")):  # ADD X30, X30, #4; #2
        data = _with({AT: (add, _branch(AT + 4, TO, links=False)), TO: STORE_FIVE})
        _refused(_verdict(tmp_path, data, CALLER, call.own, {CALLEE: [call.used]}), why)


# -- what the callee assumes


@pytest.mark.parametrize(("add", "size", "holds"), [(8, 8, True), (9, 8, False), (0, 16, True), (0, 17, False)])
def test_a_buffer_lies_in_the_callers(add: int, size: int, holds: bool, tmp_path: Path) -> None:
    call = _Call(before=(0x91000000 | add << 10,), used=_case(size))  # ADD X0, X0, #add
    call.ensure_five(add)
    verdict = call.verdict(tmp_path)
    if holds:
        assert verdict.shown, verdict.refused
    else:
        _refused(verdict, f"its ({size}, {{}}) bytes")


def test_a_buffer_before_the_callers_is_refused(tmp_path: Path) -> None:
    call = _Call(before=(0xD1000400,))  # SUB X0, X0, #1
    call.ensure_five()
    _refused(call.verdict(tmp_path), "not shown to lie in it")


@pytest.mark.parametrize("access", ["r", "w"])
def test_a_buffer_has_the_access_that_is_needed(access: str, tmp_path: Path) -> None:
    call = _Call()
    call.own.regions["r"] = replace(call.own.regions["r"], access=access)
    _ensure(call.own, call.own.table.const(5), call.own.table.const(5))
    _refused(call.verdict(tmp_path), "is needed")


def test_what_the_caller_may_not_change_no_callee_changes(tmp_path: Path) -> None:
    call = _Call()
    call.own.modifies = set()
    _ensure(call.own, call.own.table.const(5), call.own.table.const(5))
    _refused(call.verdict(tmp_path), "may not change")


@pytest.mark.parametrize(("own", "add", "holds"), [(8, 0, True), (4, 0, False), (8, 8, True), (8, 4, False)])
def test_a_buffer_is_aligned(own: int, add: int, holds: bool, tmp_path: Path) -> None:
    call = _Call(before=(0x91000000 | add << 10,))
    call.used.regions["b"] = replace(call.used.regions["b"], align=8)
    call.used.arguments["x0"] = call.used.table.var("base.b", ones(64) & -8)
    call.own.regions["r"] = replace(call.own.regions["r"], align=own)
    call.own.arguments["x0"] = call.own.table.var("base.r", ones(64) & -own)
    _ensure(call.own, call.own.table.const(5), call.own.table.const(5))
    verdict = call.verdict(tmp_path)
    if holds:
        assert verdict.shown, verdict.refused
    else:
        _refused(verdict, "8-byte aligned")


@pytest.mark.parametrize("add", [8, 7, 0])
def test_what_is_written_overlaps_nothing_else(add: int, tmp_path: Path) -> None:
    call = _Call(before=(0x91000001 | add << 10,))  # ADD X1, X0, #add
    call.used.regions["c"] = Region("c", "r", 8, "little", True, 1, 8, ())
    call.used.arguments["x1"] = call.used.table.var("base.c", ones(64))
    call.ensure_five()
    verdict = call.verdict(tmp_path)
    if add == 8:
        assert verdict.shown, verdict.refused
    else:
        _refused(verdict, "not shown to be apart")
        call.used.modifies = set()  # where neither is written they may
        call.used.ensures = []
        call.own.ensures = []
        _ensure(call.used, _out(call.used), _out(call.used))
        _ensure(call.own, call.own.table.const(5), call.own.table.const(5))
        assert call.verdict(tmp_path).shown


@pytest.mark.parametrize(("value", "holds"), [(1, True), (4, True), (0, False), (5, False)])
def test_numbers_are_in_their_range(value: int, holds: bool, tmp_path: Path) -> None:
    call = _Call(before=(0xD2800001 | value << 5,))  # MOV X1, #value
    call.used.numbers["n"] = 1, 4
    call.used.arguments["x1"] = call.used.table.var("num.n", 7)
    call.ensure_five()
    verdict = call.verdict(tmp_path)
    if holds:
        assert verdict.shown, verdict.refused
    else:
        _refused(verdict, "from 1 to 4")


@pytest.mark.parametrize("value", [3, 2, None])
def test_arguments_are_as_told(value: int | None, tmp_path: Path) -> None:
    call = _Call(before=() if value is None else (0x52800001 | value << 5,))  # MOV W1, #value
    call.used.arguments["w1"] = call.used.table.const(3)
    call.ensure_five()
    verdict = call.verdict(tmp_path)
    if value == 3:
        assert verdict.shown, verdict.refused
    else:
        _refused(verdict, "w1 is the argument" if value is None else "w1 is not as it says")


@pytest.mark.parametrize("holds", [True, False])
def test_preconditions_hold(holds: bool, tmp_path: Path) -> None:
    call = _Call()
    used, own = call.used.table, call.own.table
    call.used.requires.append(("X2 is 0", used.app("zero", (used.var("x2_in", ones(64)),), 1)))
    if holds:
        call.own.requires.append(("X2 is 0", own.app("zero", (own.var("x2_in", ones(64)),), 1)))
    call.ensure_five()
    verdict = call.verdict(tmp_path)
    if holds:
        assert verdict.shown, verdict.refused
    else:
        _refused(verdict, "the precondition 'X2 is 0'")


@pytest.mark.parametrize("holds", [True, False])
def test_given_content_is_there(holds: bool, tmp_path: Path) -> None:
    call = _Call(before=(0xF900001F,) if holds else ())  # STR XZR, [X0]
    call.used.given.append(Store("b", call.used.table.const(0), 8, call.used.table.const(0)))
    call.ensure_five()
    verdict = call.verdict(tmp_path)
    if holds:
        assert verdict.shown, verdict.refused
    else:
        _refused(verdict, "what b holds")


@pytest.mark.parametrize("public", [True, False])
def test_what_is_public_depends_on_no_secret(public: bool, tmp_path: Path) -> None:
    call = _Call()
    call.used.words["w"] = ones(64), False
    call.used.arguments["x1"] = call.used.table.var("word.w", ones(64))
    call.own.words["v"] = ones(64), not public
    call.own.arguments["x1"] = call.own.table.var("word.v", ones(64))
    call.ensure_five()
    verdict = call.verdict(tmp_path)
    if public:
        assert verdict.shown, verdict.refused
    else:
        _refused(verdict, "depends on a secret")


@pytest.mark.parametrize("stored", [0xF900001F, 0xF9000002, 0xB900001F])  # STR XZR; STR X2; STR WZR, [X0]
def test_public_content_is_public(stored: int, tmp_path: Path) -> None:
    call = _Call(before=(stored,))
    call.used.regions["b"] = replace(call.used.regions["b"], secret=False)
    call.ensure_five()
    verdict = call.verdict(tmp_path)
    if stored == 0xF900001F:
        assert verdict.shown, verdict.refused
    else:
        _refused(verdict, "of its content, which is public, depends on a secret")


@pytest.mark.parametrize(("depth", "holds"), [(48, True), (47, False), (16, False)])
def test_the_stack_is_deep_enough(depth: int, holds: bool, tmp_path: Path) -> None:
    call = _Call()
    call.used.depth, call.own.depth = 32, depth
    call.ensure_five()
    verdict = call.verdict(tmp_path)
    if holds:
        assert verdict.shown, verdict.refused
    else:
        _refused(verdict, "its stack, 32 bytes below SP")


def test_a_buffer_on_the_stack_lies_above_the_callees(tmp_path: Path) -> None:
    for above, holds in ((0, True), (8, False)):
        # SUB SP, SP, #16; MOV X0, SP; BL; LDR X0, [SP]; ADD SP, SP, #16
        call = _Call(before=(0xD10043FF, 0x910003E0), after=(0xF94003E0, 0x910043FF))
        call.own.depth, call.used.above = 32, above
        call.own.modifies = set()
        _ensure(call.own, _out(call.own), call.own.table.const(5))
        verdict = call.verdict(tmp_path)
        if holds:
            assert verdict.shown, verdict.refused
        else:
            _refused(verdict, "not above SP and in the stack area")


def test_a_region_that_no_argument_tells_is_refused(tmp_path: Path) -> None:
    call = _Call()
    call.used.regions["c"] = Region("c", "r", 8, "little", True, 1, 8, ())
    call.ensure_five()
    _refused(call.verdict(tmp_path), "no argument tells where c is")


# -- what is known afterwards


@pytest.mark.parametrize("kept", [True, False])
def test_a_register_that_the_callee_loses_is_unknown(kept: bool, tmp_path: Path) -> None:
    call = _Call(before=(0xD28000A9,), after=(0xAA0903E0,))  # MOV X9, #5; MOV X0, X9
    if kept:
        call.used.preserves_x |= {9}
    _ensure(call.own, _out(call.own), call.own.table.const(5))
    verdict = call.verdict(tmp_path)
    if kept:
        assert verdict.shown, verdict.refused
    else:
        _refused(verdict, "told")


@pytest.mark.parametrize(("whole", "kept"), [(True, True), (True, False), (False, False)])
def test_the_upper_half_of_a_vector_is_lost(whole: bool, kept: bool, tmp_path: Path) -> None:
    call = _Call()
    if whole:
        call.own.preserves_v = frozenset({8})
    if kept:
        call.used.preserves_v = frozenset({8})
    call.ensure_five()
    verdict = call.verdict(tmp_path)
    if kept or not whole:
        assert verdict.shown, verdict.refused
    else:
        _refused(verdict, "v8 is preserved")


def test_flags_are_lost(tmp_path: Path) -> None:
    call = _Call(before=(0xEB1F03FF,), after=(0x9A9F17E0,))  # CMP XZR, XZR; BL; CSET X0, EQ
    _ensure(call.own, _out(call.own), call.own.table.const(1))
    _refused(call.verdict(tmp_path), "told")


@pytest.mark.parametrize("told", [True, False])
def test_what_is_not_claimed_is_not_known(told: bool, tmp_path: Path) -> None:
    call = _Call()
    call.ensure_five()
    if not told:
        call.used.ensures = []
        _ensure(call.used, _out(call.used), _out(call.used))
    verdict = call.verdict(tmp_path)
    if told:
        assert verdict.shown, verdict.refused
    else:
        _refused(verdict, "told")


@pytest.mark.parametrize("offset", [0, 8])
def test_all_that_the_callee_may_change_is_forgotten(offset: int, tmp_path: Path) -> None:
    """Of 16 bytes that may change, eight are told; of eight, the others stay."""
    for size in (8, 16):
        call = _Call(before=(0xF900041F,), used=_case(size))  # STR XZR, [X0, #8]
        _ensure(call.own, _after(call.own, "r", offset), call.own.table.const(0 if offset else 5))
        verdict = call.verdict(tmp_path)
        if offset == 0 or size == 8:
            assert verdict.shown, verdict.refused
        else:
            _refused(verdict, "told")


def test_a_saved_register_in_the_callees_stack_is_lost(tmp_path: Path) -> None:
    """16 bytes from SP up are lent to the callee: X29 and X30 were saved there."""
    call = _Call()
    call.ensure_five()
    call.used.above = 16
    _refused(call.verdict(tmp_path), "RET goes neither")


@pytest.mark.parametrize("result", ["number", "content", "nothing"])
def test_a_result_is_secret_unless_the_contract_says_what_it_is(result: str, tmp_path: Path) -> None:
    call = _Call(after=(0xB4000040, NOP))  # CBZ X0, over NOP
    t = call.used.table
    if result != "nothing":
        _ensure(call.used, _out(call.used), t.const(7) if result == "number" else _before(call.used, "b"))
    call.ensure_five()
    verdict = call.verdict(tmp_path)
    if result == "number":
        assert verdict.shown, verdict.refused
    else:
        _refused(verdict, "a branch depends on a secret")


def test_results_are_told_by_their_parts(tmp_path: Path) -> None:
    """The low half is told, the upper half is not; results that are equal are one unknown, and no other is that."""
    for mask, why in ((ones(32), ""), (ones(64), "told")):
        call = _Call()
        t, own = call.used.table, call.own.table
        _ensure(call.used, t.mask(_out(call.used), ones(32)), t.const(9))
        _ensure(call.own, own.mask(_out(call.own), mask), own.const(9))
        verdict = call.verdict(tmp_path)
        if why:
            _refused(verdict, why)
        else:
            assert verdict.shown, verdict.refused
    for other in (1, 2):
        call = _Call()
        _ensure(call.used, _out(call.used, 0), _out(call.used, 1))
        _ensure(call.own, _out(call.own, 0), _out(call.own, other))
        verdict = call.verdict(tmp_path)
        if other == 1:
            assert verdict.shown, verdict.refused
        else:
            _refused(verdict, "told")


# -- folds


def _fold(c: Case, region: str, *, start: int | None = None, step: int = 1) -> None:
    t = c.table
    state = t.xor(t.var("H.state.0", ones(64)), t.const(step))
    c.folds["H"] = Fold("H", (64,), (_before(c, region) if start is None else t.const(start),), (), (state,), ())
    c.numbers["n"] = 1, 100
    c.arguments["x1"] = t.var("num.n", 127)
    _ensure(c, _after(c, region, 0), t.app("H.0", (t.var("num.n", 127),), ones(64)))


@pytest.mark.parametrize(
    ("changes", "before"),
    [({}, ()), ({"step": 2}, ()), ({"start": 5}, ()), ({}, (0xF900001F,))],  # STR XZR, [X0]
)
def test_a_fold_is_the_callers_only_if_it_is_the_same(
    changes: dict[str, int], before: tuple[int, ...], tmp_path: Path
) -> None:
    call = _Call(before=before)
    call.used.ensures = []
    _fold(call.used, "b", **changes)
    _fold(call.own, "r")
    verdict = call.verdict(tmp_path)
    if changes or before:
        _refused(verdict, "the fold H of its contract is none of the caller's")
    else:
        assert verdict.shown, verdict.refused


# -- whose contract it is


def test_a_callee_of_another_file_settles_nothing(tmp_path: Path) -> None:
    call = _Call()
    call.ensure_five()
    other = _Call(after=(NOP,), used=call.used)
    other.used.ensures = other.used.ensures[:1]
    caller = call.verdict(tmp_path)
    callee = _verdict(tmp_path, other.data(), CALLEE, call.used, {})
    settle([caller, callee])
    assert callee.audited
    assert caller.shown
    assert not caller.audited


def test_the_same_contract_of_another_routine_settles_nothing(tmp_path: Path) -> None:
    call = _Call()
    call.ensure_five()
    data = bytearray(call.data())
    elf = Elf.parse(bytes(data))
    other, _ = elf.symbol("loops_forever")
    start = data.index(elf.word(0).to_bytes(4, "little") + elf.word(4).to_bytes(4, "little"))
    for k, word in enumerate(STORE_FIVE):
        data[start + other + 4 * k : start + other + 4 * k + 4] = word.to_bytes(4, "little")
    caller = _verdict(tmp_path, bytes(data), CALLER, call.own, {CALLEE: [call.used]})
    callee = _verdict(tmp_path, bytes(data), "loops_forever", call.used, {})
    settle([caller, callee])
    assert callee.audited, callee.refused
    assert not caller.audited


@pytest.mark.parametrize("weaker", ["preserves", "ensures", "range", "stack"])
def test_a_weaker_contract_settles_nothing(weaker: str, tmp_path: Path) -> None:
    call = _Call()
    call.ensure_five()
    caller = call.verdict(tmp_path)
    used = call.used
    if weaker == "preserves":
        used.preserves_x -= {19}
    elif weaker == "ensures":
        used.ensures = []
        _ensure(used, _out(used, 1), used.table.const(5))
    elif weaker == "range":
        used.requires.append(("X2 is 0", used.table.app("zero", (used.table.var("x2_in", ones(64)),), 1)))
    else:
        used.depth = 16
    callee = _verdict(tmp_path, call.data(), CALLEE, used, {})
    settle([caller, callee])
    assert callee.audited, callee.refused
    assert caller.shown
    assert not caller.audited


def test_a_callee_that_is_refused_settles_nothing(tmp_path: Path) -> None:
    call = _Call(callee=(RET,))
    call.ensure_five()
    caller, callee = call.both(tmp_path)
    assert caller.shown
    assert not callee.audited
    assert not caller.audited


def test_circular_uses_settle_nothing(tmp_path: Path) -> None:
    """Each of the two is right if the other is; neither ends."""
    own, used = _case(name="r"), _case()
    _ensure(own, _after(own, "r", 0), own.table.const(5))
    _ensure(used, _after(used, "b", 0), used.table.const(5))
    data = _with({AT: (_branch(AT, TO, links=False),), TO: (_branch(TO, AT, links=False),)})
    first = _verdict(tmp_path, data, CALLER, own, {CALLEE: [used]})
    second = _verdict(tmp_path, data, CALLEE, used, {CALLER: [own]})
    settle([first, second])
    assert first.shown, first.refused
    assert second.shown, second.refused
    assert not first.audited
    assert not second.audited


def test_a_routine_does_not_use_itself(tmp_path: Path) -> None:
    own = _case(name="r")
    _ensure(own, _after(own, "r", 0), own.table.const(5))
    data = _with({AT: (_branch(AT, AT, links=False),)})
    _refused(_verdict(tmp_path, data, CALLER, own, {CALLER: [own]}), "begins where this one")


def test_an_undefined_callee_is_refused(tmp_path: Path) -> None:
    call = _Call()
    call.ensure_five()
    _refused(_verdict(tmp_path, call.data(), CALLER, call.own, {"no_such": [call.used]}), "no_such")


def test_without_the_contract_the_code_is_followed(tmp_path: Path) -> None:
    call = _Call()
    call.ensure_five()
    verdict = _verdict(tmp_path, call.data(), CALLER, call.own, {})
    assert verdict.audited, verdict.refused


# -- the text and the digest


def _text() -> str:
    call = _Call()
    bundle = Bundle("p", CALLER, "", "0" * 64, "a test", "a test", cases=[call.own], uses={CALLEE: [call.used]})
    return write(bundle)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda t: t.replace("region b rw 8", "region b r 8"), "others than their digests say"),
        (lambda t: t.replace(f"uses {CALLEE} ", f"uses {CALLEE} {'0' * 64},"), "others than their digests say"),
        (lambda t: t.replace(f"uses {CALLEE} ", "uses  "), "does not come out as it went in"),
        (lambda t: t.replace("steps 0\nend-case", "steps 1\n-\nend-case", 1), "no contract alone"),
    ],
)
def test_a_bundle_whose_contracts_are_not_as_told_is_none(change: Callable[[str], str], why: str) -> None:
    text = _text()
    assert write(read(text)) == text
    changed = change(text)
    assert changed != text
    with pytest.raises(BundleError, match=why):
        read(changed)


def _changes() -> dict[str, Callable[[Case], None]]:
    def put(name: str, value: object) -> Callable[[Case], None]:
        return lambda c: setattr(c, name, value)

    def region(**changed: object) -> Callable[[Case], None]:
        return lambda c: c.regions.update(b=replace(c.regions["b"], **changed))  # type: ignore[arg-type]

    return {
        "numbers": lambda c: c.numbers.update(n=(1, 2)),
        "words": lambda c: c.words.update(w=(1, True)),
        "secrecy": region(secret=False),
        "access": region(access="r"),
        "size": region(constant=9),
        "align": region(align=2),
        "cell": region(cell=4),
        "order": region(order="big"),
        "depth": put("depth", 1),
        "above": put("above", 1),
        "modifies": put("modifies", set()),
        "arguments": lambda c: c.arguments.update(x1=c.table.const(0)),
        "given": lambda c: c.given.append(Store("b", c.table.const(0), 8, c.table.const(1))),
        "preserves_x": put("preserves_x", frozenset()),
        "preserves_d": put("preserves_d", frozenset()),
        "preserves_v": put("preserves_v", frozenset({8})),
        "alike": put("alike", {"fmov"}),
        "requires": lambda c: c.requires.append(("", c.table.const(1))),
        "folds": lambda c: c.folds.update(H=Fold("H", (1,), (c.table.const(1),), (), (c.table.const(1),), ())),
        "ensures": lambda c: _ensure(c, c.table.const(1), c.table.const(1)),
    }


@pytest.mark.parametrize("what", _changes())
def test_whatever_a_contract_says_changes_its_digest(what: str) -> None:
    case = _case()
    before = digest(case)
    _changes()[what](case)
    assert digest(case) != before


def test_names_and_order_do_not_change_a_digest() -> None:
    one, other = _case(), _case()
    t, u = one.table, other.table
    _ensure(one, t.xor(t.xor(_out(one), t.const(1)), t.var("x1_in", ones(64))), t.const(0))
    u.const(77)
    other.ensures.append(
        Ensured("called otherwise", u.xor(u.xor(_out(other), u.var("x1_in", ones(64))), u.const(1)), u.const(0))
    )
    assert digest(one) == digest(other)
    for made in (
        u.shl(_out(other), 1),
        u.mulc(64, _out(other), 2),
        u.add(64, _out(other), _out(other)),
        _out(other, 1),
    ):
        other.ensures = [Ensured("", made, u.const(0))]
        assert digest(one) != digest(other)


def test_a_contract_with_more_than_a_digest_speaks_of_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gives contracts something new has to say it here, too."""
    from dataclasses import dataclass as record

    import armsym.audit.contracts as module

    @record
    class More(Case):
        more: int = 0

    monkeypatch.setitem(module._KNOWN, More, module._KNOWN[Case])
    with pytest.raises(NoContractError, match="more"):
        digest(_case())


@pytest.mark.parametrize(
    "name", ["x31_in", "v32_in", "section.99", "page.1.2", "num.n", "word.w", "base.z", "s1", "q0_in"]
)
def test_a_contract_that_speaks_of_what_no_call_has_is_refused(name: str, tmp_path: Path) -> None:
    call = _Call()
    call.ensure_five()
    t = call.used.table
    call.used.requires.append(("it is 0", t.app("zero", (t.var(name, ones(64)),), 1)))
    _refused(call.verdict(tmp_path), f"the call does not tell what {name} is")


@pytest.mark.parametrize("name", ["mem.global.g", "mem.z", "after.b", "c1", "H.0", "G.0"])
def test_a_contract_that_speaks_of_unknown_functions_is_refused(name: str, tmp_path: Path) -> None:
    call = _Call()
    call.ensure_five()
    t = call.used.table
    call.used.requires.append(("it is 0", t.app("zero", (t.app(name, (t.const(0),), ones(64)),), 1)))
    assert call.verdict(tmp_path).refused
