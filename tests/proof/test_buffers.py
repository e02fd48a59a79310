"""Pointwise claims: what they say of a buffer's bytes, counted one by one, is what is taken and what is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import pytest
from rooms import EDGES, engine, public, secret, var

import armsym.proof.buffers as room
from armsym.bits import Bits, Prop, concat, ite
from armsym.dsl import Proof
from armsym.errors import InputError, MemoryFault
from armsym.proof.buffers import assume_pointwise, pointwise_conditions
from armsym.proof.claims import parts
from armsym.proof.handles import Pointwise, Region
from armsym.proof.path import Knowledge, Path
from armsym.proof.state import State
from armsym.proof.symbolic import SymbolicProof
from armsym.symbolic_memory import SymbolicRegion, split_offset
from armsym.terms.node import App, ones

MOST = ones(41)
N = public("n", possible=MOST)


def _right(j: Bits) -> list[Bits]:
    """Block j, of one word of 16 bits: 5 * j + 1."""
    return [(j * 5 + 1)[15:0]]


class Room:
    """A proof of a buffer of `size` bytes, and a path on which its memory is looked at."""

    def __init__(self, size: Bits | int, *facts: Prop, cell: int = 2) -> None:
        found: list[Region] = []

        def fn(p: Proof) -> None:
            found.append(p.region("r", size, access="rw", cell=cell))
            p.region("other", 64, access="rw")
            p.ensures(lambda s: {"x0": s.x0 == s.x0})

        self.p: SymbolicProof = engine("ret", fn).p
        self.r = found[0]
        known = Knowledge([*self.p.facts, *(f.bit.value for f in facts)])
        self.path = Path(self.p.start(), known, 0, self.p.folds_on_entry)
        self.memory = self.path.memory
        self.region: SymbolicRegion = next(r for r in self.memory.regions if r.name == "r")

    def claim(
        self,
        upto: Bits | int,
        block: Callable[[Bits], list[Bits]] = _right,
        *,
        words: int = 1,
        width: int = 16,
        order: str = "little",
        tail: Sequence[Bits] = (),
        tail_bytes: Bits | int | None = None,
    ) -> Pointwise:
        n, at = Bits(64, upto) if isinstance(upto, int) else upto, State(self.path.machine)
        return self.r.holds(
            block, upto=n, at=at, words=words, width=width, order=order, tail=tail, tail_bytes=tail_bytes
        )

    def known(self, upto: Bits | int, block: Callable[[Bits], list[Bits]] = _right, *, order: str = "little") -> None:
        """As at a loop head: the content is forgotten, and a claim taken for it."""
        self.memory.forget(self.region, "r'")
        assume_pointwise(self.memory, self.claim(upto, block, order=order))

    def store(self, offset: Bits | int, value: Bits) -> None:
        self.memory.store(self.region.address + offset, value)

    def shown(self, claim: Pointwise) -> bool:
        got = pointwise_conditions(self.memory, claim)
        return not isinstance(got, str) and all(
            self.path.knowledge.prove(c.bit.value, 2000).holds is True for _, c in got
        )

    def why(self, claim: Pointwise) -> str:
        got = pointwise_conditions(self.memory, claim)
        assert isinstance(got, str)
        return got


# -- all states of a small buffer -----------------------------------------------------------------


@pytest.mark.parametrize("upto", range(6))
def test_all_states_of_four_blocks(upto: int) -> None:
    """Each block as on entry, as claimed, or wrong: shown exactly where the claim is true of every content on entry."""
    room_ = Room(8)
    for states in product("-+x", repeat=4):
        memory = room_.p.memory0.fork()
        room_.path.machine.memory = room_.memory = memory
        for q, state in enumerate(states):
            if state != "-":
                room_.store(2 * q, _right(Bits(64, q))[0] ^ int(state == "x"))
        true = upto <= 4 and all(s == ("+" if q < upto else "-") for q, s in enumerate(states))
        assert room_.shown(room_.claim(upto)) == true, states


@pytest.mark.parametrize("at", range(-2, 9))
def test_one_byte_written(at: int) -> None:
    """Blocks 0 and 1 are right; then one byte anywhere, changed in one bit or written back as it was."""
    for value in (0, 1):
        b = Room(8)
        for q in (0, 1):
            b.store(2 * q, _right(Bits(64, q))[0])
        if at < 0 or at >= 8:
            b.memory.poke(b.region, None, at, Bits(8, 0))
        else:
            b.store(at, b.memory.peek(b.region, None, at, 1) ^ value)
        # Beyond what is claimed even what is written back counts as written.
        assert b.shown(b.claim(2)) == (0 <= at < 4 and not value)


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("words", [1, 2])
def test_words_of_a_block_lie_in_their_order(order: str, words: int) -> None:
    def block(j: Bits) -> list[Bits]:
        return [(j * 259 + 1000 * k + 7)[15:0] for k in range(words)]

    for wrong in range(2 * words * 2 + 1):
        b = Room(8 * words)
        data = b"".join(w.to_bytes(order) for j in range(2) for w in block(Bits(64, j)))
        for k, byte in enumerate(data):
            b.store(k, Bits(8, byte ^ (k == wrong)))
        assert b.shown(b.claim(2, block, words=words, order=order)) == (wrong == len(data))


# -- one more block than is known -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("stores", "upto", "right"),
    [
        ([], 0, True),
        ([], 1, False),
        ([(0, 0)], 1, True),
        ([(0, 0)], 0, False),
        ([(0, 1)], 1, False),
        ([(1, 1)], 1, False),
        ([(0, 0), (1, 1)], 2, True),
        ([(1, 1), (0, 0)], 2, True),
        ([(0, 0), (1, 1)], 1, False),
        ([(0, 0), (-1, -1)], 1, False),
        ([(0, 0), (0, 1), (0, 0)], 1, True),
        ([(0, 0), (0, 1)], 1, False),
    ],
)
def test_blocks_after_those_known(stores: list[tuple[int, int]], upto: int, right: bool) -> None:
    """Blocks below i are known; block i + a is written with what block i + b should be; i + upto are claimed."""
    i = public("i")
    b = Room(2 * N, i >= 2, i + 4 <= N, i <= MOST)
    b.known(i)
    for a, holds in stores:
        b.store(2 * (i + a), _right(i + holds)[0])
    assert b.shown(b.claim(i + upto)) == right


Q = public("q", possible=MOST)


def _but(*others: tuple[Bits, int]) -> Callable[[Bits], list[Bits]]:
    """As `_right`, but for some blocks."""

    def block(j: Bits) -> list[Bits]:
        word = _right(j)[0]
        for q, value in others:
            word = ite(j == q, Bits(16, value), word)
        return [word]

    return block


@pytest.mark.parametrize(
    ("stores", "claimed", "right"),
    [
        ([(Q * 2, 16, 7)], _but((Q, 7)), True),
        ([(Q * 2, 16, 7)], _right, False),
        ([(Q * 2, 16, 7)], _but((Q, 8)), False),
        ([(Q * 2, 16, 7)], _but((Q + 1, 7)), False),
        ([(Q * 2, 16, 7)], _but((Q, 7), (Q + 1, 0)), False),
        ([(Q * 2, 16, 7)], _but((Q, 7), (Bits(64, 0), 9)), False),
        ([(Q * 2, 16, 7), (Q * 2, 16, 8)], _but((Q, 8)), True),
        ([(Q * 2, 16, 7), (Q * 2 + 2, 16, 8)], _but((Q, 7), (Q + 1, 8)), True),
        ([(Q * 2, 16, 7), (Q * 2 + 2, 16, 8)], _but((Q, 7)), False),
        ([(Q * 2, 32, 0x80007)], _but((Q, 7), (Q + 1, 8)), True),
        ([(Q * 2 - 2, 16, 7)], _but((Q - 1, 7)), True),
        ([(Q * 2, 16, 7), (Q * 2 + 6, 16, 8)], _but((Q, 7), (Q + 3, 8)), False),  # beyond the last
        ([(N * 2, 16, 7)], _right, False),
        ([(Q * 2 + 1, 8, 0)], _right, False),  # half of a block
        ([(Q * 2 + 1, 8, 0)], lambda j: [ite(j == Q, _right(j)[0] & 0xFF, _right(j)[0])], True),
        ([(Q, 8, 0)], _right, False),  # no number of blocks
    ],
)
def test_stores_into_known_blocks(
    stores: list[tuple[Bits, int, int]], claimed: Callable[[Bits], list[Bits]], right: bool
) -> None:
    """n blocks are known, of which some from q on are stored to, 1 <= q < n - 2: as many are claimed."""
    b = Room(2 * N + 8, Q >= 1, Q + 2 < N, N <= MOST)
    b.known(N)
    for offset, width, value in stores:
        b.store(offset, Bits(width, value))
    assert b.shown(b.claim(N, claimed)) == right


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize(
    ("stores", "changed", "right"),
    [
        ([], [], True),
        ([], [(Q, 7)], False),
        ([], [(Bits(64, 0), 7)], False),
        ([], [(N - 1, 7)], False),
        ([], [(N, 7)], True),  # beyond the last: nothing is said
        ([(Q * 2, 16, 7)], [(Q, 7)], True),
        ([(Q * 2, 16, 7)], [], False),
        ([(Q * 2, 16, 7)], [(Q, 8)], False),
        ([(Q * 2, 16, 7)], [(Q + 1, 7)], False),
        ([(Q * 2, 16, 7)], [(Q, 7), (Q + 1, 0)], False),
        ([(Q * 2, 16, 7)], [(Q, 7), (Q - 1, 0)], False),
        ([(Q * 2, 16, 7), (Q * 2 + 2, 16, 8)], [(Q, 7), (Q + 1, 8)], True),
        ([(Q * 2, 16, 7), (Q * 2 + 2, 16, 8)], [(Q, 7)], False),
        ([(N * 2 - 2, 16, 7)], [(N - 1, 7)], True),
        ([(N * 2, 16, 7)], [], False),  # beyond the last: it would have to be as on entry
        ([(N * 2, 16, 7)], [(N, 7)], False),
        ([(Q * 2 - 2, 16, 7)], [(Q - 1, 7)], True),
        ([(Q * 2 - 4, 16, 7)], [(Q - 2, 7)], False),  # q may be 1
        ([(Q * 2 + 1, 8, 7)], [], False),
        ([(Q, 16, 7)], [], False),  # no number of blocks
    ],
)
def test_stores_into_what_is_as_on_entry(
    stores: list[tuple[Bits, int, int]], changed: list[tuple[Bits, int]], right: bool, order: str
) -> None:
    """Nothing is claimed of it so far; all n blocks are claimed to be as on entry, but for some. 1 <= q < n - 2."""
    b = Room(2 * N + 8, Q >= 1, Q + 2 < N, N <= MOST)
    for offset, width, value in stores:
        b.store(offset, Bits(width, value).reverse_bytes() if order == "big" and width > 8 else Bits(width, value))

    def block(j: Bits) -> list[Bits]:
        word = b.r.blocks(words=1, width=16, order=order)(j)[0]
        for q, value in changed:
            word = ite(j == q, Bits(16, value), word)
        return [word]

    assert b.shown(b.claim(N, block, order=order)) == right


def test_blocks_as_on_entry_lie_in_the_region() -> None:
    def block(j: Bits) -> list[Bits]:
        return list(b.r.blocks(words=1, width=16)(j))

    for more, right in ((0, True), (1, False)):
        b = Room(2 * N, N <= MOST)
        assert b.shown(b.claim(N + more, block)) == right


def test_a_block_that_nobody_stored_to_is_an_old_one() -> None:
    """What differs where nothing is claimed, from block n on, does not count."""
    b = Room(2 * N + 8, Q < N)
    b.known(N)
    b.store(Q * 2, Bits(16, 7))
    assert b.shown(b.claim(N, lambda j: [ite(j < N, _but((Q, 7))(j)[0], Bits(16, 0))]))
    assert not b.shown(b.claim(N, lambda j: [ite(j < N - 1, _but((Q, 7))(j)[0], Bits(16, 0))]))


@pytest.mark.parametrize(
    ("stores", "upto", "then", "right"),
    [
        ([], 0, [], True),
        ([], -1, [-1], True),
        ([], -2, [-2, -1], True),
        ([], -1, [0], False),
        ([], -1, [], False),
        ([], -2, [-2], False),
        ([], -1, [-1, 0], False),
        ([(-1, 7)], -1, [7], True),
        ([(-1, 7)], -1, [-1], False),
        ([(-2, 7)], -1, [-1], False),
        ([(0, 7)], -1, [-1], False),
        ([(0, 7)], -1, [-1, 7], True),
        ([(0, 0), (1, 7)], 1, [7], True),
        ([(0, 0), (1, 7), (2, 7)], 1, [7], False),
        ([(0, 0), (-1, 7), (1, 8)], -1, [7, 0, 8], True),
    ],
)
def test_less_blocks_and_a_tail(stores: list[tuple[int, int]], upto: int, then: list[int], right: bool) -> None:
    """Blocks below i are known, block i + a holds what i + b should; i + upto and then some are claimed."""
    i = public("i")
    b = Room(2 * N, i >= 3, i + 4 <= N, i <= MOST)
    b.known(i)
    for a, holds in stores:
        b.store(2 * (i + a), _right(i + holds)[0])
    tail = [byte for k in then for byte in _right(i + k)[0].elems(8)]
    assert b.shown(b.claim(i + upto, tail=tail)) == right


def test_a_tail_of_new_blocks_lies_in_the_region() -> None:
    for room_for, right in ((2, True), (1, False)):
        i = public("i")
        b = Room(2 * N, i + room_for <= N, i <= MOST)
        b.known(i)
        for q in (0, 1):
            b.store(2 * (i + q), _right(i + q)[0])
        assert b.shown(b.claim(i, tail=[byte for q in (0, 1) for byte in _right(i + q)[0].elems(8)])) == right


def test_the_blocks_claimed_lie_in_the_region() -> None:
    for room_for, right in ((1, True), (0, False)):
        i = public("i")
        b = Room(2 * N, i + room_for <= N, i <= MOST)
        b.known(i)
        b.store(2 * i, _right(i)[0])
        assert b.shown(b.claim(i + 1)) == right


@pytest.mark.parametrize("size", [*EDGES[:6], 1 << 40, (1 << 63) - 1])
def test_within_counts_without_wrapping(size: int) -> None:
    """upto * 16 <= size, for numbers whose product exceeds 2^64 too."""
    b = Room(size)
    for upto in (*EDGES, size // 16, size // 16 + 1, 1 << 60, (1 << 60) - 1):
        claim = b.claim(upto, lambda j: [j, j], words=2, width=64)
        assert claim.within.value is (upto * 16 <= size), upto


def test_what_is_known_must_be_what_is_claimed() -> None:
    """For each block: another function that differs at one number is another claim."""
    i = public("i")
    for other, right in (
        (lambda j: [(5 * j + 1)[15:0]], True),
        (lambda j: [ite(j == 5, Bits(16, 0), _right(j)[0])], False),
        (lambda j: [_right(j)[0] + 1], False),
    ):
        b = Room(2 * N, i <= N)
        b.known(i)
        assert b.shown(b.claim(i, other)) == right


def test_another_cut_into_blocks_is_refused() -> None:
    i = public("i")
    b = Room(4 * N, i <= N, cell=1)
    b.known(i)
    assert b.shown(b.claim(i))
    others: list[tuple[int, int, str]] = [(2, 16, "little"), (1, 32, "little"), (2, 8, "little"), (1, 16, "big")]
    for words, width, order in others:
        claim = b.claim(i, lambda j, n=words, w=width: [j[w - 1 : 0]] * n, words=words, width=width, order=order)  # type: ignore[misc]
        assert b.why(claim) == "the blocks claimed are cut differently from those known"


def test_content_that_nobody_states() -> None:
    b = Room(8)
    b.memory.forget(b.region, "r'")
    assert b.why(b.claim(0)) == "a loop stored to it and no claim says what"


def test_how_many_blocks_may_be_new(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly so many more, or less, as the limit says; any number is none."""
    monkeypatch.setattr(room, "MAX_BLOCKS", 3)
    i = public("i")
    b = Room(2 * N, i >= 4, i + 9 <= N, i <= MOST)
    b.known(i)
    for k in range(4):
        b.store(2 * (i + k), _right(i + k)[0])
    assert isinstance(pointwise_conditions(b.memory, b.claim(i + 3)), list)
    assert not b.shown(b.claim(i - 1)), "what follows is not as on entry"
    assert isinstance(pointwise_conditions(b.memory, b.claim(i - 3)), list)
    for upto in (i + 4, i - 4, N, i + (1 << 63)):
        assert "the difference is not a small number" in b.why(b.claim(upto))
    fresh = Room(2 * N)
    assert not fresh.shown(fresh.claim(N)), "it is as on entry"
    assert fresh.shown(fresh.claim(0)), "no blocks: all is as on entry"


