"""The rules of a symbolic run, each by itself: parting, splitting at an instruction, the stack, trying loops again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from rooms import EDGES, engine, machine, public, secret, var

from armsym.bits import Bits, Prop, ite
from armsym.dsl import Claims, Proof, State
from armsym.errors import BudgetError
from armsym.machine import NZCV, Machine
from armsym.proof.context import Context
from armsym.proof.declare import Invariant
from armsym.proof.engine import Engine, explore, loop_rule
from armsym.proof.engine.branch_rule import branch, learn, part
from armsym.proof.engine.run import Origin, Parts, Retry
from armsym.proof.engine.stack_rule import check_accesses, release, sp_is_known
from armsym.proof.havoc import LoopGuess, havoc, written_by
from armsym.proof.ledger import Ledger, Mark
from armsym.proof.locations import REGISTERS, Cell, X
from armsym.proof.path import Knowledge, NeedSplit, Path
from armsym.proof.result import Status
from armsym.stepper import Fork, Stepper
from armsym.symbolic_memory import Access
from armsym.terms.evaluate import free_terms
from armsym.terms.node import Term, Var, ones


def _start(e: Engine) -> Path:
    """The path at the routine's entry."""
    return e._run.watched(Path(e.p.start(), Knowledge(e.p.facts), e.p.routine.entry, e.p.folds_on_entry))


def _open(e: Engine) -> list[tuple[str, str, Status]]:
    return [(o.kind, o.name, o.status) for o in e.obligations if o.status is not Status.PROVED]


def _term(b: Bits) -> Term:
    assert isinstance(b.value, Term)
    return b.value


def _nothing(p: Proof) -> None:
    p.ensures(lambda s: {"x0": s.x0 == s.x0})


# -- parting ------------------------------------------------------------------------------------


def test_each_part_knows_its_condition() -> None:
    """And not the other's; both know what was known before; nothing of one is the other's."""
    e = engine("ret", _nothing)
    n = public("n")
    p = _start(e)
    p.knowledge.add((n <= 9).bit.value)
    p.steps, p.arrivals = 7, {4: 2}
    cond = (n < 5).bit.value
    other, path = part(e._run, p, cond, None).paths
    assert path is p
    assert (path.knowledge.decide(cond), other.knowledge.decide(cond)) == (1, 0)
    assert other.knowledge.decide((n >= 5).bit.value) == 1
    for one in (path, other):
        assert one.knowledge.decide((n <= 9).bit.value) == 1
        assert (one.steps, one.arrivals, one.at) == (7, {4: 2}, e.p.routine.entry)
        assert one.memory.decide(n < 5) is (one is path)
    other.machine.x[0] = Bits(64, 0)
    assert not path.machine.x[0].is_concrete


def test_leaks_after_parting_name_the_place_of_their_own_path() -> None:
    e = engine("nop\nnop\nret", _nothing)
    other, path = part(e._run, _start(e), (public("n") < 5).bit.value, None).paths
    path.at, other.at = 4, 8
    other.machine.on_leak("load address", secret("s"))
    (o,) = e.obligations
    assert "at 0x8 <f+0x8>" in o.detail


def test_a_length_with_one_value_left_is_that_value() -> None:
    """1 <= n <= 3: n is 1 in registers where n < 2; it stays n in the other part, until 3 alone is left."""
    found: list[Bits] = []

    def fn(p: Proof) -> None:
        found.append(p.nat("n", low=1, high=3))
        p.call(x0=found[0])
        _nothing(p)

    e = engine("ret", fn)
    (n,) = found
    other, path = part(e._run, _start(e), (n < 2).bit.value, None).paths
    assert path.machine.x[0].uint == 1
    assert other.machine.x[0].value is n.value
    learn(e._run, other, (n != 2).bit.value, None)
    assert other.machine.x[0].uint == 3


