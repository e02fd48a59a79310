"""Calls of routines whose contracts speak of integers: what is required is shown by what is known before the call,
what is told is known after it, on that path, of what the call has left, and nothing else.

Each lie has a twin that differs in one number and is audited.
"""

from __future__ import annotations

from collections.abc import Callable
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
)

from armsym.audit.audit import Verdict, audit
from armsym.audit.bundle import Blocks, Case, Region, Relation
from armsym.audit.contracts import NoContractError, digest
from armsym.audit.elf import Elf
from armsym.audit.ground import Ground
from armsym.audit.integers import NEXT
from armsym.audit.raw import Program, ones
from armsym.audit.text import read, write
from armsym.audit.together import settle
from armsym.certify.relations import Relations

#: ADD X1, X2, #1; STR X1, [X0]; RET: of a word up to 100 the next one.
NEXT_ONE = (0x91000441, 0xF9000001, RET)
MOST = 100


def _mov(register: int, value: int) -> int:
    return 0xD2800000 | value << 5 | register


def _before(c: Case, n: int) -> int:
    return c.table.var(f"x{n}_in", ones(64))


def _within(low: int | None, high: int | None, *terms: tuple[int, tuple[int, ...]], modulus: int = 0) -> Relation:
    return Relation("said", modulus, low, high, terms)


def _is(c: Case, node: int, value: int, *less: int) -> None:
    """On return the node, less others, is a number."""
    c.relations.append(_within(value, value, (1, (node,)), *((-1, (n,)) for n in less)))


def _next_one(region: str = "b") -> Case:
    """Of X2, which is at most `MOST`, the next one is stored, and X1 too."""
    c = _case(name=region)
    c.preserves_x = frozenset(range(30)) - {1}
    x2, stored = _before(c, 2), _after(c, region, 0)
    c.known.append(_within(None, MOST, (1, (x2,))))
    _ensure(c, stored, _out(c, 1))
    _is(c, stored, 1, x2)
    return c


def _call(*values: int, own: int = 16) -> _Call:
    """One call after the other with these numbers in X2; the last one's code and the first one's is the same."""
    between = tuple(w for v in values[1:] for w in (_mov(2, v), 0))
    call = _Call(before=(_mov(2, values[0]),), callee=NEXT_ONE, own=_case(own, name="r"), used=_next_one())
    call.used.ensures.pop()  # that it is 5
    # (PUSH, MOV X2 and BL come first.)
    at = AT + 12
    call.after = tuple(w or _branch(at + 4 * k, TO, links=True) for k, w in enumerate(between))
    return call


def _audited(call: _Call, folder: Path) -> Verdict:
    """The caller's verdict, by that of the callee."""
    caller, callee = call.both(folder)
    assert callee.audited, callee.refused
    assert caller.audited, caller.refused
    return caller


@pytest.mark.parametrize("value", [0, MOST, MOST + 1])
def test_what_a_contract_requires_of_integers_is_shown(value: int, tmp_path: Path) -> None:
    call = _call(value)
    _is(call.own, _after(call.own, "r", 0), value + 1)
    if value <= MOST:
        assert _audited(call, tmp_path).relations == 2
    else:
        _refused(call.verdict(tmp_path), "the precondition 'said', at a call of")


@pytest.mark.parametrize("most", [MOST, MOST + 1])
def test_what_a_caller_requires_shows_what_its_callee_does(most: int, tmp_path: Path) -> None:
    call = _call(0)
    call.before = ()
    x2 = _before(call.own, 2)
    call.own.known.append(_within(0, most, (1, (x2,))))
    _is(call.own, _after(call.own, "r", 0), 1, x2)
    if most == MOST:
        _audited(call, tmp_path)
    else:
        _refused(call.verdict(tmp_path), "the precondition 'said'")


@pytest.mark.parametrize("more", [0, 1])
def test_a_relation_that_is_too_strong_is_no_audited_contract(more: int, tmp_path: Path) -> None:
    """The caller's claim follows from it; so it is shown, but not audited."""
    call = _call(7)
    stored = _after(call.used, "b", 0)
    call.used.relations = [_within(1 + more, 1 + more, (1, (stored,)), (-1, (_before(call.used, 2),)))]
    _is(call.own, _after(call.own, "r", 0), 8 + more)
    caller, callee = call.both(tmp_path)
    assert caller.shown, caller.refused
    assert (caller.audited, callee.audited) == (not more, not more)


@pytest.mark.parametrize("told", [5, 4])
def test_what_a_second_call_overwrites_is_stale(told: int, tmp_path: Path) -> None:
    call = _call(3, 4)
    _is(call.own, _after(call.own, "r", 0), told)
    if told == 5:
        assert _audited(call, tmp_path).counts["calls by contract"] == 2
    else:
        _refused(call.verdict(tmp_path), "said")