def test_a_length_that_the_facts_fix() -> None:
    """n blocks, where n is 2, are two blocks."""
    for n, right in ((2, True), (3, False)):
        b = Room(2 * N, Bits(64, n) == N)
        for q in (0, 1):
            b.store(2 * q, _right(Bits(64, q))[0])
        assert b.shown(b.claim(N)) == right


# -- a claim taken as content ---------------------------------------------------------------------


@pytest.mark.parametrize("order", ["little", "big"])
def test_what_is_taken_is_what_is_claimed(order: str) -> None:
    """Block k < i is what the claim says, byte by byte; from block i on the content is that on entry."""
    i, k = public("i"), public("k")
    b = Room(2 * N, i <= N, k < i, cell=1)
    b.known(i, order=order)
    word = _right(k)[0]
    low, high = (word[7:0], word[15:8]) if order == "little" else (word[15:8], word[7:0])
    peek = b.memory.peek
    k2, _ = split_offset(k * 2)
    assert (peek(b.region, k2, 0, 1) == low).value is True
    assert (peek(b.region, k2, 1, 1) == high).value is True
    i2, _ = split_offset(i * 2)
    for at in (0, 1, 100):
        got = peek(b.region, i2, at, 1).value
        assert isinstance(got, App)
        assert got.name == "r[]"
    last = peek(b.region, i2, -2, 2) if order == "little" else peek(b.region, i2, -2, 2).reverse_bytes()
    assert (last == _right(i - 1)[0]).value is True