def test_a_length_at_a_distance_from_an_iteration_number() -> None:
    found: list[Bits] = []

    def fn(p: Proof) -> None:
        found.append(p.nat("n", high=1000))
        p.call(x0=found[0] + 1)
        _nothing(p)

    e = engine("ret", fn)
    (n,) = found
    p, i = _start(e), public("i", possible=0x3FF)
    m = machine()
    inv = Invariant(0, n, False, lambda *_: {}, "invariant at f")
    origin = Origin(inv, i, havoc(m, LoopGuess(), i), None, frozenset(), m, p.calls)
    learn(e._run, p, (n - i == 3).bit.value, origin)
    assert (p.machine.x[0] == i + 4).value is True


def test_a_branch() -> None:
    """To one side where the facts tell; else both, each with what it knows; the one taken is followed first."""
    e = engine("nop\nnop\nnop\nret", _nothing)
    n = public("n")
    for cond, want in ((n <= 9, 12), (n > 9, 4), (Prop(True), 12), (Prop(False), 4)):
        p = _start(e)
        p.knowledge.add((n <= 9).bit.value)
        assert branch(e._run, p, Fork(cond, 12, 4), None) == want
        assert len(p.knowledge.facts) == len(e.p.facts) + 1, "nothing new was learnt"
    p = _start(e)
    got = branch(e._run, p, Fork(n < 5, 12, 4), None)
    assert isinstance(got, Parts)
    assert [(q.at, q.knowledge.decide((n < 5).bit.value)) for q in got.paths] == [(4, 0), (12, 1)]


# -- an instruction that needs to know ------------------------------------------------------------


class _Splitting(Stepper):
    """Changes the registers, and perhaps memory, and then finds that it has to know a condition."""

    def __init__(self, e: Engine, cond: Term, store: Bits | None) -> None:
        super().__init__(e.stepper.isa, e.stepper.code, e.stepper.addresses, e.stepper.return_address)
        self._cond, self._address = cond, store

    def step(self, m: Machine, offset: int) -> int | Fork:
        m.write_x(0, Bits(64, 1))
        m.write_v(31, Bits(128, 1))
        m.write_x(31, m.sp - 16, sp=True)
        m.write_nzcv(NZCV.of(*[Prop(True)] * 4))
        if self._address is not None:
            m.store(self._address, Bits(8, 0))
        raise NeedSplit(self._cond)


def _splitting(store: bool) -> tuple[Engine, Path, Term]:
    address: list[Bits] = []

    def fn(p: Proof) -> None:
        address.append(p.region("r", 8, access="rw").base)

        @p.cut(0)
        def _(s: State) -> Claims:
            return {"x1": s.x1 == s.x1}

        _nothing(p)

    e = engine("nop\nret", fn)
    cond = _term((public("n") < 5).bit)
    e.stepper = _Splitting(e, cond, address[0] if store else None)
    return e, _start(e), cond


def test_a_split_restores_registers_and_arrivals() -> None:
    """Both parts stand before the instruction, as it was found, with one more fact each."""
    e, p, cond = _splitting(store=False)
    m = p.machine
    was = [*m.x, *m.v, m.sp, m.nzcv.bits]
    p.steps, p.arrivals = 3, {0: 1, 4: 5}
    got = e._step(p, None)
    assert isinstance(got, Parts)
    assert len(got.paths) == 2
    for one, known in zip(got.paths, (0, 1), strict=True):
        m = one.machine
        for a, b in zip([*m.x, *m.v, m.sp, m.nzcv.bits], was, strict=True):
            assert (a == b).value is True
        assert one.knowledge.decide(cond) == known
        assert (one.at, one.steps, one.arrivals) == (0, 3, {0: 1, 4: 5})
    assert e.executed == set(), "nothing was executed"


def test_no_split_after_memory_was_touched() -> None:
    e, p, _ = _splitting(store=True)
    with pytest.raises(BudgetError, match="cannot split at 0x0: the instruction has touched memory already"):
        e._step(p, None)


