"""The obligations of a proof: the worst of all instances stands, marks stay good, and what is read is asked for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations, product

import pytest
from rooms import image, machine, path, public, region, secret, var

import armsym.proof.ledger as room
from armsym.bits import Bits, Prop
from armsym.discharge.z3_bridge import Outcome
from armsym.errors import InputError
from armsym.proof.handles import Claim
from armsym.proof.ledger import Ledger
from armsym.proof.path import Knowledge, Path
from armsym.proof.result import Kind, Obligation, Status
from armsym.terms.node import Value
from armsym.terms.walk import size

CODE = image("nop\nret")

#: From the best to the worst: what is refuted was run.
ORDER = [Status.PROVED, Status.UNDECIDED, Status.ERROR, Status.REFUTED]


def _ledger(*, models: bool = False) -> Ledger:
    return Ledger(CODE, 2000, models=models)


def _one(ledger: Ledger) -> Obligation:
    (o,) = ledger.obligations
    return o


# -- instances ----------------------------------------------------------------------------------


@pytest.mark.parametrize("statuses", [s for n in (1, 2, 3) for s in product(ORDER, repeat=n)], ids=str)
def test_the_worst_instance_stands(statuses: tuple[Status, ...]) -> None:
    """In any order; with the detail of the first that was so bad, and all times."""
    ledger = _ledger()
    for k, s in enumerate(statuses):
        ledger.record("ensures", "a", s, f"way {k % 2}", 0.5, "" if s is Status.PROVED else f"instance {k}")
    o = _one(ledger)
    worst = max(statuses, key=ORDER.index)
    assert o.status is worst
    assert o.seconds == 0.5 * len(statuses)
    assert o.detail == ("" if worst is Status.PROVED else f"instance {statuses.index(worst)}")
    assert o.by == tuple(f"way {k}" for k in range(min(2, len(statuses))))
    assert ledger.holds("ensures", "a") == (worst is Status.PROVED)


def test_obligations_are_told_apart_by_kind_and_name() -> None:
    ledger = _ledger()
    kinds: tuple[Kind, ...] = ("ensures", "abi")
    for kind, name in product(kinds, ("a", "b")):
        ledger.record(kind, name, Status.PROVED)
    ledger.record("abi", "b", Status.UNDECIDED)
    assert [(o.kind, o.name, o.status.value) for o in ledger.obligations] == [
        ("ensures", "a", "proved"),
        ("ensures", "b", "proved"),
        ("abi", "a", "proved"),
        ("abi", "b", "undecided"),
    ]
    assert not ledger.holds("abi", "c"), "what nobody recorded does not hold"
    assert not ledger.holds("abi", "b")
    assert ledger.holds("abi", "a")


# -- marks --------------------------------------------------------------------------------------


def test_a_mark_is_good_twice() -> None:
    """What was there before comes back as it was, also where later instances were joined to it; twice."""
    ledger = _ledger()
    ledger.record("ensures", "a", Status.PROVED, "identity", 1.0)
    mark = ledger.mark()
    for _ in range(2):
        ledger.record("ensures", "a", Status.UNDECIDED, "", 2.0, "not shown")
        ledger.record("ensures", "b", Status.REFUTED)
        assert not ledger.holds("ensures", "a")
        ledger.reset(mark)
        o = _one(ledger)
        assert (o.name, o.status, o.by, o.seconds, o.detail) == ("a", Status.PROVED, ("identity",), 1.0, "")
    ledger.record("ensures", "a", Status.PROVED, "z3")
    assert mark.results["ensures", "a"].by == ("identity",)


def test_marks_within_marks() -> None:
    ledger = _ledger()
    first = ledger.mark()
    ledger.record("ensures", "a", Status.UNDECIDED, detail="x")
    second = ledger.mark()
    ledger.record("ensures", "b", Status.PROVED)
    ledger.reset(second)
    assert [o.name for o in ledger.obligations] == ["a"]
    assert not ledger.holds("ensures", "a"), "what failed before the mark has failed"
    ledger.reset(first)
    assert not ledger.obligations
    ledger.reset(second)
    assert [o.name for o in ledger.obligations] == ["a"]


def test_a_reset_forgets_what_failed_since(asked: list[str]) -> None:
    """Another instance of a claim that failed is not given to the solver; after a reset it is, as at first."""
    ledger, n = _ledger(), public("n")
    p = path(machine(), n <= 9)
    mark = ledger.mark()
    assert not ledger.check_one(p, n < 9, "ensures", "a", "a")
    assert len(asked) == 1
    assert not ledger.check_one(p, n < 10, "ensures", "a", "a"), "not asked any more"
    assert len(asked) == 1
    ledger.reset(mark)
    assert ledger.check_one(p, n < 10, "ensures", "a", "a")
    assert len(asked) == 2
    assert ledger.holds("ensures", "a")
    failed = ledger.mark()
    ledger.check_one(p, n < 8, "ensures", "b", "b")
    ledger.reset(failed)
    assert ledger.check_one(p, n != 10, "ensures", "b", "b")


# -- one condition ------------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the facts."""
    found: list[str] = []
    prove = Knowledge.prove

    def noted(self: Knowledge, claim: Value, timeout_ms: int) -> Outcome:
        found.append(str(claim))
        return prove(self, claim, timeout_ms)

    monkeypatch.setattr(Knowledge, "prove", noted)
    return found


