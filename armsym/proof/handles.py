"""What a proof file holds in its hands: regions, blocks, tables, folds, and claims about whole buffers.

Each works on numbers and on terms alike, so the same claims are evaluated on concrete runs and proved on symbolic
ones: what it means is asked of the `Meaning` that it was made for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeAlias, TypeVar
from weakref import WeakValueDictionary

from armsym.bits import Bits, Prop, ite
from armsym.bits.opaque import applied
from armsym.errors import InputError
from armsym.integers.expression import Integer, IntegerLike, Relation, Residue, integer
from armsym.machine import Machine
from armsym.proof.checks import a_function, a_number, a_text, a_vector, an_order, shown, told_by, vectors, whole_bytes
from armsym.proof.conditional import Conditional
from armsym.proof.state import State, Words
from armsym.terms.node import Term

__all__ = [
    "Blocks",
    "Claim",
    "Claims",
    "Computed",
    "Fold",
    "IntegerFold",
    "Iterated",
    "Local",
    "Meaning",
    "Number",
    "Pointwise",
    "Region",
    "ResidueFold",
    "Rodata",
    "Tail",
    "an_index",
]


#: A run on numbers computes no fold value of a greater index: H(n - 1) for n = 0 would take for ever.
MOST_STEPS = 1 << 20


class Meaning(Protocol):
    """What a proof's declarations stand for: numbers, terms, or the machine at a call.

    Offsets and indices are 64 bits.
    """

    #: The number of any block of a buffer: no fact speaks of it.
    _arbitrary: Bits
    #: In a concrete run: the first blocks of each pointwise claim met so far, as bytes.
    _blocks_of: dict[object, bytearray]

    def _region_base(self, r: Region) -> Bits:
        """The address of a region's first byte."""

    def _image_address(self, offset: int) -> Bits:
        """The address of an offset into the image."""

    def _prefer_cells(self, r: Region, cell: int, order: str) -> None:
        """Note that a region is read in cells of so many bytes, in this byte order."""

    def _read(self, r: Region, offset: Bits, size: int, order: str, at: State | None) -> Bits:
        """`size` bytes of a region, on entry or in a state."""

    def _bytes_of(self, r: Region, at: State | None) -> bytes:
        """All bytes of a region; raises `InputError` where they are not numbers."""

    def _index(self, k: Bits) -> Bits:
        """An index as claims name it."""

    def _block(self, fn: Callable[[Bits], Sequence[Bits]], j: Bits) -> list[Bits]:
        """The words of block j."""

    def _fold_at(self, f: Fold, k: Bits) -> Words:
        """H(k)."""

    def _residue_at(self, f: ResidueFold, k: Bits) -> Residue:
        """H(k), modulo its modulus."""

    def _integer_at(self, f: IntegerFold, k: Bits) -> IntegerLike:
        """H(k), a whole number."""

    def _tell_of(self, t: Any, words: Sequence[Bits]) -> None:
        """Let the path whose claims are made know what a theorem says of these words, if it says anything of them."""

    def _integer_after(self, f: IntegerFold, i: Bits) -> IntegerLike:
        """H(i + 1) as its definition makes it of H(i); i + 1 is not 0."""

    def _number_held(self, r: Region, k: Bits, at: State | None) -> IntegerLike:
        """The number that a region's first k words of 64 bits hold, on entry or in a state."""

    def _may_say(self, f: Any, i: Bits, *, past: bool) -> None:
        """Raise `InputError` for a block (with `past`, those before it) of which the pattern is not revealed."""

    def _accepted(self, f: Any, i: Bits, k: Bits) -> Bits:
        """The k-th accepted candidate of a filter's first i blocks."""

    def _counted(self, f: Any, i: Bits) -> Bits:
        """How many candidates of a filter's first i blocks are accepted."""

    def _kept(self, f: Any, i: Bits) -> tuple[Bits, Words, Bits]:
        """How many candidates of block i of a filter are accepted, these, and which they are."""