@pytest.mark.parametrize("right", [True, False])
def test_a_choice_by_a_length(right: bool) -> None:
    """CSEL with a public condition at a cut: its claims are asked for arrival 0, both times; each part knows its n."""
    arrivals: list[int] = []

    def fn(p: Proof) -> None:
        n = p.nat("n", high=9)
        a, b = p.word("a"), p.word("b")
        p.call(x1=n, x2=a, x3=b)

        @p.cut_each(4, forget=lambda _: [])
        def _(s: State, k: int) -> Claims:
            arrivals.append(k)
            return {"n": s.x1 == n}

        p.ensures(lambda s: {"x0": s.x0 == ite(n == 3, a, b if right else a)})

    e = engine("cmp x1,#3\ncsel x0,x2,x3,eq\nret", fn)
    e.run()
    assert set(arrivals) == {0}
    assert _open(e) == ([] if right else [("ensures", "x0", Status.UNDECIDED)])


# -- the stack ------------------------------------------------------------------------------------

BELOW, ABOVE = 32, 16


def _with_stack(code: str = "nop\nret") -> tuple[Engine, Path]:
    def fn(p: Proof) -> None:
        p.modifies(p.stack(BELOW, above=ABOVE))
        _nothing(p)

    e = engine(code, fn)
    return e, _start(e)


@pytest.mark.parametrize("low", [-BELOW - 16, -BELOW - 1, -BELOW, -BELOW + 1, -1, 0, 1, ABOVE, ABOVE + 1, *EDGES[5:]])
def test_sp_stays_within_what_is_declared(low: int) -> None:
    e, p = _with_stack()
    p.machine.sp = p.machine.sp + Bits.wrap(64, low)
    known = sp_is_known(e._run, p)
    signed = low - (1 << 64) if low >> 63 == 1 else low
    assert known == (-BELOW <= signed <= ABOVE)
    assert (_open(e) == []) == known
    if not known:
        (o,) = e.obligations
        assert f"at 0x0 <f> SP becomes sp0{signed:+#x}: it must stay within the 32 bytes below and 16 above" in o.detail


def test_sp_of_which_nothing_is_known() -> None:
    for value in (public("n"), public("sp0"), secret("s"), Bits(64, 0), Bits(64, ones(64))):
        e, p = _with_stack()
        p.machine.sp = value
        assert not sp_is_known(e._run, p)
    e, p = _with_stack()
    p.machine.sp = p.machine.sp - public("n", possible=16)
    assert not sp_is_known(e._run, p), "0 or 16 below"
    assert "an unknown number" in e.obligations[0].detail


def test_a_stack_that_is_not_declared() -> None:
    e = engine("ret", _nothing)
    for low, known in ((0, True), (1, False), (-1, False), (-16, False)):
        p = _start(e)
        p.machine.sp = p.machine.sp + low
        assert sp_is_known(e._run, p) == known
    p = _start(e)
    release(e._run, p)
    assert not p.memory.log


@pytest.mark.parametrize(("before", "after"), [(0, 0), (-16, -16), (0, -16), (-16, 0), (-32, 16)])
def test_nothing_below_sp_is_accessed(before: int, after: int) -> None:
    """Before or after the instruction, whichever is lower, as pre- and post-indexing need; not one byte below."""
    for at in range(-BELOW, ABOVE):
        e, p = _with_stack()
        region = e.p.stack_region
        assert region is not None
        sp0 = p.machine.sp
        p.machine.sp = sp0 + after
        p.memory.log.append(Access(0, region, None, -BELOW, 8, True))  # of an earlier instruction
        p.memory.log.append(Access(0, region, None, at - region.bias, 1, False))
        check_accesses(e._run, p, sp0 + before, 1)
        assert bool(_open(e)) == (at < min(before, after)), at


def test_accesses_that_are_compared_with_sp() -> None:
    """An index that leads upwards only, as an unsigned number; an SP that is not known is below nothing."""
    r_access = [
        (public("i", possible=ones(32)), 0, False),
        (public("i", possible=ones(33)), 0, True),
        (public("i"), 0, True),
        (public("i", possible=8), -1, True),
    ]
    for symbolic, at, open_ in r_access:
        e, p = _with_stack()
        region = e.p.stack_region
        assert region is not None
        p.memory.log.append(Access(0, region, var(symbolic), at - region.bias, 8, True))
        check_accesses(e._run, p, p.machine.sp, 0)
        assert bool(_open(e)) == open_
    for before, after in ((public("n"), None), (None, public("n"))):
        e, p = _with_stack()
        region = e.p.stack_region
        assert region is not None
        sp0 = p.machine.sp
        p.machine.sp = sp0 if after is None else after
        p.memory.log.append(Access(0, region, None, BELOW, 8, True))
        check_accesses(e._run, p, sp0 if before is None else before, 0)
        assert _open(e) == [("memory", "no access below SP", Status.UNDECIDED)]


