"""What a simulation shows: a state, on its way or at its end, and the steps between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from enum import Enum
from typing import Any

from armsym.bits import Bits, OpaqueFunction, Prop
from armsym.errors import InputError, MachineStop
from armsym.machine import Machine
from armsym.proof.checks import a_condition, a_vector
from armsym.proof.path import Path
from armsym.proof.state import State as Registers
from armsym.simulator.memory import Access, CheckedMemory
from armsym.simulator.registers import assign
from armsym.simulator.start import Buffer
from armsym.terms.derivations import Derivations

__all__ = ["Access", "Exported", "Kind", "State", "Step", "Stop", "StopPath"]


class Kind(str, Enum):
    """Why a path ended."""

    #: Control went to what X30 held at the start.
    RETURNED = "returned"
    #: A place of `until` was reached.
    UNTIL = "until"
    #: With calls="stop": a routine was called; the path stands at its first instruction.
    CALL = "call"
    #: A hook raised `StopPath`.
    HOOK = "hook"
    #: The machine cannot go on: an address, an instruction or a content that is not known, an exception.
    UNKNOWN = "unknown"
    #: A limit on steps, paths or terms; with fork="never", a branch that the facts do not decide.
    BUDGET = "budget"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Stop:
    """Why a path ended: the `kind`, and a text with place, word and rule."""

    kind: Kind
    text: str

    @property
    def complete(self) -> bool:
        """Whether it ended where it was to end: it returned, or reached a place of `until`."""
        return self.kind in (Kind.RETURNED, Kind.UNTIL)


class StopPath(MachineStop):
    """Raised by a hook to end the path; its text is the reason."""


class Flagged(Registers):
    """Registers, and the flags: what a simulation or a run on numbers ends in."""

    @property
    def N(self) -> Prop:
        """The flag N."""
        return self._m.nzcv.N

    @property
    def Z(self) -> Prop:
        """The flag Z."""
        return self._m.nzcv.Z

    @property
    def C(self) -> Prop:
        """The flag C."""
        return self._m.nzcv.C

    @property
    def V(self) -> Prop:
        """The flag V."""
        return self._m.nzcv.V


class State(Flagged):
    """The state of one path.

    Registers as in `x0`, `w3`, `v[0:4]`, `q0`, `sp`; flags `N`, `Z`, `C`, `V` (`Prop`); memory by `load`, `read` and
    `accesses`.  All values are `Bits` over the variables of the `Start`, true wherever the `facts` hold.
    """

    def __init__(
        self, path: Path, assumptions: tuple[Prop, ...], before: Machine, made: Derivations | None = None
    ) -> None:
        super().__init__(path.machine)
        self._path, self._before, self._made = path, before, made
        assert isinstance(path.machine.memory, CheckedMemory)
        self._memory = path.machine.memory
        #: What holds on entry: see `Start.assumptions`.
        self.assumptions = assumptions
        #: The path condition: what the branches taken, and choices followed, say, in order.  All of it holds, and an
        #: input that meets it and the assumptions takes this path.  (Joined by `&` it would be one polynomial, with
        #: up to 2**k terms for k conditions.)  Where the solver gave up on a branch both ways were followed: then
        #: some path may be taken by no input.
        self.conditions: tuple[Prop, ...] = ()
        #: Why the path ended; None while it goes on.
        self.stop: Stop | None = None
        #: Whether the hook before the next instruction was called.
        self.announced = False

    def fork(self) -> State:
        """An independent copy."""
        s = State(self._path.fork(), self.assumptions, self._before, self._made)
        s.conditions, s.stop, s.announced = self.conditions, self.stop, self.announced
        return s

    # -- where --------------------------------------------------------------------------------

    @property
    def at(self) -> int:
        """The offset in the image of the instruction that would come next; -1 after return."""
        return self._path.at

    @property
    def steps(self) -> int:
        """Instructions executed on the path."""
        return self._path.steps

    @property
    def path(self) -> Path:
        """The machine, and what is known: for the simulation itself."""
        return self._path

    # -- what holds ---------------------------------------------------------------------------

    def learn(self, condition: Prop) -> None:
        """The path is followed where a condition holds: for the simulation itself."""
        self.conditions += (condition,)
        self._path.knowledge.add(condition.bit.value)

    @property
    def facts(self) -> tuple[Prop, ...]:
        """`assumptions` and `conditions`: what a solver is to be told."""
        return (*self.assumptions, *self.conditions)

    def decide(self, condition: Prop | bool) -> bool | None:
        """Whether a condition holds for all inputs of this path; False: for none; None: neither was shown."""
        return self._path.decide(a_condition("decide", condition))

    # -- registers ----------------------------------------------------------------------------

    def set(self, **registers: Bits | int) -> None:
        """For hooks: give registers values, `set(x0=0)`; writing `w0` clears the upper half, as instructions do.

        Raises `InputError` for what is no register or does not fit.
        """
        for name, value in registers.items():
            assign(self._m, name, value, keep_upper=False)

    def changed(self) -> Iterator[tuple[str, Bits, Bits]]:
        """(name, value at the start, value) of each register and flag that is not shown to hold what it held."""
        m, b = self._m, self._before
        pairs = [(f"x{n}", b.x[n], m.x[n]) for n in range(31)] + [("sp", b.sp, m.sp)]
        pairs += [(f"v{n}", b.v[n], m.v[n]) for n in range(32)]
        if m.nzcv is not b.nzcv:
            pairs += [(c, getattr(b.nzcv, c).bit, getattr(m.nzcv, c).bit) for c in "NZCV"]
        pairs.append(("DIT", b.dit, m.dit))
        for name, old, new in pairs:
            if old is not new and (old == new).value is not True:
                yield name, old, new

    # -- memory -------------------------------------------------------------------------------

    @property
    def memory(self) -> CheckedMemory:
        """The memory itself."""
        return self._memory

    @property
    def accesses(self) -> tuple[Access, ...]:
        """All loads and stores on the path, in order."""
        return tuple(self._memory.accesses)

    @property
    def access_count(self) -> int:
        """How many there are."""
        return len(self._memory.accesses)

    @property
    def reads(self) -> tuple[Access, ...]:
        """The loads."""
        return tuple(a for a in self._memory.accesses if not a.store)

    @property
    def writes(self) -> tuple[Access, ...]:
        """The stores."""
        return tuple(a for a in self._memory.accesses if a.store)

    def load(self, address: Bits, width: int) -> Bits:
        """The content at an address (64 bits) now: `width` bits, little-endian; no access is recorded.

        Raises `MemoryFault` where it is not shown to lie in one region, or its content cannot be told.
        """
        with self.memory.observed():
            return super().load(address, width)

    def read(self, buffer: Buffer, offset: int | Bits, width: int) -> Bits:
        """The content of a buffer at a byte offset (an int, or 64 bits) now; raises as `load` does."""
        if not isinstance(buffer, Buffer):
            raise InputError(f"read takes a buffer, not {type(buffer).__name__} {buffer!r}")
        return self.load(buffer.address + offset, width)

    def store(self, address: Bits, value: Bits) -> None:
        """For hooks: write whole bytes at an address (64 bits); recorded as a write at the present offset.

        Raises `MemoryFault` where it is not shown to lie in one region that may be written.
        """
        a_vector("store: the address", address, 64)
        if a_vector("store: the value", value).width % 8:
            raise InputError(f"store: {value.width} bits are not whole bytes")
        self.memory.at = self.at
        self.memory.store(address, value)

    # -- for solvers --------------------------------------------------------------------------

    def z3(self, defined: Sequence[OpaqueFunction] = (), *, raw: bool = False) -> Exported:
        """The state as Z3 expressions, in the encoding of `armsym.to_z3`, where `defined` is described.

        Values are normal forms; with `raw` the operations as executed, which a `Simulation(..., raw=True)` notes.
        Raises `InputError`.
        """
        from armsym.discharge.export import Exporter

        if raw and self._made is None:
            raise InputError("z3: terms as executed are there only after simulate(..., raw=True)")
        m, to_z3 = self._m, Exporter(defined, self._made if raw else None)
        values = {f"x{n}": to_z3(r) for n, r in enumerate(m.x)} | {"sp": to_z3(m.sp)}
        values |= {f"v{n}": to_z3(r) for n, r in enumerate(m.v)}
        with nullcontext() if self._made is None else self._made.noting():
            flags = {c: getattr(m.nzcv, c) for c in "NZCV"}  # computed when they are asked for
        values |= {c: to_z3(f) for c, f in flags.items()}
        return Exported(
            facts=tuple(to_z3(f) for f in self.facts),
            values=values,
            reads=tuple((to_z3(a.address), to_z3(a.value)) for a in self.reads),
            writes=tuple((to_z3(a.address), to_z3(a.value)) for a in self.writes),
        )

    def smt2(self, **values: Bits) -> str:
        """An SMT-LIB 2 script in which `facts` hold; registers changed, and `values`, are symbols of their names."""
        from armsym.discharge.export import smt2

        return smt2(self.facts, {n: new for n, _, new in self.changed()} | values)

    def __repr__(self) -> str:
        where = "returned" if self.at < 0 else f"at {self.at:#x}"
        return f"<state {where} after {self.steps} steps{f': {self.stop.kind}' if self.stop else ''}>"


@dataclass(frozen=True)
class Exported:
    """A state as Z3 expressions.

    facts    Booleans: what holds on entry, and the path condition
    values   by name: bit vectors `x0` to `x30`, `sp`, `v0` to `v31`, Booleans `N`, `Z`, `C`, `V`
    reads    (address, value) of each load, in order: bit vectors, the value 8 bits for each byte, little-endian
    writes   and of each store
    """

    facts: tuple[Any, ...]
    values: dict[str, Any]
    reads: tuple[tuple[Any, Any], ...]
    writes: tuple[tuple[Any, Any], ...]


@dataclass(frozen=True)
class Step:
    """One instruction executed on one path.

    at        its offset in the image
    word      the 32-bit word
    assembly  its text
    state     the path's state after it: the simulation goes on with this very object
    accesses  what it loaded and stored, in order
    others    the states of paths that part from this one here: they are followed later
    """

    at: int
    word: int
    assembly: str
    state: State
    accesses: tuple[Access, ...] = ()
    others: tuple[State, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "at": self.at,
            "word": f"{self.word:#010x}",
            "assembly": self.assembly,
            "accesses": [str(a) for a in self.accesses],
            "parts": len(self.others),
        }