def test_a_block_of_which_it_is_not_known_whether_it_is_stated() -> None:
    i, k = public("i"), public("k")
    b = Room(2 * N, i <= N, k <= i)
    b.known(i)
    k2, _ = split_offset(k * 2)
    with pytest.raises(MemoryFault, match="not known in which block"):
        b.memory.peek(b.region, k2, 0, 2)


def test_only_forgotten_content_is_stated() -> None:
    """Not what is on entry, not what another claim states, not where something was stored since."""
    i = public("i")
    b = Room(2 * N, i <= N)
    with pytest.raises(InputError, match="r: two claims state the whole content"):
        assume_pointwise(b.memory, b.claim(i))
    b.memory.forget(b.region, "r'")
    b.store(0, Bits(8, 0))
    with pytest.raises(InputError, match="r: two claims state the whole content"):
        assume_pointwise(b.memory, b.claim(i))
    b.known(i)
    with pytest.raises(InputError, match="r: two claims state the whole content"):
        assume_pointwise(b.memory, b.claim(i))


def test_the_content_is_that_of_the_moment() -> None:
    """The function of a block may look at a register; what that holds later is not the claim."""
    i = public("i")
    b = Room(2 * N, i <= N, i >= 1)
    b.path.machine.x[5] = was = secret("was")
    b.known(i, lambda j: [b.path.machine.x[5][15:0]])
    b.path.machine.x[5] = secret("is")
    assert (b.memory.peek(b.region, None, 0, 2) == was[15:0]).value is True
    assert var(was) is not var(b.path.machine.x[5])