@pytest.mark.parametrize("low", range(-BELOW, ABOVE + 1, 4))
def test_what_is_released_is_unknown(low: int) -> None:
    """Each byte below SP, anew each time, and noted as written; from the next word on all is as it was."""
    e, p = _with_stack()
    region = e.p.stack_region
    assert region is not None
    for k in range(0, BELOW + ABOVE, 8):
        p.memory.poke(region, None, k, secret(f"word{k}"))
    was = [p.memory.peek(region, None, k, 1) for k in range(BELOW + ABOVE)]
    p.machine.sp = p.machine.sp + low
    release(e._run, p)
    first = [p.memory.peek(region, None, k, 1) for k in range(BELOW + ABOVE)]
    release(e._run, p)
    second = [p.memory.peek(region, None, k, 1) for k in range(BELOW + ABOVE)]
    for k in range(BELOW + ABOVE):
        if k - BELOW < -(-low // 8) * 8:
            for a, b in ((was, first), (first, second), (was, second)):
                assert not free_terms(a[k].value) & free_terms(b[k].value)
            assert all(t.secret for t in free_terms(first[k].value) if isinstance(t, Var))
        else:
            assert (was[k] == second[k]).value is True
    released = {Cell("stack", k) for k in range(0, BELOW + ABOVE, 8) if k - BELOW < low}
    assert written_by(p) == released


# -- loops that are tried again ---------------------------------------------------------------------

#: Adds 8 to x0 four times, and then 1 to x4, n times over.
NESTED = "nop\n1: mov x3,#4\n2: add x0,x0,#8\nsubs x3,x3,#1\nb.ne 2b\nadd x4,x4,#1\nsubs x1,x1,#1\nb.ne 1b\nret"
OUTER, INNER = 4, 8


def _nested(total: int = 32) -> Callable[[Proof], None]:
    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=2**40)
        a, b = p.word("a", public=True), p.word("b", public=True)
        p.call(x0=a, x1=n, x4=b)

        @p.invariant(OUTER, upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"left": s.x1 == n - i, "sum": s.x0 == a + 32 * i}

        @p.invariant(INNER, upto=Bits(64, 4))
        def _(s: State, j: Bits) -> Claims:
            done = n - s.x1
            return {"left": s.x3 == 4 - j, "sum": s.x0 == a + 32 * done + 8 * j, "rounds": s.x4 == b + done}

        p.ensures(lambda s: {"x0": s.x0 == a + total * n})

    return fn


WRONG: list[dict[int, LoopGuess]] = [
    {},
    {OUTER: LoopGuess({X(0), X(1), X(3)}, {X(0): 0, X(1): 0, X(3): 0})},
    {OUTER: LoopGuess({X(0)}, {X(0): 7}), INNER: LoopGuess({X(0), X(3)}, {X(0): 9, X(3): 1})},
    {INNER: LoopGuess(set(REGISTERS), dict.fromkeys(REGISTERS, 0) | {X(9): 5})},
]
RIGHT = {
    OUTER: LoopGuess({X(n) for n in (0, 1, 3, 4)}, {X(4): 1}),
    INNER: LoopGuess({X(0), X(3)}, {}),
}


