"""What a proof file holds in its hands: words, states, regions, blocks, folds.

Each works on numbers and on terms alike, so the same claims are evaluated on concrete runs and
proved on symbolic ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, SupportsIndex, TypeAlias, overload

from armsym.bits import Bits, Prop
from armsym.errors import InputError, SymbolicTruthError
from armsym.machine import Machine
from armsym.proof.checks import a_function, a_number, a_text, a_vector, an_order, shown, vectors, whole_bytes
from armsym.proof.pointwise import Pointwise
from armsym.terms.ops import apply

if TYPE_CHECKING:
    from armsym.proof.declare import Proof

__all__ = ["Blocks", "Claim", "Claims", "Fold", "Iterated", "Region", "Rodata", "State", "Words", "lanes"]

#: A condition, or several that must all hold.
Claim: TypeAlias = "Prop | bool | Pointwise | Sequence[Claim]"
#: Named claims: what `invariant` and `ensures` functions return.
Claims: TypeAlias = dict[str, Claim]


class _Conditions(list[Prop]):
    """Conditions that must all hold: a claim, like one condition no truth value (`and` would drop the first list)."""

    def __bool__(self) -> bool:
        raise SymbolicTruthError(
            "a list of conditions has no truth value here: state it as a claim, or several in one list"
        )


class Words(list[Bits]):
    """A list of bit vectors that compares element by element: `==` gives a list of conditions."""

    def __eq__(self, other: object) -> list[Prop]:  # type: ignore[override]
        if not isinstance(other, (list, tuple)):
            raise InputError(f"{len(self)} words are compared with a list of words, not with {type(other).__name__}")
        if len(self) != len(other):
            raise InputError(f"{len(self)} words are compared with {len(other)} words")
        return _Conditions(a == b for a, b in zip(self, other, strict=True))

    def __ne__(self, other: object) -> list[Prop]:  # type: ignore[override]
        raise InputError("words are compared with ==: say which of them differ")

    __hash__ = None

    @overload
    def __getitem__(self, index: SupportsIndex) -> Bits: ...
    @overload
    def __getitem__(self, index: slice) -> Words: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Bits | Words:
        got = super().__getitem__(index)
        return Words(got) if isinstance(index, slice) else got  # type: ignore[arg-type,return-value]


def lanes(words: Iterable[Bits], total: int = 128) -> Words:
    """Words packed into vectors of `total` bits, the first word in the least significant lane."""
    rest = vectors("lanes: the words", words)
    if not rest:
        return Words()
    a_number("lanes: total", total, 1)
    if any(w.width != rest[0].width for w in rest) or total % rest[0].width:
        raise InputError(f"words of {sorted({w.width for w in rest})} bits do not fill vectors of {total} bits")
    per = total // rest[0].width
    if len(rest) % per:
        raise InputError(f"{len(rest)} words of {rest[0].width} bits do not fill vectors of {total} bits")
    return Words(Bits.from_elems(rest[k : k + per]) for k in range(0, len(rest), per))


def _index(what: str, index: object) -> Bits:
    """An int or a vector of 64 bits, as a vector."""
    if isinstance(index, int):
        return Bits(64, a_number(what, index, 0, (1 << 64) - 1))
    return a_vector(f"{what}, if it is no int,", index, 64)


def _stepped(name: str, before: Words, after: object) -> Words:
    return Words(vectors(f"{name}: the words that its step returns", after, [w.width for w in before]))


def _a_state(name: str, at: object) -> None:
    if at is not None and not isinstance(at, State):
        raise InputError(f"{name}: at= is a state, not {shown(at)}")


class State:
    """A machine state as claims see it.

    `s.x0` .. `s.x30`, `s.w0` .., `s.sp`; `s.x[3]`, `s.v[0:4]` (128 bits each), `s.q0`, `s.d0`, `s.s0`.
    """

    def __init__(self, machine: Machine) -> None:
        self._m = machine

    @property
    def machine(self) -> Machine:
        """The machine itself."""
        return self._m

    @property
    def x(self) -> Words:
        """X0..X30."""
        return Words(self._m.x)

    @property
    def w(self) -> Words:
        """W0..W30: the low 32 bits."""
        return Words(r[31:0] for r in self._m.x)

    @property
    def v(self) -> Words:
        """V0..V31, 128 bits each."""
        return Words(self._m.v)

    @property
    def sp(self) -> Bits:
        """The stack pointer."""
        return self._m.sp

    def load(self, address: Bits, width: int) -> Bits:
        """The content of memory at an address, `width` bits, little-endian; no access is recorded."""
        size = whole_bytes("load: the width", width) // 8
        return self._m.memory.look(a_vector("load: the address", address, 64), size)

    def words(self, address: Bits, width: int, count: int) -> Words:
        """`count` words of `width` bits from an address up (stack slots, for example)."""
        a_vector("words: the address", address, 64), whole_bytes("words: the width", width)
        return Words(self.load(address + k * (width // 8), width) for k in range(a_number("words: how many", count, 1)))

    def __getattr__(self, name: str) -> Bits:
        kind, digits = name[:1], name[1:]
        if digits.isdigit() and (n := int(digits)) < 32:
            m = self._m
            if kind == "x" and n < 31:
                return m.x[n]
            if kind == "w" and n < 31:
                return m.x[n][31:0]
            widths = {"v": 128, "q": 128, "d": 64, "s": 32}
            if kind in widths:
                return m.read_v(n, widths[kind])
        if name.startswith("_"):
            raise AttributeError(name)
        raise InputError(f"a state has registers x0..x30, w0..w30, sp, v0..v31, q, d and s, not {name!r}")


class Region:
    """A declared region of memory."""

    def __init__(self, proof: Proof, name: str, size: Bits, access: str) -> None:
        self._p = proof
        self.name, self.size, self.access = name, size, access

    @property
    def base(self) -> Bits:
        """The address of its first byte."""
        return self._p._region_base(self)

    def words(self, width: int, *, order: str = "little", at: State | None = None, count: int | None = None) -> Words:
        """The content as words of `width` bits: on entry, or in the state `at`.

        All whole words of a region of fixed size, or the first `count` words.
        """
        whole_bytes(f"{self.name}: the width of a word", width), an_order(self.name, order)
        _a_state(self.name, at)
        if count is not None:
            a_number(f"{self.name}: how many words", count, 1)
        if count is None:
            if not self.size.is_concrete:
                raise InputError(f"{self.name} has no fixed size: say how many words with count=, or use blocks()")
            count = self.size.uint * 8 // width
        self._p._prefer_cells(self, width // 8, order)
        step = width // 8
        return Words(self._p._read(self, Bits(64, k * step), step, order, at) for k in range(count))

    def blocks(self, words: int, width: int, *, order: str = "little", at: State | None = None) -> Blocks:
        """The content as blocks of `words` words of `width` bits, read on entry (or in the state `at`)."""
        whole_bytes(f"{self.name}: the width of a word", width), an_order(self.name, order)
        _a_state(self.name, at)
        a_number(f"{self.name}: the words in a block", words, 1)
        self._p._prefer_cells(self, width // 8, order)
        return Blocks(self._p, self, words, width, order, at)

    def holds(
        self,
        block: Callable[[Bits], Sequence[Bits]],
        *,
        upto: Bits,
        at: State,
        words: int,
        width: int,
        order: str = "little",
    ) -> Pointwise:
        """The claim that in the state `at` block j is `block(j)` for all j < upto, and the rest as on entry.

        A block is `words` words of `width` bits.
        """
        whole_bytes(f"{self.name}: the width of a word", width), an_order(self.name, order)
        a_number(f"{self.name}: the words in a block", words, 1)
        if not isinstance(at, State):
            raise InputError(f"{self.name}: at= is a state, not {shown(at)}")
        a_vector(f"{self.name}: upto, in blocks", upto, 64), a_function(f"{self.name}: block", block, "j")
        self._p._prefer_cells(self, width // 8, order)
        return Pointwise(self, at, self._p._index(upto), block, words, width, order)

    def byte(self, index: Bits | int, *, at: State | None = None) -> Bits:
        """The byte at an index, 8 bits: on entry, or in the state `at`."""
        _a_state(self.name, at)
        self._p._prefer_cells(self, 1, "little")
        k = _index(f"{self.name}: the index of a byte", index)
        return self._p._read(self, self._p._index(k), 1, "little", at)


class Blocks:
    """`M(i)`: block i of a region, as words."""

    def __init__(self, proof: Proof, region: Region, words: int, width: int, order: str, at: State | None) -> None:
        self._p, self.region, self.count, self.width, self.order, self._at = proof, region, words, width, order, at

    def __call__(self, index: Bits | int) -> Words:
        """The words of block `index`."""
        k = _index(f"{self.region.name}: the index of a block", index)
        k = k if isinstance(index, int) else self._p._index(k)
        step = self.width // 8
        start = k * (self.count * step)
        return Words(
            self._p._read(self.region, start + j * step, step, self.order, self._at) for j in range(self.count)
        )


class Rodata:
    """A read-only table of the file, found by its content."""

    def __init__(self, proof: Proof, offset: int) -> None:
        self._p, self.offset = proof, offset

    @property
    def base(self) -> Bits:
        """Its address."""
        return self._p._image_base() + self.offset


class Iterated:
    """f(S): `step` applied `times` times to some words, S(0) = S and S(k + 1) = step(S(k), k).

    On numbers it is computed; on terms f stands for itself, as an uninterpreted function of all the
    words, whose meaning a proof unfolds with `Proof.unfold`.
    """

    _names: ClassVar[dict[str, int]] = {}

    def __init__(self, step: Callable[[Words, int], Sequence[Bits]], *, times: int, name: str) -> None:
        a_function("Iterated: step", step, "state", "k")
        if a_number("Iterated: times", times) < 1 or not a_text("Iterated: the name", name).isidentifier():
            raise InputError(f"{name!r}: an iterated function has an identifier for a name and at least one step")
        self.step, self.times = step, times
        # Two functions of one name are two functions.
        used = Iterated._names[name] = Iterated._names.get(name, 0) + 1
        self.name = name if used == 1 else f"{name}'{used}"

    def __call__(self, S: Sequence[Bits]) -> Words:
        """f(S), of as many words as S."""
        vectors(f"{self.name}: the words it is a function of", S)
        if all(w.is_concrete for w in S):
            result = Words(S)
            for k in range(self.times):
                result = _stepped(self.name, result, self.step(result, k))
            return result
        args = [(w.width, w.value) for w in S]
        return Words(Bits(w.width, apply(f"{self.name}().{j}", w.width, args)) for j, w in enumerate(S))


class Fold:
    """H(0) = start, H(i + 1) = step(H(i), over(i)); `of` says that they are the steps of an iterated function."""

    def __init__(
        self,
        proof: Proof,
        name: str,
        step: Callable[[Words, Words], Sequence[Bits]],
        start: Sequence[Bits],
        over: Callable[[Bits], Words],
        of: Iterated | None = None,
    ) -> None:
        self._p, self.name, self.step, self.over, self.of = proof, name, step, over, of
        self.start = Words(start)
        self._concrete: list[Words] = [self.start]
        self._memo: dict[object, Words] = {}

    def __call__(self, index: Bits | int) -> Words:
        """H(index)."""
        k = _index(f"{self.name}: the index of a fold", index)
        k = k if isinstance(index, int) else self._p._index(k)
        return self._p._fold_at(self, k)

    def generalise(self, k: int) -> None:
        """From here on let H(k) be arbitrary words (symbolic runs only; see `Proof.cut`)."""
        self._p._generalise(self, k)

    def stepped(self, before: Words, block: Sequence[Bits]) -> Words:
        """The step from these words with this block, of as many words of the same widths."""
        return _stepped(self.name, before, self.step(before, Words(vectors(f"{self.name}: a block", block))))

    def concrete(self, k: int) -> Words:
        """H(k) by computing it."""
        while len(self._concrete) <= k:
            i = len(self._concrete) - 1
            self._concrete.append(self.stepped(self._concrete[i], self.over(Bits(64, i))))
        return self._concrete[k]