def test_a_block_of_another_shape() -> None:
    """The words that a function gives are as many, and as wide, as was said."""
    b = Room(8)
    for block in (lambda j: [], lambda j: [j], lambda j: [Bits(16, 0)] * 2):
        with pytest.raises(InputError, match="said to be 1 words of 16 bits"):
            b.claim(1, block).expected(Bits(64, 0))
    for words, width, rule in ((0, 16, "at least 1, not 0"), (-1, 8, "at least 1, not -1"), (1, 12, "12")):
        with pytest.raises(InputError, match=f"r: .*{rule}"):
            b.claim(1, words=words, width=width)


# -- what a claim consists of ---------------------------------------------------------------------


def test_parts() -> None:
    b = Room(8)
    s = secret("s")
    whole, one = b.claim(1), s == 3
    assert list(parts(one)) == [one]
    assert list(parts(whole)) == [whole]
    assert [p.value for p in parts([True, [False]]) if isinstance(p, Prop)] == [True, False]
    assert list(parts([[one, [whole]], (one,)])) == [one, whole, one]
    bad: list[object] = [[], [[]], [one, ()], 3, "text", None]
    for claim in bad:
        with pytest.raises(InputError, match="a claim is"):
            list(parts(claim))  # type: ignore[arg-type]


# -- a tail ---------------------------------------------------------------------------------------