@pytest.mark.parametrize("guesses", [*WRONG, RIGHT], ids=[*(f"wrong {k}" for k in range(len(WRONG))), "right"])
@pytest.mark.parametrize("total", [32, 31])
def test_a_wrong_first_guess_converges(guesses: dict[int, LoopGuess], total: int) -> None:
    """What is shown in the end does not depend on it, and nothing of an attempt that failed is left."""
    e = engine(NESTED, _nested(total), guesses)
    e.run()
    assert _open(e) == ([] if total == 32 else [("ensures", "x0", Status.UNDECIDED)])
    want = engine(NESTED, _nested(total), RIGHT)
    want.run()
    assert {(o.kind, o.name, o.status) for o in e.obligations} == {(o.kind, o.name, o.status) for o in want.obligations}
    assert {X(n) for n in (0, 1, 3, 4)} <= e.guesses[OUTER].writes
    assert {X(0), X(3)} <= e.guesses[INNER].writes


class Watched:
    """What an engine did about its loops: (head, number of the attempt, loops on the list then)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entered: list[tuple[int, int, list[int]]] = []
        self.resets: list[tuple[set[tuple[str, str]], list[tuple[str, Status]]]] = []
        enter, reset = Engine._enter, Ledger.reset

        def entering(e: Engine, frames: list[explore._Frame], attempt: explore._Attempt) -> None:
            loops = [f.attempt.head for f in frames if f.attempt is not None]
            self.entered.append((attempt.head, attempt.number, loops))
            enter(e, frames, attempt)
            for outer, inner in pairwise(frames):
                assert inner.origin is not None
                assert inner.origin.parent is outer.origin, "a frame whose iteration is not that around it"

        def resetting(ledger: Ledger, mark: Mark) -> None:
            self.resets.append((set(mark.results), [(o.name, o.status) for o in ledger.obligations]))
            reset(ledger, mark)
            assert {(o.kind, o.name) for o in ledger.obligations} == set(mark.results)

        monkeypatch.setattr(Engine, "_enter", entering)
        monkeypatch.setattr(Ledger, "reset", resetting)


def test_a_retry_takes_inner_frames_off_and_resets_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outer guess turns out wrong on a path out of the inner loop: both are taken off, and what they said."""
    watched = Watched(monkeypatch)
    e = engine(NESTED, _nested(), {OUTER: LoopGuess({X(0), X(1), X(3)})})
    e.run()
    assert _open(e) == []
    again = [(head, loops) for head, number, loops in watched.entered if number > 1]
    assert any(head == OUTER for head, _ in again)
    assert all(loops == ([] if head == OUTER else [OUTER]) for head, loops in again)
    assert all(loops == ([] if head == OUTER else [OUTER]) for head, _, loops in watched.entered)
    # Something said of the inner loop under the wrong outer guess was false, and is gone.
    bad = {name for _, said in watched.resets for name, status in said if status is not Status.PROVED}
    assert "invariant at f+0x8, on entry: rounds" in bad


#: x1 + x2 is n all the time; else the BRK would be met.
COUNTED = "mov x2,#0\n1: add x5,x1,x2\ncmp x5,x7\nb.eq 3f\nbrk #0\n3: add x2,x2,#1\nsubs x1,x1,#1\nb.ne 1b\nret"


def _counted(p: Proof) -> None:
    n = p.nat("n", low=1, high=2**40)
    p.call(x1=n, x7=n)

    @p.invariant(4, upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"left": s.x1 == n - i}

    p.ensures(lambda s: {"x1": s.x1 == 0})


@pytest.mark.parametrize("really", [False, True])
def test_what_stopped_under_a_wrong_guess_is_forgotten(monkeypatch: pytest.MonkeyPatch, really: bool) -> None:
    """If x2 were restored, the BRK would be met, and not all be explored: nothing of that is left, if it was not so."""
    watched = Watched(monkeypatch)
    guess = LoopGuess({X(1), X(2), X(5)}, {X(2): 0})
    code = COUNTED.replace("add x2,x2,#1", "nop") if really else COUNTED
    e = engine(code, _counted, {4: guess})
    e.run()
    decode = "every instruction reached is modelled"
    if really:
        assert ("decode", decode, Status.ERROR) in _open(e)
        assert not e.ledger.holds("termination", "every loop ends")
    else:
        assert any((decode, Status.ERROR) in said for _, said in watched.resets)
        assert _open(e) == []
        assert e.ledger.holds("termination", "every loop ends")
        assert e.ledger.holds("decode", decode)


