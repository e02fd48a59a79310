"""What a simulation begins with: registers, regions of memory, and what is assumed of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from armsym.bits import Bits, Prop
from armsym.elf import Image
from armsym.errors import InputError
from armsym.machine import NZCV, Machine
from armsym.proof.checks import a_condition, a_number, a_text, a_vector, an_order, shown
from armsym.proof.image_memory import image_regions
from armsym.proof.places import Places
from armsym.proof.state import State as Registers
from armsym.simulator.memory import CheckedMemory
from armsym.simulator.registers import assign
from armsym.symbolic_memory import SymbolicRegion, variable
from armsym.terms.node import Term, ones

__all__ = ["Buffer", "Start"]

Content = bytes | bytearray | Mapping[int, "Bits | bytes | bytearray"]


class Buffer:
    """A region of memory, at an address of its own.

    `name`, `size` in bytes (64 bits), `access` made of r and w, `address` of the first byte (64 bits).
    """

    def __init__(self, region: SymbolicRegion, data: dict[int, Bits]) -> None:
        self._region, self._data = region, data

    @property
    def name(self) -> str:
        """Its name: the address is the variable of this name, the content on entry the function `NAME[]`."""
        return self._region.name

    @property
    def size(self) -> Bits:
        """Bytes, a 64-bit value."""
        return self._region.size

    @property
    def access(self) -> str:
        """What may be done with it: "r", "w" or "rw"."""
        return self._region.access

    @property
    def address(self) -> Bits:
        """The address of its first byte, 64 bits."""
        return self._region.address

    @property
    def order(self) -> str:
        """The byte order of the cells that its unknown content is made of: "little" or "big"."""
        return self._region.order

    @property
    def given(self) -> Mapping[int, Bits]:
        """What of its content was given, by offset; `Bits` of whole bytes, little-endian."""
        return self._data

    def initial(self, offset: int, width: int) -> Bits:
        """The content on entry at a byte offset, `width` bits, little-endian; raises `InputError` beyond its end."""
        size = a_number(f"{self.name}: the width", width, 8) // 8
        a_number(f"{self.name}: the offset", offset)
        memory = CheckedMemory([self._region])
        self.fill(memory)
        memory.check("read", self._region, None, offset, size)
        return memory.peek(self._region, None, offset, size)

    def fill(self, memory: CheckedMemory) -> None:
        """Put the content that is given into a memory that has the region."""
        for at, value in self._data.items():
            memory.poke(self._region, None, at, value)

    def __repr__(self) -> str:
        return f"<buffer {self.name}, {self.size.value} bytes, {self.access}>"


class Start(Registers):
    """The state that a simulation begins with.

    Every register is a variable of its name (`x0`, `v3`, `sp`; X30 is `lr`) until it is given a value; so are the
    flags (`N`, `Z`, `C`, `V`).  SP is a multiple of 16, above `stack` bytes that may be read and written and hold
    anything, and below `above` bytes that do (arguments passed on the stack).  `start.x0`, `start.w0`, `start.v[3]` are
    the values.  One start can begin several simulations, whose results are then about the same variables.

    **Assumed**, besides what `assume` is told: no region wraps around the end of memory, and regions, stack and image
    do not overlap.
    """

    def __init__(self, *, stack: int = 65536, above: int = 0) -> None:
        depth = a_number("Start: stack", stack, 0, 1 << 30)
        more = a_number("Start: above", above, 0, 1 << 30)
        x = [variable(f"x{n}", 64, secret=False) for n in range(30)]
        x.append(variable("lr", 64, secret=False, possible=ones(64) & ~3))
        flags = NZCV.of(*(Prop._of(variable(c, 1, secret=False).value) for c in "NZCV"))
        sp = variable("sp", 64, secret=False, possible=ones(64) & ~15)
        super().__init__(
            Machine(
                x=x,
                sp=sp,
                v=[variable(f"v{n}", 128, secret=False) for n in range(32)],
                nzcv=flags,
                pc=Bits(64, 0),
                memory=CheckedMemory([]),
            )
        )
        self._m.dit = variable("DIT", 1, secret=False)
        self._m.sp_el0 = variable("SP_EL0", 64, secret=False)
        #: The variables that registers and flags are until they are set: X0 to X30, V0 to V31, N, Z, C, V.
        self.open_registers = (*x, *self._m.v, flags.N.bit, flags.Z.bit, flags.C.bit, flags.V.bit)
        self._symbols: dict[str, Bits] = {}
        # Of one name there is one thing, in what is printed too.
        self._names = {
            "sp",
            "lr",
            "stack",
            "DIT",
            *"NZCV",
            *(f"x{n}" for n in range(31)),
            *(f"v{n}" for n in range(32)),
        }
        self._buffers: list[Buffer] = []
        self._assumed: list[Prop] = []
        if depth + more:
            assert isinstance(sp.value, Term)
            region = SymbolicRegion("stack", sp.value, Bits(64, depth + more), "rw", bias=-depth, cell=1, secret=False)
            self._buffers.append(Buffer(region, {}))

    # -- declarations -------------------------------------------------------------------------

    def _new(self, name: object) -> str:
        text = a_text("a name", name)
        if not text.isidentifier() or text in self._names:
            raise InputError(f"{text!r} is no name for a symbol or buffer: an identifier, used once")
        self._names.add(text)
        return text

    def symbol(self, name: str, width: int = 64) -> Bits:
        """A variable of `width` bits; raises `InputError` for a name that is taken."""
        found = variable(self._new(name), a_number(f"{name}: the width", width, 1, 1 << 16), secret=False)
        self._symbols[name] = found
        return found

    def buffer(
        self,
        name: str,
        size: int | Bits,
        *,
        access: str = "rw",
        data: Content | None = None,
        align: int = 1,
        cell: int = 1,
        order: str = "little",
    ) -> Buffer:
        """A region of `size` bytes (an int, or 64 bits) at an unknown address that is a multiple of `align`.

        `data` is its content on entry: bytes from its start, or pieces (`Bits`, little-endian, or bytes) by offset; the
        rest, or all, is unknown: an uninterpreted function of the offset, in cells of `cell` bytes in byte `order`
        (with larger cells, terms are smaller, but an access at a symbolic offset that is not a multiple of the cell
        stops the path).  Raises `InputError`.
        """
        self._new(name)
        if access not in ("r", "w", "rw"):
            raise InputError(f"buffer {name}: access is 'r', 'w' or 'rw', not {shown(access)}")
        for what, v in (("align", align), ("cell", cell)):
            if a_number(f"buffer {name}: {what}", v, 1, 4096) & (v - 1):
                raise InputError(f"buffer {name}: {what} is a power of two, not {v}")
        an_order(f"buffer {name}: order", order)
        length = (
            Bits(64, a_number(f"buffer {name}: the size", size, 1, 1 << 62))
            if isinstance(size, int)
            else a_vector(f"buffer {name}: the size", size, 64)
        )
        base = variable(name, 64, secret=False, possible=ones(64) & ~(align - 1))
        assert isinstance(base.value, Term)
        region = SymbolicRegion(name, base.value, length, access, cell=cell, order=order, secret=False)
        found = Buffer(region, _pieces(name, length, data))
        self._buffers.append(found)
        return found

    def set(self, **registers: Bits | Buffer | int) -> Start:
        """Give registers values: `set(x0=buffer, w1=5, q0=Bits(128, 1), nzcv=0)`; returns the start itself.

        A value is `Bits` of the register's width, an int that fits it, or a buffer (its address).  Of a register of
        which only `w0`, `d0` or `s0` is given, the rest stays unknown.  Raises `InputError`.
        """
        for name, value in registers.items():
            if name == "sp":
                raise InputError("sp stays the variable of that name: Start(stack=, above=) says what lies around it")
            if isinstance(value, Buffer) and value not in self._buffers:
                raise InputError(f"{name}: {value} belongs to another Start")
            assign(self._m, name, value.address if isinstance(value, Buffer) else value, keep_upper=True)
        return self

    def assume(self, *conditions: Prop | bool) -> Start:
        """Conditions that hold on entry; returns the start itself.  Raises `InputError` for what is none."""
        self._assumed += [a_condition("assume: each", c) for c in conditions]
        return self

    # -- what a simulation asks ---------------------------------------------------------------

    @property
    def assumed(self) -> tuple[Prop, ...]:
        """What `assume` was told."""
        return tuple(self._assumed)

    @property
    def symbols(self) -> Mapping[str, Bits]:
        """What `symbol` made, by name."""
        return self._symbols

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        """The regions, the stack among them."""
        return tuple(self._buffers)

    def load(self, address: Bits, width: int) -> Bits:
        """Not of a start: raises `InputError`."""
        raise InputError("a start has no memory of its own: see Buffer.initial")

    def enter(self, places: Places) -> Machine:
        """A new machine in this state, in an image that lies at `places`."""
        m = self._m.fork()
        memory = CheckedMemory([*(b._region for b in self._buffers), *image_regions(places)])
        for b in self._buffers:
            b.fill(memory)
        memory.begin()
        m.memory = memory
        return m

    def assumptions(self, image: Image, places: Places) -> tuple[Prop, ...]:
        """All that holds on entry: what `assume` was told, and that regions do not wrap and do not overlap.

        Of an image, where it is one piece: that of a relocatable file a linker places as it likes, apart from the
        regions, which is not said here.
        """
        extents = [(b.address, b.size) for b in self._buffers]
        if image.kind != "relocatable" and not image.fixed_base and image.segments:
            first, last = image.segments[0].offset, image.segments[-1].end
            extents.append((places.of(first), Bits(64, last - first)))
        found = list(self._assumed)
        found += [base <= base + size for base, size in extents]
        found += [(a + m <= b) | (b + n <= a) for (a, m), (b, n) in combinations(extents, 2)]
        return tuple(found)


def _pieces(name: str, size: Bits, data: Content | None) -> dict[int, Bits]:
    """The content that is given, by offset; raises `InputError` where it does not fit."""
    if data is None:
        return {}
    if isinstance(data, (bytes, bytearray)):
        data = {0: bytes(data)} if data else {}
    if not isinstance(data, Mapping):
        raise InputError(f"buffer {name}: data is bytes, or pieces by offset, not {shown(data)}")
    if not size.is_concrete:
        raise InputError(f"buffer {name}: data is given only where the size is a number, not {size.value}")
    found: dict[int, Bits] = {}
    end = 0
    for at in sorted(data, key=lambda k: a_number(f"buffer {name}: an offset of data", k)):
        piece = data[at]
        value = Bits.from_bytes(bytes(piece), "little") if isinstance(piece, (bytes, bytearray)) and piece else piece
        if not isinstance(value, Bits) or value.width % 8:
            raise InputError(f"buffer {name}: data at {at:#x} is Bits of whole bytes, or bytes, not {shown(piece)}")
        if at < end or at + value.width // 8 > size.uint:
            raise InputError(
                f"buffer {name}: {value.width // 8} bytes of data at {at:#x} meet others, or end after {size.uint:#x}"
            )
        found[at], end = value, at + value.width // 8
    return found
