"""Running a standard on nodes, so that what it says is written down as it says it, and not as a normal form has it.

Vectors of bits compute on numbers by themselves and hand everything else to a module of operations.  While a standard
is recorded that module is one that makes a node for each operation and simplifies none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from typing import Any

from armsym.audit.bundle import Function
from armsym.audit.raw import ones
from armsym.audit.words import Words
from armsym.bits import Bits, OpaqueFunction
from armsym.certify.nodes import NotExportable
from armsym.errors import ArmsymError
from armsym.proof.handles import Iterated
from armsym.proof.state import Words as SpecWords
from armsym.terms.node import Term

__all__ = ["Recorded", "Recorder", "iterated", "recorded", "recording", "table_of"]

_ids = count(1)


#: A bit is written so many times at most, where a standard repeats it.
MOST_COPIES = 8


class Recorded(Term):
    """A node in the place of a term."""

    __slots__ = ("node",)

    def __init__(self, width: int, node: int) -> None:
        # (A number that no term has: what is kept by a term's number is kept for this node's value alone.)
        self.id = -next(_ids)
        self.width, self.node, self.pb = width, node, ones(width)

    def __repr__(self) -> str:
        return f"node {self.node}"


class Recorder:
    """The operations of `armsym.terms.ops` on nodes; what has no node raises `NotExportable`."""

    def __init__(self, words: Words, names: Callable[[str], str | None], term: Callable[[Term], int]) -> None:
        """`names`: how opaque functions are called here, if otherwise; `term`: the node of a term of the engine's."""
        self.words, self._names, self._term = words, names, term

    def of(self, value: int | Term) -> int:
        """The node of a value."""
        if isinstance(value, int):
            return self.words.const(value)
        if not isinstance(value, Recorded):
            # What the standard is given beside its arguments: round keys, say.
            return self._term(value)
        return value.node

    def __getattr__(self, name: str) -> Any:
        raise NotExportable(f"a standard's operation {name}")

    def add(self, w: int, a: Any, b: Any) -> Recorded:
        return Recorded(w, self.words.add(w, self.of(a), self.of(b)))

    def sub(self, w: int, a: Any, b: Any) -> Recorded:
        return Recorded(w, self.words.sub(w, self.of(a), self.of(b)))

    def neg(self, w: int, a: Any) -> Recorded:
        return Recorded(w, self.words.mulc(w, self.of(a), ones(w)))

    def mul(self, w: int, a: Any, b: Any) -> Recorded:
        if isinstance(b, int):
            return Recorded(w, self.words.mulc(w, self.of(a), b))
        if isinstance(a, int):
            return Recorded(w, self.words.mulc(w, self.of(b), a))
        raise NotExportable("a product of two unknown words")

    def xor(self, w: int, a: Any, b: Any) -> Recorded:
        return Recorded(w, self.words.xor(self.of(a), self.of(b)))

    def and_(self, w: int, a: Any, b: Any) -> Recorded:
        for word, bits in ((a, b), (b, a)):
            if isinstance(bits, int):
                return Recorded(w, self.words.mask(self.of(word), bits))
        return Recorded(w, self.words.and_(self.of(a), self.of(b)))

    def or_(self, w: int, a: Any, b: Any) -> Recorded:
        return Recorded(w, self.words.or_(self.of(a), self.of(b)))

    def lsl(self, w: int, a: Any, n: int) -> Any:
        return Recorded(w, self.words.lsl(w, self.of(a), n)) if n < w else 0

    def lsr(self, w: int, a: Any, n: int) -> Any:
        return Recorded(w, self.words.shr(self.of(a), n)) if n < w else 0

    def ror(self, w: int, a: Any, n: int) -> Recorded:
        return Recorded(w, self.words.ror(w, self.of(a), n))

    def extract(self, _: int, a: Any, low: int, width: int) -> Recorded:
        return Recorded(width, self.words.bits(self.of(a), low, width))

    def elements(self, w: int, a: Any, width: int) -> list[Recorded]:
        return [self.extract(w, a, low, width) for low in range(0, w, width)]

    def zext(self, _: int, a: Any, width: int) -> Recorded:
        return Recorded(width, self.of(a))

    def sext(self, w: int, a: Any, width: int) -> Recorded:
        if w == 1 and width <= MOST_COPIES:  # copies of a bit are an XOR, and no sum that carries
            bit = self.of(a)
            return Recorded(width, self.words.xor(*(self.words.shl(bit, k) for k in range(width))))
        return Recorded(width, self.words.extended(self.of(a), w, width))

    def concat(self, total: int, parts: Sequence[tuple[int, Any]]) -> Recorded:
        node, at = self.words.zero, 0
        for width, value in reversed(parts):
            node = self.words.xor(node, self.words.shl(self.of(value), at))
            at += width
        return Recorded(total, node)

    def ite(self, w: int, c: Any, a: Any, b: Any) -> Recorded:
        one, other = self.of(a), self.of(b)
        chosen = self.words.and_(self.words.repeated(w, self.of(c)), self.words.xor(one, other))
        return Recorded(w, self.words.xor(other, chosen))

    def select(self, w: int, index: Any, elements: Sequence[Any]) -> Recorded:
        return Recorded(w, self.words.selected(w, self.of(index), [self.of(e) for e in elements]))

    def eq(self, w: int, a: Any, b: Any) -> Recorded:
        return Recorded(1, self.words.is_zero(w, self.words.xor(self.of(a), self.of(b))))

    def clmul(self, w: int, a: Any, b: Any) -> Recorded:
        return Recorded(2 * w, self.words.app("clmul", (self.of(a), self.of(b)), ones(2 * w - 1)))

    def apply(
        self, name: str, width: int, arguments: Sequence[tuple[int, Any]], definition: object = None, **_: object
    ) -> Recorded:
        called = self._names(name) or table_of(name, definition)
        return Recorded(width, self.words.app(called, tuple(self.of(v) for _, v in arguments), ones(width)))


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Within this, vectors of bits compute with `recorder`."""
    modules: list[Any] = [import_module(f"armsym.bits.{name}") for name in ("vector", "choose", "opaque")]
    before = [m.ops for m in modules]
    for m in modules:
        m.ops = recorder
    try:
        yield
    finally:
        for m, ops in zip(modules, before, strict=True):
            m.ops = ops


def table_of(name: str, definition: object) -> str:
    """How a function that a standard names is called: by its bytes, if it is one of a byte to a byte."""
    if isinstance(definition, OpaqueFunction) and definition.width == 8:
        try:
            return "bytes:" + bytes(definition.definition(Bits(8, n)).uint for n in range(256)).hex()
        except (ArmsymError, TypeError):
            pass  # of other arguments
    return f"f.{name}"


def recorded(width: int, node: int) -> Bits:
    """A node as a vector of bits."""
    return Bits(width, Recorded(width, node))


def _of_its_state(_: Term) -> int:
    raise NotExportable("a function whose step speaks of more than its state")


def iterated(words: Words, f: Iterated, names: Callable[[str], str | None]) -> Function:
    """An iterated function with its steps recorded.  Raises `NotExportable`."""
    widths = f.widths
    if widths is None:
        raise NotExportable(f"the function {f.name}, which was never applied")
    state = [words.program.var(f"{f.name}.state.{k}", ones(n)) for k, n in enumerate(widths)]
    steps = []
    for k in range(f.times):
        recorder = Recorder(words, names, _of_its_state)
        with recording(recorder):
            after = f.step(SpecWords(recorded(n, s) for n, s in zip(widths, state, strict=True)), k)
            steps.append(tuple(recorder.of(word.value) for word in after))
    return Function(f.name, widths, tuple(steps))