def test_so_many_attempts_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as are needed are enough; with one less it is undecided, and nothing is said of all paths."""
    watched = Watched(monkeypatch)
    engine(NESTED, _nested()).run()
    needed = max(number for _, number, _ in watched.entered)
    assert needed > 1
    # (What `iterate` itself asks for counts as well, and is not entered.)
    enough = next(k for k in range(needed, explore.ATTEMPTS) if _with_attempts(monkeypatch, k) == [])
    for fewer in range(1, enough):
        ((kind, name, status),) = [o for o in _with_attempts(monkeypatch, fewer) if o[0] == "termination"]
        assert (kind, name, status) == ("termination", "within the budget", Status.UNDECIDED)


def _with_attempts(monkeypatch: pytest.MonkeyPatch, limit: int) -> list[tuple[str, str, Status]]:
    with monkeypatch.context() as patch:
        patch.setattr(explore, "ATTEMPTS", limit)
        e = engine(NESTED, _nested())
        e.run()
    return _open(e)


def test_a_loop_that_is_never_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that always asks for another attempt is stopped, and says what it asked for last."""
    e = engine(NESTED, _nested())
    asked = 0

    def iterate(*_: object) -> Retry:
        nonlocal asked
        asked += 1
        return Retry(OUTER, LoopGuess(), f"reason {asked}")

    monkeypatch.setattr(loop_rule, "iterate", iterate)
    e.run()
    assert asked == explore.ATTEMPTS == 64
    (o,) = [o for o in e.obligations if o.name == "within the budget"]
    assert o.status is Status.UNDECIDED
    assert "no set of loop variables found in 64 attempts (last: reason 64)" in o.detail
    assert not e.ledger.holds("termination", "every loop ends")
    assert not e.ledger.holds("decode", "every instruction reached is modelled")


def test_the_facts_of_an_attempt_end_with_it() -> None:
    """Within an iteration the oracle is that of its path; after the run nobody's facts are left."""
    e = engine(NESTED, _nested())
    e.run()
    assert e.p.context is None
    n = public("n")
    v = ite(n == 3, n, n + 1)
    assert (v == n).value is not True
    p = _start(e)
    p.knowledge.add((n == 3).bit.value)
    with e.p.under(Context(p)):
        assert (ite(n == 3, n, n + 1) == n).value is True


#: Keeps what x6, v6 and the first word of r are when an iteration begins; the inner loop is left without a write.
AROUND = """nop
1: mov x7,x6
mov v7.16b,v6.16b
ldr x8,[x2]
{before}
mov x3,#4
2: cbz x3,3f
{within}
sub x3,x3,#1
b 2b
3: {after}
subs x1,x1,#1
b.ne 1b
ret"""
WRITES = {"x6": "lsl x6,x6,#1", "v6": "add v6.2d,v6.2d,v6.2d", "r": "str x1,[x2]"}


@pytest.mark.parametrize("where", ["nowhere", "before", "within", "after"])
@pytest.mark.parametrize("what", ["x6", "v6", "r"])
def test_what_is_written_around_an_inner_loop_is_forgotten(what: str, where: str) -> None:
    """In an iteration of the outer loop, on the way to the inner one, in it, or after it; nothing is guessed of it."""

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=2**40)
        r = p.region("r", 16, access="rw")
        p.call(x1=n, x2=r)
        p.modifies(r)
        entry = p.entry

        @p.invariant(4, upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"left": s.x1 == n - i}

        @p.invariant(24, upto=Bits(64, 4), inclusive=True)
        def _(s: State, j: Bits) -> Claims:
            return {"left": s.x3 == 4 - j}

        # Of the last iteration; true also of the first, whatever is written.
        p.ensures(lambda s: {"x6": s.x7 == entry.x6, "v6": s.v7 == entry.v6, "r": s.x8 == r.words(64)[0]})
        p.ensures(lambda s: {"beside": r.words(64, at=s)[1] == r.words(64)[1]})

    places = dict.fromkeys(("before", "within", "after"), "nop")
    if where != "nowhere":
        places[where] = WRITES[what]
    e = engine(AROUND.format(**places), fn)
    e.run()
    assert _open(e) == ([] if where == "nowhere" else [("ensures", what, Status.UNDECIDED)])