@pytest.mark.parametrize(("first", "second"), [(4, 5), (5, 4), (4, 4)])
def test_what_is_told_of_one_call_is_not_told_of_another(first: int, second: int, tmp_path: Path) -> None:
    call = _call(3, 4)
    # STR X1, [X0, #8] after the first call: what that one has left.
    after = (0xF9000401, *call.after)
    call.after = (*after[:2], _branch(AT + 20, TO, links=True))
    _is(call.own, _after(call.own, "r", 8), first)
    _is(call.own, _after(call.own, "r", 0), second)
    if (first, second) == (4, 5):
        _audited(call, tmp_path)
    else:
        _refused(call.verdict(tmp_path), "said")


@pytest.mark.parametrize("stored", [False, True])
def test_what_is_stored_after_a_call_is_not_what_it_told(stored: bool, tmp_path: Path) -> None:
    call = _call(3)
    call.after = (0xF900001F,) if stored else ()  # STR XZR, [X0]
    _is(call.own, _after(call.own, "r", 0), 4)
    if stored:
        _refused(call.verdict(tmp_path), "said")
    else:
        _audited(call, tmp_path)


def _circular(bound: bool) -> _Call:
    """The contract says of its argument, on return, just what it requires."""
    call = _call(0)
    call.before = ()
    call.used.relations.append(_within(None, MOST, (1, (_before(call.used, 2),))))
    _is(call.own, _after(call.own, "r", 0), 1, _before(call.own, 2))
    if bound:
        call.own.known.append(_within(None, MOST, (1, (_before(call.own, 2),))))
    return call


def test_no_precondition_is_shown_by_what_its_own_call_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _audited(_circular(bound=True), tmp_path)
    _refused(_circular(bound=False).verdict(tmp_path), "the precondition 'said'")

    def all_known(self: Ground) -> list[tuple[list[Relation], list[Relation]]]:
        return [(self.known, self.relations)]

    monkeypatch.setattr(Ground, "questions", all_known)
    assert _circular(bound=False).verdict(tmp_path).shown  # with this check left out it is


def _parted(most: int) -> _Call:
    """Where X3 is at most 15 a routine is called that requires so, and says so in integers; else it is not called."""
    call = _Call(before=(0xF1003C7F, 0x54000048))  # CMP X3, #15; B.HI over the BL
    call.used.numbers["n"] = 0, 15
    call.used.arguments["x3"] = n = call.used.table.var("num.n", 15)
    call.used.relations.append(_within(None, 15, (1, (n,))))
    call.own.numbers["v"] = 0, most
    call.own.arguments["x3"] = v = call.own.table.var("num.v", ones(most.bit_length()))
    call.own.relations.append(_within(None, 15, (1, (v,))))
    return call


def test_what_a_call_tells_is_known_on_its_path_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _audited(_parted(15), tmp_path)
    _refused(_parted(31).verdict(tmp_path), "said")
    learn = Ground.learn

    def everywhere(self: Ground, state: object, relations: list[Relation]) -> None:
        learn(self, state, relations)  # type: ignore[arg-type]
        self._by = [tuple(range(len(self.known))) for _ in self._by]

    def all_known(self: Ground) -> list[tuple[list[Relation], list[Relation]]]:
        return [(self.known, self.relations)]

    monkeypatch.setattr(Ground, "learn", everywhere)
    monkeypatch.setattr(Ground, "questions", all_known)
    assert _parted(31).verdict(tmp_path).shown  # it would be, if the other path knew it


@pytest.mark.parametrize("add", [8, 0])
def test_what_is_told_of_buffers_that_may_be_one_is_refused(add: int, tmp_path: Path) -> None:
    call = _Call(before=(0x91000001 | add << 10,), callee=(0xF9400022, *NEXT_ONE))  # ADD X1, X0, #add; LDR X2, [X1]
    used, own = call.used, call.own
    used.ensures = []
    used.regions["c"] = Region("c", "r", 8, "little", True, 1, 8, ())
    used.arguments["x1"] = used.table.var("base.c", ones(64))
    held = used.table.app("mem.c", (used.table.const(0),), ones(64))
    used.known.append(_within(None, MOST, (1, (held,))))
    _is(used, _after(used, "b", 0), 1, held)
    mine = own.table.app("mem.r", (own.table.const(add),), ones(64))
    own.known.append(_within(None, MOST, (1, (mine,))))
    _is(own, _after(own, "r", 0), 1, mine)
    if add:
        _audited(call, tmp_path)
    else:
        _refused(call.verdict(tmp_path), "not shown to be apart")