TAIL = [Bits(8, 0xA0 + q) for q in range(4)]


@pytest.mark.parametrize("size", range(6))
def test_all_states_of_a_tail(size: int) -> None:
    """One block, then bytes as on entry, as the tail says, or wrong: shown where the claim is true, and only there."""
    for states in product("-+x", repeat=4):
        b = Room(6, cell=1)
        b.store(0, _right(Bits(64, 0))[0])
        for q, state in enumerate(states):
            if state != "-":
                b.store(2 + q, TAIL[q] ^ int(state == "x"))
        claim = b.claim(1, tail=TAIL, tail_bytes=size)
        if size > 4:
            assert "not a number up to 4" in b.why(claim)
        else:
            assert b.shown(claim) == all(s == ("+" if q < size else "-") for q, s in enumerate(states)), states


def test_a_tail_of_all_bytes_given() -> None:
    b = Room(6, cell=1)
    b.store(0, _right(Bits(64, 0))[0])
    for q in range(4):
        b.store(2 + q, TAIL[q])
    assert b.shown(b.claim(1, tail=TAIL))
    assert not b.shown(b.claim(1, tail=TAIL[:3])), "the last byte is stored to"
    assert not b.shown(b.claim(1)), "bytes after the blocks are stored to"


def test_a_tail_after_any_number_of_blocks() -> None:
    """The paths that know how long it is show it, beyond the blocks that were known; one that does not cannot."""
    k = public("k", possible=7)
    for facts, shown in (((k == 2,), True), ((k == 3,), False), ((), None)):
        b = Room(2 * N + 4, *facts)
        b.known(N)
        b.store(2 * N, TAIL[0])
        b.store(2 * N + 1, TAIL[1])
        claim = b.claim(N, tail=TAIL, tail_bytes=k)
        if shown is None:
            assert "not a number up to 4" in b.why(claim)
        else:
            assert b.shown(claim) == shown
            assert not b.shown(b.claim(N, tail=TAIL[1:], tail_bytes=k)), "other bytes"


