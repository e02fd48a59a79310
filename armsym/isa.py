"""Encoding diagrams, and the decoder built from them.

An instruction class is a Python class under `@instruction(diagram)`, where the diagram is
the Arm manual's: a line of bit ranges and a line of names or fixed bits.

    @instruction('''
        31 | 30 | 29 | 28  23 | 22 | 21 10 | 9 5 | 4 0
        sf | op | S  | 100010 | sh | imm12 | Rn  | Rd
    ''')
    class AddSubImmediate(Instruction): ...

Fields become int attributes.  Decoding is strict: a word decodes only if exactly one class
matches its fixed bits and calls it `allocated`; two matches are an error, never a choice.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, TypeVar

from armsym.errors import ArmsymError, UnmodelledInstruction

if TYPE_CHECKING:
    from armsym.machine import Machine

__all__ = ["DiagramError", "Field", "Instruction", "InstructionSet", "instruction"]


class DiagramError(ArmsymError):
    """An encoding diagram, or a set of them, contradicts itself."""

    exit_code = 4


class Field:
    """A named field of an encoding: bits `hi` down to `lo` of the word."""

    __slots__ = ("hi", "lo", "mask", "name")

    def __init__(self, name: str, hi: int, lo: int) -> None:
        self.name, self.hi, self.lo = name, hi, lo
        self.mask = (1 << (hi - lo + 1)) - 1

    @property
    def width(self) -> int:
        """How many bits the field has."""
        return self.hi - self.lo + 1

    def __repr__(self) -> str:
        return f"{self.name}<{self.hi}:{self.lo}>"


class Instruction:
    """One decoded instruction; subclasses are encoding classes of the Arm manual."""

    #: Bits of the word that the diagram fixes, and their values.
    fixed_mask: ClassVar[int]
    fixed_value: ClassVar[int]
    #: Named fields, most significant first.
    fields: ClassVar[tuple[Field, ...]]

    #: The 32-bit word this was decoded from.
    word: int

    def allocated(self) -> bool:
        """Whether the manual allocates this combination of field values to this class."""
        return True

    def execute(self, m: Machine) -> None:
        """The manual's operation, on a machine with concrete or symbolic values."""
        raise NotImplementedError

    def assembly(self, pc: int) -> str:
        """The manual's preferred assembler syntax, for an instruction at address `pc`."""
        raise NotImplementedError

    def assumption(self) -> str | None:
        """What a proof that meets this instruction takes for granted of the core, if anything."""
        return None

    def btype(self) -> int:
        """PSTATE.BTYPE, two bits, where this branch leads in a guarded page; 0 for what is no indirect branch."""
        return 0

    def lands(self, btype: int) -> bool:
        """Whether a branch that set PSTATE.BTYPE to this, which is not 0, may lead here in a guarded page."""
        return False

    @classmethod
    def encode(cls, **values: int) -> int:
        """The word with these field values (all fields must be given); raises `DiagramError`."""
        word = cls.fixed_value
        for f in cls.fields:
            v = values.pop(f.name)
            if not 0 <= v <= f.mask:
                raise DiagramError(f"{cls.__name__}: {f.name} has {f.width} bits, {v:#x} does not fit")
            word |= v << f.lo
        if values:
            raise DiagramError(f"{cls.__name__} has no field {', '.join(values)}")
        return word

    @classmethod
    def from_word(cls, word: int) -> Instruction | None:
        """The instruction if the fixed bits match and the combination is allocated."""
        if word & cls.fixed_mask != cls.fixed_value:
            return None
        i = cls.__new__(cls)
        i.word = word
        for f in cls.fields:
            setattr(i, f.name, (word >> f.lo) & f.mask)
        return i if i.allocated() else None

    def __repr__(self) -> str:
        values = ", ".join(f"{f.name}={getattr(self, f.name):#x}" for f in self.fields)
        return f"{type(self).__name__}({values})"


I = TypeVar("I", bound=type[Instruction])  # noqa: E741 - the manual's letter for an instruction


def instruction(diagram: str) -> Callable[[I], I]:
    """Give an `Instruction` subclass its encoding diagram; raises `DiagramError`."""

    def apply(cls: I) -> I:
        mask, value, fields = _parse(diagram, cls.__name__)
        annotated = {n for n in inspect.get_annotations(cls) if n != "word"}
        named = {f.name for f in fields}
        if annotated != named:
            raise DiagramError(
                f"{cls.__name__}: the diagram names {sorted(named)}, the class declares {sorted(annotated)}"
            )
        cls.fixed_mask, cls.fixed_value, cls.fields = mask, value, fields
        return cls

    return apply