@pytest.mark.parametrize("register", [1, 3])
def test_equal_results_are_told_of_together(register: int, tmp_path: Path) -> None:
    """What is said in integers of the word that is stored holds of X1, which is equal; and of no other."""
    call = _call(9)
    _is(call.own, _out(call.own, register), 10)
    if register == 1:
        _audited(call, tmp_path)
    else:
        _refused(call.verdict(tmp_path), "said")


@pytest.mark.parametrize("at", [0, 8])
def test_what_is_told_lies_in_the_region(at: int, tmp_path: Path) -> None:
    call = _call(9)
    call.used.relations = []
    _is(call.used, _after(call.used, "b", at), 1, _before(call.used, 2))
    _is(call.own, _after(call.own, "r", at), 10)
    if at:
        _refused(call.verdict(tmp_path), "are not shown to lie in it")
    else:
        _audited(call, tmp_path)


@pytest.mark.parametrize("name", ["x1_out", "n_out", "v1_out", "x31_out", "sp_out"])
def test_a_result_has_all_its_bits(name: str, tmp_path: Path) -> None:
    """Of less than a register nothing is said: what the others are would be left out."""
    call = _call(9)
    call.used.relations.append(_within(None, None, (1, (call.used.table.var(name, 0),))))
    _is(call.own, _after(call.own, "r", 0), 10)
    _refused(call.verdict(tmp_path), f"{name} is no register on return")


@pytest.mark.parametrize("where", ["known", "relations"])
def test_preconditions_speak_of_no_results(where: str, tmp_path: Path) -> None:
    call = _call(9)
    getattr(call.used, where).append(_within(None, None, (1, (_out(call.used, 1),))))
    _is(call.own, _after(call.own, "r", 0), 10)
    if where == "known":
        _refused(call.verdict(tmp_path), "does not tell what x1_out is")
    else:
        _audited(call, tmp_path)