@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize("more", [-2, -1, 0, 1])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_an_index_stays_below_its_bound(more: int, inclusive: bool, step: int) -> None:
    """The head is met n times, for i = 0, step, ... up to step * (n - 1): the bound must be more, or at least that.

    (For larger steps x1 is not solved for, and so a branch on an unknown: that is another obligation.)
    """

    def fn(p: Proof) -> None:
        n = p.nat("n", low=10, high=2**40)  # on entry the bound is large enough
        p.call(x1=n)

        @p.invariant(4, upto=step * (n - 1) + 1 + more, inclusive=inclusive, step=step)
        def _(s: State, i: Bits) -> Claims:
            return {"left": (n - s.x1) * step == i, "some": [s.x1 >= 1, s.x1 <= n]}

        p.ensures(lambda s: {"x1": s.x1 == 0})

    e = engine("nop\n1: subs x1,x1,#1\nb.ne 1b\nret", fn)
    e.run()
    last_below = more >= 0 if not inclusive else more >= -1
    assert ([o for o in _open(e) if o[0] == "termination"] == []) == last_below
    assert step > 1 or not last_below or _open(e) == []


@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize("low", [1, 2])
def test_a_bound_that_may_be_0(low: int, inclusive: bool) -> None:
    """Where no i is below the bound, what is assumed of an iteration is false: so it is asked on entry."""

    def fn(p: Proof) -> None:
        n = p.nat("n", low=low, high=2)
        p.call(x1=n, x2=n)

        @p.invariant(4, upto=n - 1, inclusive=inclusive)
        def _(s: State, i: Bits) -> Claims:
            return {"left": s.x1 == n - i}

        p.ensures(lambda s: {"x2": s.x2 == 2})

    e = engine("nop\n1: subs x1,x1,#1\nb.ne 1b\nret", fn)
    e.run()
    on_entry = [o.status for o in e.obligations if o.kind == "termination" and "on entry" in o.name]
    assert on_entry == [Status.PROVED if inclusive or low == 2 else Status.UNDECIDED]


@pytest.mark.parametrize("drop", [[], [0], [1]])
@pytest.mark.parametrize("wrong", [0, 1])
def test_a_cut(drop: list[int], wrong: int) -> None:
    """Its claims are proved there; then of what is dropped only that is known, and of the rest all that was."""

    def fn(p: Proof) -> None:
        a, b = p.word("a"), p.word("b")
        p.call(x1=a, x2=b)
        entry = p.entry

        @p.cut_each(8, forget=lambda _: [], drop_v=drop)
        def _(s: State, k: int) -> Claims:
            return {"sum": s.x0 == a + b + wrong}

        p.ensures(lambda s: {"sum": s.x0 == a + b, "v0": s.d0 == entry.d1, "v1": s.d1 == entry.d1})

    e = engine("add x0,x1,x2\nmov v0.16b,v1.16b\nnop\nret", fn)
    e.run()
    dropped = [("ensures", f"v{n}", Status.UNDECIDED) for n in drop]
    cut = "cut at f+0x8: sum"
    if wrong:
        # What was not shown stands for what was computed from there on, and is not shown as a whole.
        assert ("invariant", cut, Status.UNDECIDED) in _open(e)
        assert ("ensures", "sum", Status.UNDECIDED) in _open(e)
    else:
        assert _open(e) == dropped
        assert e.ledger.holds("invariant", cut)