def test_how_one_condition_is_shown() -> None:
    n, s = public("n"), secret("s", 8)
    p = path(machine(), n <= 9)
    cases: list[tuple[Prop, bool, str]] = [
        (s + 1 == 1 + s, True, "identity"),
        (Prop(True), True, "identity"),
        (n < 10, True, "z3"),
        (n < 9, False, ""),
        (Prop(False), False, ""),
        (s == 3, False, ""),
        (secret("t") == s.zero_extend(64), False, ""),
    ]
    for prop, shown, by in cases:
        ledger = _ledger()
        assert ledger.check_one(p, prop, "ensures", "a", "the label") is shown
        o = _one(ledger)
        assert (o.status, o.by) == ((Status.PROVED, (by,)) if shown else (Status.UNDECIDED, ()))
        assert o.detail.startswith("the label: not shown") != shown


def test_both_sides_are_said() -> None:
    ledger = _ledger()
    a, b = secret("is_this"), secret("was_claimed")
    ledger.check_one(path(machine()), a == b, "ensures", "a", "a")
    assert _one(ledger).detail.split("\n") == ["a: not shown", "    is      is_this", "    claimed was_claimed"]


def test_a_solver_that_gives_up_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Knowledge, "prove", lambda *_: Outcome(None))
    ledger, n = _ledger(), public("n")
    assert not ledger.check_one(path(machine(), n <= 9), n < 10, "ensures", "a", "a")
    assert _one(ledger).status is Status.UNDECIDED


