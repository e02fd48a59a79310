"""What a proof says, as plain records: invariants, cuts, the stack, and the one list of all that was declared.

`armsym.proof.declare` fills them in, after `armsym.proof.arguments` has checked what it was handed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from armsym.bits import Bits, Prop
from armsym.integers.expression import Relation
from armsym.proof.abi import AAPCS64, Interface
from armsym.proof.conditional import Condition
from armsym.proof.filters import Filter
from armsym.proof.handles import Claims, Fold, Region
from armsym.proof.induction import Theorem
from armsym.proof.locations import Place
from armsym.proof.state import State

__all__ = [
    "Contract",
    "Cut",
    "CutFn",
    "Declared",
    "EachInLoopFn",
    "EnsuresFn",
    "ForgetFn",
    "InLoopFn",
    "Invariant",
    "InvariantFn",
    "Join",
    "Phase",
    "Revealed",
    "StackArea",
    "Twin",
]

#: The claims of an invariant at the index i of an iteration.
InvariantFn: TypeAlias = Callable[[State, Bits], Claims]
#: Claims on one state.
EnsuresFn: TypeAlias = Callable[[State], Claims]
#: The claims of a cut at its k-th arrival.
CutFn: TypeAlias = Callable[[State, int], Claims]
#: The claims of a cut in the iteration i of a loop.
InLoopFn: TypeAlias = Callable[[State, Bits], Claims]
#: The claims of a cut at its k-th arrival in the iteration i of a loop.
EachInLoopFn: TypeAlias = Callable[[State, int, Bits], Claims]
#: The fold values that the k-th arrival forgets.
ForgetFn: TypeAlias = Callable[[int], Sequence[tuple[Fold, int]]]


class Contract(Protocol):
    """A proof whose statement stands for the routine where another calls it: an `armsym.proof.registry` definition."""

    @property
    def name(self) -> str:
        """The proof's name."""

    @property
    def symbol(self) -> str:
        """The routine it speaks of."""

    def __call__(self, p: Any) -> None:
        """Declare inputs and claims to a `Proof`, which stands above this module."""


@dataclass(frozen=True)
class StackArea:
    """`depth` bytes below the stack pointer on entry, and `above` bytes from it up; the frame is aligned to `align`."""

    depth: int
    above: int
    align: int = 16


@dataclass(frozen=True)
class Phase:
    """Where SP lies on entry: `rest` bytes above a multiple of `align`, both multiples of 16."""

    align: int = 16
    rest: int = 0

    @staticmethod
    def all(align: int) -> Iterator[Phase]:
        """Each place that AAPCS64, by which SP is a multiple of 16, leaves it."""
        return (Phase(align, rest) for rest in range(0, align, 16))


@dataclass
class Invariant:
    """Claims at a loop head; `upto` bounds the index, `inclusive` lets it be reached, each arrival adds `step`."""

    head: int
    upto: Bits
    inclusive: bool
    claims: InvariantFn
    name: str
    when: Callable[[State], Prop] | None = None
    step: int = 1


@dataclass
class Cut:
    """Claims at a point of straight-line code; fold values in `forget` become arbitrary, what is dropped unknown.

    Both are functions of the arrival: 0, 1, ... where a loop without an invariant passes `at`.  Where `within` says
    the head of a loop, the claims are a function of its iteration i; with `each`, of the pair (arrival, i).
    """

    at: int
    claims: Callable[[State, Any], Claims]
    forget: ForgetFn
    name: str
    #: The registers of which only what the claims say is known from there on.
    drop: frozenset[Place]
    within: int | None = None
    each: bool = False
    #: The bytes of which only that is known: the name of a region, the first, how many.
    drop_memory: tuple[tuple[str, int, int], ...] = ()
    #: Whether of all that is known as integers only these claims stay known.
    alone: bool = False

    def which(self, arrival: int, i: Bits | None) -> int | Bits | tuple[int, Bits] | None:
        """What the claims are a function of, at an arrival in the iteration i; None where it has to be in one."""
        if self.within is None:
            return arrival
        return None if i is None else (arrival, i) if self.each else i


@dataclass(frozen=True)
class Join:
    """Claims at a point where paths meet and go on as one; `index` is what they have in common with a loop's blocks."""

    at: int
    index: Bits
    claims: InvariantFn
    name: str


@dataclass(frozen=True)
class Twin:
    """Another routine that does the same: its symbol, the file it is in (None: the same), what counts as a result."""

    symbol: str
    of: object | None
    results: str | None


@dataclass(frozen=True)
class Revealed:
    """What an attacker may learn of secrets: values on entry, or which candidates of a filter's blocks are accepted."""

    text: str
    values: tuple[Bits, ...]
    of: Filter | None = None
    upto: Bits | None = None


@dataclass
class Declared:
    """All that one run of a proof function declared, in order.  Places in the code are offsets into the image."""

    regions: list[Region] = field(default_factory=list)
    invariants: list[Invariant] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    folds: list[Fold] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    revealed: list[Revealed] = field(default_factory=list)
    ensures: list[EnsuresFn] = field(default_factory=list)
    modifies: list[Region] = field(default_factory=list)
    stack: int = 0
    above: int = 0
    #: The area right below those bytes, of a size that depends on the arguments.
    dynamic: Region | None = None
    #: What the routine makes SP a multiple of.
    align: int = 16
    interface: Interface = AAPCS64
    contracts: list[Contract] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    #: The ranges of numbers by name, and the assumptions that are neither these, nor regions, nor every proof's.
    ranges: dict[str, tuple[int, int]] = field(default_factory=dict)
    particular: list[str] = field(default_factory=list)
    requires: list[tuple[str, Prop]] = field(default_factory=list)
    relations: list[tuple[str, Relation]] = field(default_factory=list)
    #: What a run may tell of secrets: whether all of some conditions hold.
    tells: list[tuple[str, tuple[Condition, ...]]] = field(default_factory=list)
    twins: list[Twin] = field(default_factory=list)
    lemmas: list[tuple[str, Prop]] = field(default_factory=list)
    theorems: list[Theorem] = field(default_factory=list)
    given: list[tuple[Region, int, int]] = field(default_factory=list)
    choices: dict[str, tuple[int, ...]] = field(default_factory=dict)
    splits: list[tuple[int, Callable[[State, Bits], Prop]]] = field(default_factory=list)
    shows: list[tuple[int, Callable[[State], object]]] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)
    #: Where a value's numbers are told apart: which value, and which numbers it may be.
    each: dict[int, tuple[Callable[[State], Bits], tuple[int, ...]]] = field(default_factory=dict)
    public_x: set[int] = field(default_factory=set)
    #: Mnemonics whose duration is taken not to depend on their operands.
    alike: set[str] = field(default_factory=set)