@pytest.mark.parametrize("modulus", [8, 16])
def test_residues_are_told(modulus: int, tmp_path: Path) -> None:
    """X1 is X2 + 1 modulo 8, so it is modulo 4; and not modulo 16."""
    call = _call(9)
    used, own = call.used, call.own
    used.relations = [_within(None, None, (1, (_out(used, 1),)), (-1, (_before(used, 2),)), (-1, ()), modulus=8)]
    own.relations = [_within(None, None, (1, (_out(own, 1),)), (-10, ()), modulus=modulus // 2 if modulus == 8 else 16)]
    if modulus == 8:
        _audited(call, tmp_path)
    else:
        _refused(call.verdict(tmp_path), "said")


@pytest.mark.parametrize("claim", [10, 11])
def test_what_is_told_of_an_argument_that_is_a_number_is_nothing_new(claim: int, tmp_path: Path) -> None:
    """X2 is 9 at this call, so of X2 <= 100 no word is left; and nothing is of a word less itself."""
    call = _call(9)
    x1, stored, x2 = _out(call.used, 1), _after(call.used, "b", 0), _before(call.used, 2)
    call.used.relations.append(_within(None, MOST, (1, (x2,))))
    call.used.relations.append(_within(0, 0, (1, (x1,)), (-1, (stored,))))
    _is(call.own, _after(call.own, "r", 0), claim)
    if claim == 10:
        _audited(call, tmp_path)
    else:
        _refused(call.verdict(tmp_path), "said, on return")


@pytest.mark.parametrize("most", [MOST, MOST + 1])
@pytest.mark.parametrize("without", [True, False])
def test_words_that_cancel_in_what_a_caller_requires_are_in_no_ones_way(
    most: int, without: bool, tmp_path: Path
) -> None:
    call = _call(0)
    call.before = ()
    x2, x3, three = _before(call.own, 2), _before(call.own, 3), call.own.table.const(3)
    less = [(0, (x3,))] if without else [(1, (x3,)), (-1, (x3,))]
    call.own.known.append(_within(None, most, (1, (x2,)), *less))
    call.own.known.append(_within(0, 3, (1, (three,))))
    _is(call.own, _after(call.own, "r", 0), 1, x2)
    if most == MOST:
        _audited(call, tmp_path)
    else:
        _refused(call.verdict(tmp_path), "the precondition 'said'")


@pytest.mark.parametrize("most", [MOST - 3, MOST - 4])
def test_a_sum_with_a_word_that_is_computed_of_numbers_bounds_the_other(most: int) -> None:
    program = Program()
    three, x = program.mulc(64, program.const(3), 1), program.var("x", ones(64))
    known, claimed = _within(None, MOST, (1, (three,)), (1, (x,))), _within(None, most, (1, (x,)))
    _, open_ = Relations().show(program, [known], [claimed])
    assert open_ == "" if most == MOST - 3 else "0x61" in open_


# -- bundles


_CHANGES: dict[str, Callable[[Relation], Relation]] = {
    "modulus": lambda r: replace(r, modulus=1, low=None, high=None),
    "low": lambda r: replace(r, low=-1),
    "high": lambda r: replace(r, high=MOST + 1),
    "no bound": lambda r: replace(r, high=None),
    "factor": lambda r: replace(r, terms=((2, r.terms[0][1]), *r.terms[1:])),
    "square": lambda r: replace(r, terms=((1, r.terms[0][1] * 2), *r.terms[1:])),
    "number": lambda r: replace(r, terms=(*r.terms, (1, ()))),
}


@pytest.mark.parametrize("where", ["known", "relations"])
@pytest.mark.parametrize("change", _CHANGES)
def test_all_that_relations_say_counts(where: str, change: str) -> None:
    one, other = _next_one(), _next_one()
    assert digest(one) == digest(other)
    of: list[Relation] = getattr(other, where)
    of[0] = _CHANGES[change](of[0])
    assert digest(one) != digest(other)


def test_what_is_required_is_not_what_is_told() -> None:
    one, other = _next_one(), _next_one()
    other.known, other.relations = other.relations, other.known
    assert digest(one) != digest(other)
    other = _next_one()
    other.known = []
    assert digest(one) != digest(other)


def test_names_and_order_do_not_count() -> None:
    one, other = _next_one(), _next_one()
    for c in (one, other):
        c.relations.append(_within(0, None, (1, (_out(c, 1),))))
    other.relations = [replace(r, name="another", terms=r.terms[::-1]) for r in other.relations[::-1]]
    assert digest(one) == digest(other)


def test_contracts_of_buffers_block_by_block_are_none() -> None:
    c = _next_one()
    c.holds.append(Blocks("b", c.table.const(1), 8, "little", (c.table.const(0),), "held"))
    with pytest.raises(NoContractError, match="holds"):
        digest(c)


def _spoiled(call: _Call, folder: Path, spoil: Callable[[list[str]], list[str]]) -> Verdict:
    """The verdict on the bundle with other arguments about integers."""
    bundle = call.verdict(folder).bundle
    bundle.cases[0].integers[0] = spoil(bundle.cases[0].integers[0])
    elf = Elf.parse(call.data())
    return audit(read(write(bundle)), elf, elf.symbol(CALLER)[0])


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda lines: lines, ""),
        (lambda lines: lines[: lines.index(NEXT)], "for 1 questions: there are 2"),
        (lambda lines: [*lines, NEXT], "for 3 questions: there are 2"),
        (lambda lines: [line for line in lines if line != NEXT], "for 1 questions: there are 2"),
        (lambda lines: [*lines[lines.index(NEXT) + 1 :], NEXT, *lines[: lines.index(NEXT)]], "of cut 0: line"),
        (lambda lines: [lines[0], NEXT, *lines[lines.index(NEXT) + 1 :]], "the precondition 'said'"),
    ],
)
def test_each_argument_is_of_what_is_known_where_it_is_claimed(
    spoil: Callable[[list[str]], list[str]], why: str, tmp_path: Path
) -> None:
    call = _call(9)
    _is(call.own, _after(call.own, "r", 0), 10)
    verdict = _spoiled(call, tmp_path, spoil)
    if why:
        _refused(verdict, why)
    else:
        assert verdict.shown, verdict.refused


def test_a_bundle_with_another_contract_of_integers_settles_nothing(tmp_path: Path) -> None:
    """The caller uses a weaker precondition than the callee's bundle has."""
    call = _call(MOST + 1)
    call.used.known = []
    _is(call.own, _after(call.own, "r", 0), MOST + 2)
    caller = call.verdict(tmp_path)
    assert caller.shown, caller.refused
    callee = _verdict(tmp_path, call.data(), CALLEE, _next_one(), {})
    settle([caller, callee])
    assert callee.audited, callee.refused
    assert not caller.audited


@pytest.mark.parametrize("left", [10, 0])
def test_results_are_those_that_the_call_leaves(left: int, tmp_path: Path) -> None:
    """What was there before is none."""
    call = _call(9)
    call.before = (_mov(1, left), 0xF9000001, _mov(2, 9))  # MOV X1, #left; STR X1, [X0]
    call.used.relations = []
    _is(call.used, _out(call.used, 1), 1, _before(call.used, 2))
    call.used.ensures = []
    _ensure(call.used, _out(call.used, 1), _out(call.used, 1))
    _is(call.own, _after(call.own, "r", 0), 10)
    _refused(call.verdict(tmp_path), "said")