@pytest.mark.parametrize(("size", "fits"), [(4, True), (5, False)])
def test_a_tail_lies_in_the_region(size: int, fits: bool) -> None:
    b = Room(6, cell=1)
    assert (b.path.decide(b.claim(1, tail=[*TAIL, TAIL[0]], tail_bytes=size).within) is True) == fits


def test_a_tail_that_wraps_does_not_lie_in_the_region() -> None:
    b = Room(6, cell=1)
    assert b.path.decide(b.claim(1, tail=TAIL, tail_bytes=Bits(64, ones(64))).within) is False


def test_a_claim_with_a_tail_is_no_content() -> None:
    b = Room(2 * N + 4)
    b.memory.forget(b.region, "r'")
    with pytest.raises(InputError, match="not taken for the content"):
        assume_pointwise(b.memory, b.claim(N, tail=TAIL))


def test_the_bytes_of_a_tail_are_bytes() -> None:
    with pytest.raises(InputError, match="bytes of the tail"):
        Room(6).claim(1, tail=[Bits(16, 0)])


# -- a tail that is known -------------------------------------------------------------------------

K = public("k", possible=7)


def _is(a: Bits, b: Bits | int) -> Prop:
    return ~(a != b)


def _with_tail(*facts: Prop, tail: Sequence[Bits] = TAIL) -> Room:
    """N words, and k bytes of a tail: what a path knows where others met."""
    b = Room(2 * N + 8, N >= 1, *facts, cell=1)
    b.memory.forget(b.region, "r'")
    assume_pointwise(b.memory, b.claim(N, tail=tail, tail_bytes=K), tails=True)
    return b


def test_bytes_of_a_known_tail() -> None:
    """With two to four bytes: the first two are read, the third may be there, past the fourth all is as on entry."""
    b = _with_tail(K >= 2, K <= 4)
    end = b.region.address + 2 * N
    assert b.memory.load(end, 2).uint == 0xA1A0
    assert b.memory.load(end + 1, 1).uint == 0xA1
    assert b.memory.load(end - 2, 2).value == _right(N - 1)[0].value
    for at in (4, 5):
        assert b.memory.load(end + at, 1).value == b.memory.on_entry(b.region, *split_offset(2 * N + at), 1).value
    # The last block and what of the tail is known.
    last = _right(N - 1)[0]
    assert (b.memory.load(end - 2, 4) == concat(Bits(16, 0xA1A0), last)).value is True
    assert (b.memory.load(end - 1, 2) == concat(Bits(8, 0xA0), last[15:8])).value is True
    for at, size in ((1, 2), (2, 1), (3, 1), (3, 2), (2, 4), (0, 4), (-1, 4), (-2, 6), (-3, 4)):
        with pytest.raises(MemoryFault, match="not known"):
            b.memory.load(end + at, size)