def test_large_conditions_are_not_given_to_the_solver(monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> None:
    """Exactly as many terms as the limit are; one more is not."""
    n = public("n")
    prop = n * n < n
    assert not isinstance(prop.value, bool)
    terms = size(prop.value)
    p = path(machine(), n < 2, n != 1)
    for limit, want in ((terms - 1, 0), (terms, 1)):
        asked.clear()
        monkeypatch.setattr(room, "SOLVER_LIMIT", limit)
        ledger = _ledger()
        assert not ledger.check_one(p, prop, "ensures", "a", "a")
        assert len(asked) == want


def test_models_are_kept_where_asked_for() -> None:
    """A claim that can fail gives the values with which it does."""
    n = public("n")
    p = path(machine(), n <= 9, n >= 9)
    for keep in (False, True):
        ledger = _ledger(models=keep)
        ledger.check_one(p, n < 9, "ensures", "a", "a")
        assert [m.variables[var(n).id] for m in ledger.models] == ([9] if keep else [])


# -- claims, and what they read -----------------------------------------------------------------


def _checked(p: Path, make: Callable[[], dict[str, Claim]]) -> dict[str, Obligation]:
    ledger = _ledger()
    ledger.check(p, lambda _: make(), "ensures", "at: ")
    return {o.name: o for o in ledger.obligations}


def test_claims_of_several_conditions() -> None:
    """All must hold; the one that does not is named by its number, one alone by the claim's name."""
    s = secret("s")
    yes, no = s + 1 == 1 + s, s == 3
    for claim, label in (
        (yes, None),
        ([yes, yes], None),
        ([yes, no], "a[1]: not shown"),
        ([no, yes], "a[0]: not shown"),
        ([[yes], [yes, no]], "a[2]: not shown"),
        (no, "a: not shown"),
        (True, None),
        (False, "a: not shown"),
        ([True, False], "a[1]: not shown"),
    ):
        got = _checked(path(machine()), lambda claim=claim: {"a": claim, "b": yes})  # type: ignore[misc]
        assert set(got) == {"at: a", "at: b"}
        assert got["at: b"].status is Status.PROVED
        assert (got["at: a"].status is Status.PROVED) == (label is None)
        assert label is None or got["at: a"].detail.startswith(label)


@pytest.mark.parametrize("claim", [[], [[]], [Prop(True), []], 5, None, [1], "yes"])
def test_claims_that_say_nothing(claim: object) -> None:
    """An empty list, or what is no condition, is an error and never shown."""
    with pytest.raises(InputError, match="a claim is"):
        _checked(path(machine()), lambda: {"a": claim})  # type: ignore[dict-item]


@pytest.mark.parametrize(("at", "open_"), [(0, False), (8, False), (9, True), (16, True), (-1, True), (1 << 62, True)])
def test_what_a_claim_reads_lies_in_its_region(at: int, open_: bool) -> None:
    """It is true by its form; beyond the region that says nothing about the memory there."""
    r = region("r", 16, cell=1)
    p = path(machine(r))

    def claims() -> dict[str, Claim]:
        there = p.memory.look_at(r, None, at, 8)
        return {"a": there == p.memory.peek(r, None, at, 8), "b": p.machine.x[0] == p.machine.x[0]}

    got = _checked(p, claims)
    assert (got["at: a"].status is Status.UNDECIDED) == open_
    assert got["at: b"].status is Status.PROVED
    if open_:
        where = at % (1 << 64)
        assert f"it reads 8 bytes at r+{where}, not shown to lie within its 16 bytes" in got["at: a"].detail


@pytest.mark.parametrize("ahead", [0, 1])
def test_a_read_at_an_index(ahead: int) -> None:
    n, i = public("n"), public("i")
    r = region("r", n, cell=1)
    p = path(machine(r), i < n)
    got = _checked(p, lambda: {"a": p.memory.look_at(r, var(i), ahead, 1) == 0})
    assert got["at: a"].status is Status.UNDECIDED
    ledger = _ledger()
    with p.memory.observed() as reads:
        p.memory.look_at(r, var(i), ahead, 1)
        ledger.check_reads(p, reads, "ensures", "at: ")
    assert [o.name for o in ledger.obligations] == (["at: what its claims read"] if ahead else [])


def test_a_read_whose_value_no_claim_shows() -> None:
    """It may have decided what is claimed all the same, so it is recorded; also where it is a number."""
    r = region("r", 16, cell=1)
    p = path(machine(r))
    p.memory.poke(r, None, 16, Bits(8, 0))
    for look in (lambda: p.memory.look_at(r, None, 16, 1), lambda: p.memory.look_at(r, None, 17, 1)):

        def claims(look: Callable[[], Bits] = look) -> dict[str, Claim]:
            look()
            return {"a": Prop(True)}

        got = _checked(p, claims)
        assert got["at: a"].status is Status.PROVED
        assert got["at: what its claims read"].status is Status.UNDECIDED


def test_reading_is_over_when_the_check_is() -> None:
    """A state kept from a check cannot be read by a later claim, whose reads nobody would see; also after an error."""
    r = region("r", 16)
    p = path(machine(r))

    def fails() -> dict[str, Claim]:
        raise InputError("in the claim")

    _checked(p, lambda: {"a": p.memory.look_at(r, None, 0, 8) == 0})
    with pytest.raises(InputError, match="handed to another claim"):
        p.memory.look_at(r, None, 0, 8)
    with pytest.raises(InputError, match="in the claim"):
        _checked(p, fails)
    with pytest.raises(InputError, match="handed to another claim"):
        p.memory.look_at(r, None, 0, 8)


# -- leaks --------------------------------------------------------------------------------------


def test_leaks() -> None:
    """Numbers and public values are none; what is made of a secret is, whatever else it is made of."""
    s, n = secret("s"), public("n")
    for value, leaks in ((Bits(64, 3), False), (n, False), (n + 1, False), (s, True), (n + s, True), (s[0:0], True)):
        ledger = _ledger()
        ledger.leak(path(machine(), at=4), "store address", value)
        assert bool(ledger.obligations) == leaks
        if leaks:
            o = _one(ledger)
            assert (o.kind, o.status) == ("constant-time", Status.UNDECIDED)
            assert "the store address at 0x4 <f+0x4> depends on a secret: " in o.detail


def test_a_leak_stays_though_exploration_ends_well() -> None:
    name = "no branch, address or variable-latency operand depends on a secret"
    for first, second in permutations((True, False)):
        ledger = _ledger()
        for leak in (first, second):
            if leak:
                ledger.leak(path(machine()), "branch condition", secret("s"))
            else:
                ledger.record("constant-time", name, Status.PROVED, by="exploration")
        assert _one(ledger).status is Status.UNDECIDED