@pytest.mark.parametrize("wrong", [0, 1])
@pytest.mark.parametrize("place", ["in the loop", "before it"])
def test_a_cut_at_each_arrival_in_an_iteration(place: str, wrong: int) -> None:
    """X0 becomes 3 * n: each of n iterations adds 1 three times; the arrivals are counted anew in each."""
    seen: set[int] = set()

    def fn(p: Proof) -> None:
        n = p.nat("n", low=1, high=1 << 20)
        p.call(x1=n, x0=0)
        p.invariant(4, upto=n)(lambda s, i: {"x0": s.x0 == 3 * i})

        @p.cut_each_within(4, 8 if place == "in the loop" else 0)
        def _(s: State, k: int, i: Bits) -> Claims:
            seen.add(k)
            return {"x0": s.x0 == 3 * i + k + wrong}

        p.ensures(lambda s: {"x0": s.x0 == 3 * n})

    e = engine("nop\n1: mov x2,#3\n2: add x0,x0,#1\nsubs x2,x2,#1\nb.ne 2b\nsubs x1,x1,#1\nb.ne 1b\nret", fn)
    e.run()
    if place == "before it":
        assert ("invariant", "cut at f", Status.UNDECIDED) in _open(e)
        assert not seen
        (o,) = (o for o in e.obligations if o.name == "cut at f")
        assert o.detail == "it is reached outside of the loop at 0x4 <f+0x4>"
        return
    assert seen == {0, 1, 2}
    if wrong:
        assert ("invariant", "cut at f+0x8: x0", Status.UNDECIDED) in _open(e)
    else:
        assert _open(e) == []


@pytest.mark.parametrize("first", ["length", "another number"])
def test_an_index_that_counts_on_from_a_length(first: str) -> None:
    """A second loop goes on where the first ended: claims that count from the first one's end are its i + 1."""

    def fn(p: Proof) -> None:
        n, r = p.nat("n", low=1, high=1 << 20), p.nat("r", low=1, high=3)
        buf = p.region("buf", 8 * (n + r), access="r")
        M = buf.blocks(words=1, width=64)
        H = p.fold(lambda h, m: [h[0] ^ m[0]], start=[Bits(64, 0)], over=M)
        p.call(x0=buf, x1=n, x2=r, x3=0)
        p.invariant(0, upto=n)(lambda s, i: {"x3": s.x3 == H(i)[0]})
        start = n if first == "length" else n + 1
        p.invariant(16, upto=r)(lambda s, i: {"x3": s.x3 == H(start + i)[0]})
        p.ensures(lambda s: {"x3": s.x3 == H(n + r)[0]})

    once = "1: ldr x4,[x0],#8\neor x3,x3,x4\nsubs {0},{0},#1\nb.ne 1b\n"
    e = engine(once.format("x1") + once.format("x2") + "ret", fn)
    e.run()
    if first == "length":
        assert _open(e) == []
    else:
        assert ("invariant", "invariant at f+0x10, on entry: x3", Status.UNDECIDED) in _open(e)


@pytest.mark.parametrize("drop_x", [[], [3]])
@pytest.mark.parametrize("drop_flags", [False, True])
@pytest.mark.parametrize("within", [False, True])
def test_a_cut_of_each_round_or_within_a_loop_drops(drop_x: list[int], drop_flags: bool, within: bool) -> None:
    """Of registers and flags that are dropped nothing is known after it but what its claims say."""

    def fn(p: Proof) -> None:
        a, b, n = p.word("a"), p.word("b"), p.nat("n", low=1, high=9)
        p.call(x1=a, x2=b, x5=n)
        (loop,) = p.routine.loops()

        @p.invariant(loop, upto=n)
        def _(s: State, i: Bits) -> Claims:
            return {"x3": (i == 0) | (s.x3 == a), "x4": (i == 0) | (s.x4 == (a == b).bit.zero_extend(64))}

        if within:
            p.cut_within(loop, 12, drop_x=drop_x, drop_flags=drop_flags)(lambda s, i: {"sum": s.x0 == a + b})
        else:
            p.cut_each(12, drop_x=drop_x, drop_flags=drop_flags)(lambda s, k: {"sum": s.x0 == a + b})
        p.ensures(lambda s: {"sum": s.x0 == a + b})

    e = engine("add x0,x1,x2\nmov x3,x1\ncmp x1,x2\ncset x4,eq\nsub x5,x5,#1\ncbnz x5,#-20\nret", fn)
    e.run()
    lost = ["x3"] * bool(drop_x) + ["x4"] * drop_flags
    assert sorted(_open(e)) == [("invariant", f"invariant at f, step: {x}", Status.UNDECIDED) for x in lost]