@pytest.mark.parametrize("k", range(6))
def test_each_size_of_a_known_tail(k: int) -> None:
    b = _with_tail(_is(K, k))
    for at in range(6):
        where = b.region.address + 2 * N + at
        if at < min(k, 4):
            assert b.memory.load(where, 1).uint == 0xA0 + at
        elif at >= k:
            assert b.memory.load(where, 1).value == b.memory.on_entry(b.region, *split_offset(2 * N + at), 1).value
        else:  # more bytes than were said: of the fifth nothing is
            with pytest.raises(MemoryFault, match="not known"):
                b.memory.load(where, 1)


def test_blocks_before_a_known_tail() -> None:
    """An offset that is not shown to lie in the blocks is refused: it may be one of the tail's."""
    i = public("i", possible=MOST)
    b = _with_tail(i < N)
    assert b.memory.load(b.region.address + 2 * i, 2).value == _right(i)[0].value
    for c in (
        _with_tail(),
        _with_tail(i <= N),
        _with_tail(i >= N),
        _with_tail(_is(i, N)),
        _with_tail(_is(i, N), _is(K, 0)),
    ):
        with pytest.raises(MemoryFault, match="not known"):
            c.memory.load(c.region.address + 2 * i, 2)


def test_claims_where_a_tail_is_known() -> None:
    """Blocks and bytes are told from one another by where they end: all splits of eight bytes."""
    content = [byte for q in range(4) for byte in _right(N + q)[0].elems(8)]
    for known, blocks, more in product(range(8), range(3), range(6)):
        b = _with_tail(_is(K, known), tail=content)
        claim = b.claim(N + blocks, tail=content[2 * blocks :], tail_bytes=more)
        if known % 2 and 2 * blocks > known:
            # (A word of which the tail has one byte is not read.)
            with pytest.raises(MemoryFault, match="not known"):
                b.shown(claim)
        else:
            assert b.shown(claim) == (2 * blocks + more == known), (known, blocks, more)


def test_stores_over_a_known_tail() -> None:
    """Each byte left, written as claimed, or wrong, where two were known."""
    for states, size in product(product("-+x", repeat=4), range(5)):
        b = _with_tail(_is(K, 2))
        for q, state in enumerate(states):
            if state != "-":
                b.store(2 * N + q, TAIL[q] ^ int(state == "x"))
        now = ["+" if state == "-" and q < 2 else state for q, state in enumerate(states)]
        true = all(state == ("+" if q < size else "-") for q, state in enumerate(now))
        assert b.shown(b.claim(N, tail=TAIL, tail_bytes=size)) == true, (states, size)


def test_stores_before_a_known_tail() -> None:
    """A block is stored to: the bytes of the tail are not as on entry for that, nor is the block what it was."""
    for value, size in [(0, 0), (0, 1), (0, 3), *((1, size) for size in range(4))]:
        b = _with_tail(_is(K, 2))
        b.store(2 * N - 2, _right(N - 1)[0] ^ value)
        assert not b.shown(b.claim(N, tail=TAIL, tail_bytes=size)), (value, size)


def test_a_known_tail_of_no_known_size() -> None:
    b = _with_tail(K >= 1, K <= 3)
    assert "not a number up to 4" in b.why(b.claim(N, tail=TAIL, tail_bytes=K))
    assert "not a number up to 4" in b.why(b.claim(N))
    b = _with_tail(_is(K, 5))
    assert "not a number up to 4" in b.why(b.claim(N, tail=[*TAIL, TAIL[0]], tail_bytes=5))


def test_a_tail_is_taken_for_content_only_where_paths_may_know_it() -> None:
    b = Room(2 * N + 8)
    b.memory.forget(b.region, "r'")
    with pytest.raises(InputError, match="not taken for the content"):
        assume_pointwise(b.memory, b.claim(N, tail=TAIL, tail_bytes=K))