#: A condition, or several that must all hold.
#: What a fold has at an index.
T = TypeVar("T")

Claim: TypeAlias = "Prop | bool | Relation | Pointwise | Conditional | Sequence[Claim]"
#: Named claims: what `invariant` and `ensures` functions return.
Claims: TypeAlias = dict[str, Claim]


def an_index(what: str, index: object) -> Bits:
    """An int or a vector of 64 bits, as a vector."""
    if isinstance(index, int):
        return Bits(64, a_number(what, index, 0, (1 << 64) - 1))
    return a_vector(f"{what}, if it is no int,", index, 64)


def _stepped(name: str, before: Words, after: object) -> Words:
    return Words(vectors(f"{name}: the words that its step returns", after, [w.width for w in before]))


def _a_state(name: str, at: object) -> None:
    if at is not None and not isinstance(at, State):
        raise InputError(f"{name}: at= is a state, not {shown(at)}")


class Region:
    """A declared region of memory."""

    def __init__(self, meaning: Meaning, name: str, size: Bits, access: str) -> None:
        self._p = meaning
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
        tail: Sequence[Bits] = (),
        tail_bytes: Bits | int | None = None,
    ) -> Pointwise:
        """The claim that in the state `at` block j is `block(j)` for all j < upto, and the rest as on entry.

        A block is `words` words of `width` bits.  After the blocks come `tail_bytes` bytes, the first ones of `tail`
        (all of them, if it is None), and only then the rest.  How many, each path that it is proved on has to know.
        """
        whole_bytes(f"{self.name}: the width of a word", width), an_order(self.name, order)
        a_number(f"{self.name}: the words in a block", words, 1)
        if not isinstance(at, State):
            raise InputError(f"{self.name}: at= is a state, not {shown(at)}")
        a_vector(f"{self.name}: upto, in blocks", upto, 64), a_function(f"{self.name}: block", block, "j")
        vectors(f"{self.name}: the bytes of the tail", tail, [8] * len(tail))
        more = an_index(f"{self.name}: tail_bytes", len(tail) if tail_bytes is None else tail_bytes)
        self._p._prefer_cells(self, width // 8, order)
        return Pointwise(self, at, self._p._index(upto), block, words, width, order, Tail(tuple(tail), more))

    def number(self, k: Bits | int, *, at: State | None = None) -> IntegerLike:
        """The number that the first k words of 64 bits hold, the first the least significant: on entry, or in `at`.

        The k words lie in the region.  It is a value of a fold, `p.number` of what the region holds, whatever that is:
        a store of a word to it changes it by the difference of two words.
        """
        _a_state(self.name, at)
        self._p._prefer_cells(self, 8, "little")
        count = an_index(f"{self.name}: how many words", k)
        return self._p._number_held(self, count if isinstance(k, int) else self._p._index(count), at)

    def byte(self, index: Bits | int, *, at: State | None = None) -> Bits:
        """The byte at an index, 8 bits: on entry, or in the state `at`."""
        _a_state(self.name, at)
        self._p._prefer_cells(self, 1, "little")
        k = an_index(f"{self.name}: the index of a byte", index)
        return self._p._read(self, self._p._index(k), 1, "little", at)


class Local:
    """A buffer of the routine's own: bytes of its stack area."""

    def __init__(self, meaning: Meaning, stack: Region, start: int, size: int) -> None:
        self._p, self._stack, self.start, self.size = meaning, stack, start, size

    def holds(
        self,
        block: Callable[[Bits], Sequence[Bits]],
        *,
        upto: Bits | int,
        at: State,
        words: int,
        width: int,
        order: str = "little",
    ) -> Pointwise:
        """The claim that in the state `at` block j of the buffer is `block(j)` for all j < upto.

        Of the rest of the stack area nothing is said, and nothing is known where the claim is taken for true.
        """
        what = f"the buffer of {self.size} bytes on the stack"
        whole_bytes(f"{what}: the width of a word", width), an_order(what, order)
        a_number(f"{what}: the words in a block", words, 1)
        if not isinstance(at, State):
            raise InputError(f"{what}: at= is a state, not {shown(at)}")
        a_function(f"{what}: block", block, "j")
        blocks = self._p._index(an_index(f"{what}: upto, in blocks", upto))
        return Pointwise(self._stack, at, blocks, block, words, width, order, place=(self.start, self.size))


class Blocks:
    """`M(i)`: block i of a region, as words."""

    def __init__(self, meaning: Meaning, region: Region, words: int, width: int, order: str, at: State | None) -> None:
        self._p, self.region, self.count, self.width, self.order, self._at = meaning, region, words, width, order, at
        self._start = Bits(64, 0)

    def starting(self, offset: Bits) -> Blocks:
        """The same, but that block 0 begins so many bytes from the start of the region (64 bits)."""
        found = Blocks(self._p, self.region, self.count, self.width, self.order, self._at)
        found._start = self._start + offset
        return found

    def __call__(self, index: Bits | int) -> Words:
        """The words of block `index`."""
        k = an_index(f"{self.region.name}: the index of a block", index)
        k = k if isinstance(index, int) else self._p._index(k)
        step = self.width // 8
        start = self._start + k * (self.count * step)
        return Words(
            self._p._read(self.region, start + j * step, step, self.order, self._at) for j in range(self.count)
        )

    def upto(self, n: Bits) -> Callable[[Bits], Words]:
        """The same of the blocks before block `n`, and words that are 0 from there on, at any index."""
        a_vector(f"{self.region.name}: of how many blocks", n, 64)

        def block(j: Bits) -> Words:
            within = j < n
            if within.value is False:
                return Words(Bits(self.width, 0) for _ in range(self.count))
            return Words(ite(within, w, Bits(self.width, 0)) for w in self(j))

        return block


class Rodata:
    """A read-only table of the file, found by its content."""

    def __init__(self, meaning: Meaning, offset: int) -> None:
        self._p, self.offset = meaning, offset

    @property
    def base(self) -> Bits:
        """Its address."""
        return self._p._image_address(self.offset)


class Iterated:
    """f(S): `step` applied `times` times to some words, S(0) = S and S(k + 1) = step(S(k), k).

    On numbers it is computed; on terms f stands for itself, as an uninterpreted function of all the
    words, whose meaning a proof unfolds with `Proof.unfold`.
    """

    _names: ClassVar[dict[str, int]] = {}
    #: By name, for whoever writes down what a proof says.
    known: ClassVar[WeakValueDictionary[str, Iterated]] = WeakValueDictionary()

    def __init__(self, step: Callable[[Words, int], Sequence[Bits]], *, times: int, name: str) -> None:
        a_function("Iterated: step", step, "state", "k")
        if a_number("Iterated: times", times) < 1 or not a_text("Iterated: the name", name).isidentifier():
            raise InputError(f"{name!r}: an iterated function has an identifier for a name and at least one step")
        self.step, self.times = step, times
        # Two functions of one name are two functions.
        used = Iterated._names[name] = Iterated._names.get(name, 0) + 1
        self.name = name if used == 1 else f"{name}'{used}"
        #: The widths of the words that it was applied to.
        self.widths: tuple[int, ...] | None = None
        #: The numbers that it was last applied to, and what it is of them: it is often asked again.
        self._last: tuple[tuple[tuple[int, int], ...], tuple[Bits, ...]] | None = None
        Iterated.known[self.name] = self

    def __call__(self, S: Sequence[Bits]) -> Words:
        """f(S), of as many words as S."""
        vectors(f"{self.name}: the words it is a function of", S)
        if all(w.is_concrete for w in S):
            given = tuple((w.width, w.uint) for w in S)
            if self._last is None or self._last[0] != given:
                result = Words(S)
                for k in range(self.times):
                    result = _stepped(self.name, result, self.step(result, k))
                self._last = given, tuple(result)
            return Words(self._last[1])
        self.widths = tuple(w.width for w in S)
        return Words(applied(f"{self.name}().{j}", w.width, S) for j, w in enumerate(S))


class Computed(Generic[T]):
    """v(0) = start, v(i + 1) = step(v(i), i), on numbers: each is computed once, and those before it."""

    def __init__(self, name: str, start: T, step: Callable[[T, Bits], T]) -> None:
        """`step` takes the index as 64 bits."""
        self._name, self._step, self._values = name, step, [start]

    def __call__(self, k: int) -> T:
        """v(k); raises `InputError` for more than `MOST_STEPS` steps."""
        if k > MOST_STEPS:
            raise InputError(
                f"{self._name}({k:#x}) is not computed: runs on numbers take at most {MOST_STEPS} steps of a fold"
            )
        for i in range(len(self._values) - 1, k):
            self._values.append(self._step(self._values[i], Bits(64, i)))
        return self._values[k]


class _Steps(Generic[T]):
    """H(0) = start and H(i + 1) made of H(i): values by an index of 64 bits."""

    def __init__(self, meaning: Meaning, name: str, start: T) -> None:
        self._p, self.name, self.start = meaning, name, start
        #: H(k) by computing it.
        self.concrete = Computed(name, start, self._next)

    def __call__(self, index: Bits | int) -> T:
        """H(index)."""
        k = an_index(f"{self.name}: the index of a fold", index)
        return self.at(k if isinstance(index, int) else self._p._index(k))

    def at(self, k: Bits) -> T:
        """H(k), the index as it is written."""
        raise NotImplementedError

    def _next(self, before: T, i: Bits) -> T:
        """H(i + 1), where H(i) is `before`."""
        raise NotImplementedError


class Fold(_Steps[Words]):
    """H(0) = start, H(i + 1) = step(H(i), over(i)); `of` says that they are the steps of an iterated function."""

    def __init__(
        self,
        meaning: Meaning,
        name: str,
        step: Callable[[Words, Words], Sequence[Bits]],
        start: Sequence[Bits],
        over: Callable[[Bits], Words],
        of: Iterated | None = None,
    ) -> None:
        super().__init__(meaning, name, Words(start))
        self.step, self.over, self.of = step, over, of
        #: On symbols: of each word whether it depends on a secret, once that was looked at.
        self.secrets: tuple[bool, ...] | None = None

    def at(self, k: Bits) -> Words:
        return self._p._fold_at(self, k)

    def stepped(self, before: Words, block: Sequence[Bits]) -> Words:
        """The step from these words with this block, of as many words of the same widths."""
        return _stepped(self.name, before, self.step(before, Words(vectors(f"{self.name}: a block", block))))

    def _next(self, before: Words, i: Bits) -> Words:
        return self.stepped(before, self.over(i))


class ResidueFold(_Steps[Residue]):
    """H(0) = start, H(i + 1) = step(H(i), over(i)), modulo a number."""

    def __init__(
        self,
        meaning: Meaning,
        name: str,
        modulus: int,
        step: Callable[[Residue, IntegerLike], Residue],
        start: IntegerLike,
        over: Callable[[Bits], IntegerLike],
    ) -> None:
        super().__init__(meaning, name, Residue(modulus, start))
        self.modulus, self.step, self.over = modulus, step, over

    def at(self, k: Bits) -> Residue:
        return self._p._residue_at(self, k)

    def stepped(self, before: Residue, i: Bits) -> Residue:
        """The step at i."""
        after = self.step(before, self.over(i))
        if not isinstance(after, Residue) or after.modulus != self.modulus:
            raise InputError(
                told_by(self.step, f"{self.name}: a step gives a residue modulo {self.modulus}, not {shown(after)}")
            )
        return after

    def _next(self, before: Residue, i: Bits) -> Residue:
        return self.stepped(before, i)


class IntegerFold(_Steps[IntegerLike]):
    """H(0) = start, H(i + 1) = step(H(i), over(i)), whole numbers."""

    #: What each value is at least, and a fold whose value at the same index is greater, where its maker knows.
    least: int | None = None
    bound: IntegerFold | None = None
    #: What else than the index its values are made of: of a family of folds which one it is.
    parameter: Term | None = None
    _count: ClassVar[int] = 0

    def __init__(
        self,
        meaning: Meaning,
        name: str,
        step: Callable[[IntegerLike, IntegerLike], IntegerLike],
        start: IntegerLike,
        over: Callable[[Bits], IntegerLike],
    ) -> None:
        super().__init__(meaning, name, a_whole_number(f"{name}: its start", start))
        self.step, self.over = step, over
        IntegerFold._count += 1
        self.number = IntegerFold._count

    def at(self, k: Bits) -> IntegerLike:
        return self._p._integer_at(self, k)

    def put(self, put: Callable[[Bits], Bits]) -> IntegerFold:
        """The fold of another parameter."""
        return self

    def after(self, i: Bits) -> IntegerLike:
        """H(i + 1) made of H(i), wherever i + 1 does not wrap around, whether or not i tells that."""
        return self._p._integer_after(self, i)

    def stepped(self, before: IntegerLike, i: Bits) -> IntegerLike:
        """The step at i."""
        what = told_by(self.over, f"{self.name}: what its step is made over")
        number = a_whole_number(what, self.over(i))
        return a_whole_number(told_by(self.step, f"{self.name}: what its step gives"), self.step(before, number))

    def _next(self, before: IntegerLike, i: Bits) -> IntegerLike:
        return self.stepped(before, i)


class Number(IntegerFold):
    """N(k) = word(0) + 2^w word(1) + ... + 2^(w (k - 1)) word(k - 1); so 0 <= N(k) < unit(k) = 2^(w k)."""

    least = 0

    def __init__(self, meaning: Meaning, name: str, word: Callable[[Bits], Bits | Sequence[Bits]], unit: Unit) -> None:
        self.unit = self.bound = unit

        def value(i: Bits) -> IntegerLike:
            got = word(i)
            words = [got] if isinstance(got, Bits) else vectors(told_by(word, f"{name}: its words"), got)
            if sum(w.width for w in words) != unit.width:
                has = sum(w.width for w in words)
                raise InputError(told_by(word, f"{name}: a word was said to be {unit.width} bits, it has {has}"))
            return unit.at(i) * integer(words)

        super().__init__(meaning, name, lambda before, x: before + x, 0, value)


class Unit(IntegerFold):
    """unit(k) = 2^(width k), which is at least 1."""

    least = 1

    def __init__(self, meaning: Meaning, width: int) -> None:
        self.width = width
        super().__init__(meaning, f"2**{width}*", lambda before, _: before * (1 << width), 1, lambda _: 0)


def a_whole_number(what: str, value: object) -> IntegerLike:
    """An integer, or a Python int; raises `InputError` for anything else."""
    if not isinstance(value, (int, Integer)) or isinstance(value, bool):
        raise InputError(f"{what} is an integer, not {shown(value)}")
    return value


class Tail(NamedTuple):
    """What follows the blocks of a pointwise claim: the first `size` bytes of `content`."""

    content: tuple[Bits, ...]
    size: Bits


class Pointwise:
    """The claim that block j of `region` is `block(j)` for all j < upto, then `tail` follows, and all else as on entry.

    A block is `words` words of `width` bits in byte order `order`.
    """

    def __init__(
        self,
        region: Region,
        at: State,
        upto: Bits,
        block: Callable[[Bits], Sequence[Bits]],
        words: int,
        width: int,
        order: str,
        tail: Tail | None = None,
        place: tuple[int, int] | None = None,
    ) -> None:
        """`place`: where in the region block 0 begins, and the bytes that count; of the rest it says nothing."""
        assert tail is None or place is None, "what follows blocks of which the rest is not told"
        if width % 8 or words < 1:
            raise InputError(f"{region.name}: a block is at least one word of whole bytes, not {words} of {width} bits")
        self.region, self.state, self.upto, self.block = region, at, upto, block
        self.words, self.width, self.order, self.tail = words, width, order, tail or Tail((), Bits(64, 0))
        self.partial = place is not None
        self.start, room = place or (0, 0)
        #: The bytes that the blocks have to lie in.
        self.room = Bits(64, room) if place else region.size

    @property
    def size(self) -> int:
        """Bytes in a block."""
        return self.words * self.width // 8

    def __bool__(self) -> bool:
        raise InputError(f"{self.region.name}: a claim about a buffer has no truth value: give claims as a list")

    def __eq__(self, other: object) -> Any:
        raise InputError(f"{self.region.name}: a claim about a buffer is not compared with anything")

    __ne__ = __eq__
    __hash__ = object.__hash__

    def speaks_of(self, m: Machine) -> None:
        """Raise `InputError` unless it is about this machine's state: what is looked at is its memory."""
        if self.state.machine is not m:
            raise InputError(f"{self.region.name}: a claim about a state that was handed to another claim")

    @property
    def arbitrary(self) -> Bits:
        """The variable that stands for the number of any block: no fact speaks of it."""
        return self.region._p._arbitrary

    @property
    def within(self) -> Prop:
        """That the blocks claimed, and the tail, lie in the region; said so that nothing wraps."""
        most, end = Bits(64, ((1 << 64) - 1) // self.size), self.upto * self.size
        blocks = (self.upto <= most) & (end <= self.room)
        return blocks & (self.tail.size <= self.room - end)

    def expected(self, j: Bits) -> list[Bits]:
        """The words of block j as claimed; raises `InputError` if they are not of the stated shape."""
        got = self.region._p._block(self.block, j)
        if len(got) != self.words or any(not isinstance(w, Bits) or w.width != self.width for w in got):
            raise InputError(
                told_by(
                    self.block,
                    f"{self.region.name}: a block was said to be {self.words} words of {self.width} bits,"
                    f" its function gives {[getattr(w, 'width', w) for w in got]}",
                )
            )
        return got

    def concrete(self) -> Iterator[tuple[str, Prop]]:
        """The conditions it consists of, in a concrete run, each with the place that it is about."""
        r = self.region
        now, before = r._p._bytes_of(r, self.state), b"" if self.partial else r._p._bytes_of(r, None)
        if self.partial:
            now = now[self.start : self.start + self.room.uint]
        step, cut = self.width // 8, self.upto.uint * self.size
        if cut > len(now):
            raise InputError(f"claim reads block {len(now) // self.size} of {r.name}, past its {len(now)} bytes")
        done = r._p._blocks_of.setdefault((r.name, self.block, self.words, self.width, self.order), bytearray())
        for j in range(len(done) // self.size, self.upto.uint):
            done += b"".join(w.to_bytes(self.order) for w in self.expected(Bits(64, j)))
        end = cut + self.tail.size.uint
        if end > len(now) or self.tail.size.uint > len(self.tail.content):
            raise InputError(
                f"claim says that a tail of {self.tail.size.uint} bytes, of which {len(self.tail.content)} are given,"
                f" follows byte {cut} of {r.name}, which has {len(now)}"
            )
        tail = b"".join(b.to_bytes("little") for b in self.tail.content[: end - cut])
        if self.partial:
            now = now[:end]
        want = done[:cut] + tail + before[end:]
        if now == want:
            yield "", Prop(True)
            return
        # Only a difference is worth saying where.
        for at in [*range(0, cut, step), *range(cut, len(now))]:
            n = step if at < cut else 1
            order = self.order if at < cut else "little"
            what = f"block {at // self.size}, word {at % self.size // step}" if at < cut else "after the blocks"
            place = f"{what}, at {r.name}+{self.start + at:#x}"
            yield place, Bits.from_bytes(now[at : at + n], order) == Bits.from_bytes(bytes(want[at : at + n]), order)