def _parse(diagram: str, name: str) -> tuple[int, int, tuple[Field, ...]]:
    lines = [ln for ln in (raw.strip() for raw in diagram.splitlines()) if ln]
    if len(lines) != 2:
        raise DiagramError(f"{name}: a diagram is a line of bit ranges and a line of names, got {len(lines)} lines")
    ranges, names = ([c.strip() for c in ln.split("|")] for ln in lines)
    if len(ranges) != len(names):
        raise DiagramError(f"{name}: {len(ranges)} bit ranges but {len(names)} names")
    mask = value = 0
    fields: list[Field] = []
    expected = 31
    for r, n in zip(ranges, names, strict=True):
        ends = [int(e) for e in r.split()]
        hi, lo = ends[0], ends[-1]
        if hi != expected or lo > hi:
            raise DiagramError(f"{name}: bits {r!r} do not continue at bit {expected}")
        expected = lo - 1
        width = hi - lo + 1
        if n and set(n) <= {"0", "1"}:
            if len(n) != width:
                raise DiagramError(f"{name}: fixed bits {n} for {width} bits {hi}:{lo}")
            mask |= ((1 << width) - 1) << lo
            value |= int(n, 2) << lo
        elif n.isidentifier():
            if any(f.name == n for f in fields):
                raise DiagramError(f"{name}: the field {n} is named twice")
            fields.append(Field(n, hi, lo))
        else:
            raise DiagramError(f"{name}: {n!r} is neither fixed bits nor a field name")
    if expected != -1:
        raise DiagramError(f"{name}: bits {expected}:0 are missing")
    return mask, value, tuple(fields)


_INDEX_SHIFT = 21  # the decoder's first table is indexed by bits 31:21


class InstructionSet:
    """A set of encoding classes and their decoder."""

    def __init__(
        self, name: str, classes: Iterable[type[Instruction]], data_independent: Collection[str] = frozenset()
    ) -> None:
        """`data_independent` are mnemonics whose duration depends on nothing but what they announce to `on_leak`."""
        self.name = name
        self.data_independent = frozenset(data_independent)
        self.classes = tuple(classes)
        if len(set(self.classes)) != len(self.classes):
            raise DiagramError(f"{name}: an encoding class is listed twice")
        self._check_overlap()
        low = (1 << _INDEX_SHIFT) - 1
        self._index: list[tuple[type[Instruction], ...]] = []
        for top in range(1 << (32 - _INDEX_SHIFT)):
            word = top << _INDEX_SHIFT
            self._index.append(tuple(c for c in self.classes if not ((word ^ c.fixed_value) & c.fixed_mask & ~low)))
        self._cache: dict[int, Instruction] = {}

    def _check_overlap(self) -> None:
        for k, a in enumerate(self.classes):
            for b in self.classes[k + 1 :]:
                if (a.fixed_value ^ b.fixed_value) & a.fixed_mask & b.fixed_mask:
                    continue
                # Diagrams that meet must be told apart by what one of them leaves unallocated.
                if a.allocated is Instruction.allocated and b.allocated is Instruction.allocated:
                    raise DiagramError(f"the encodings of {a.__name__} and {b.__name__} overlap")

    def __iter__(self) -> Iterator[type[Instruction]]:
        return iter(self.classes)

    def latency(self, i: Instruction) -> str | None:
        """The mnemonic of an instruction whose duration may depend on its operands, else None."""
        name = i.assembly(0).split()[0]
        return None if name in self.data_independent or name.startswith("b.") else name

    def matches(self, word: int) -> list[Instruction]:
        """Every reading of the word; more than one is a defect of the instruction set."""
        found = (c.from_word(word) for c in self._index[word >> _INDEX_SHIFT])
        return [i for i in found if i is not None]

    def decode(self, word: int) -> Instruction:
        """The one instruction this word is; raises `UnmodelledInstruction` or `DiagramError`."""
        i = self._cache.get(word)
        if i is None:
            found = self.matches(word)
            if not found:
                raise UnmodelledInstruction(f"word {word:#010x} is unallocated or not modelled")
            if len(found) > 1:
                raise DiagramError(f"word {word:#010x} is ambiguous: {found}")
            i = self._cache[word] = found[0]
        return i
