"""What each declaration of a proof may be handed, and what of it is kept; `InputError` says which rule was broken.

Functions of their arguments alone: what was declared before is `armsym.proof.declare`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from armsym.bits import Bits, Prop
from armsym.elf import Image
from armsym.errors import InputError
from armsym.proof.checks import (
    a_condition,
    a_function,
    a_number,
    a_text,
    a_vector,
    an_order,
    numbers,
    shown,
    told_by,
    vectors,
)
from armsym.proof.claims import claims_of
from armsym.proof.handles import Region
from armsym.proof.loops import Loop
from armsym.proof.part import Part
from armsym.proof.state import State
from armsym.proof.statement import Invariant, InvariantFn, StackArea

__all__ = [
    "RESERVED",
    "a_contract",
    "a_frame",
    "a_name",
    "a_place",
    "a_range",
    "a_region_size",
    "a_table",
    "alternatives",
    "argument_registers",
    "given_bytes",
    "invariant_maker",
]

#: Names that the engine gives to its own variables and regions.
RESERVED = frozenset({"x", "v", "i", "flags", "stack", "image", "sp0", "lr0", "dit0", "sp_el0", "N", "Z", "C", "V"})

#: A frame is aligned to at most this: to 16 * n it is proved in n cases.
MAX_FRAME_ALIGN = 4096

#: Concrete runs place regions at multiples of this.
MAX_ALIGN = 1 << 16


#: What the engine calls the iterations of several loops.
_INDEX = re.compile(r"i\d+")


def a_name(name: object, taken: Collection[str]) -> str:
    """An identifier that neither the engine nor the proof uses already."""
    text = a_text("a name", name)
    if not text.isidentifier() or text in RESERVED or _INDEX.fullmatch(text):
        raise InputError(
            f"{name!r} cannot be a name here: names are identifiers other than {', '.join(sorted(RESERVED))},"
            " i1, i2, ..."
        )
    if text in taken:
        raise InputError(f"the name {name!r} is taken already")
    return text


def a_range(name: str, low: object, high: object, unit: object) -> None:
    """0 <= low <= high < 2**64, in units of at least 1."""
    least, most = a_number(f"nat {name}: low", low), a_number(f"nat {name}: high", high)
    a_number(f"nat {name}: a unit", unit, 1)
    if not 0 <= least <= most < 1 << 64:
        raise InputError(f"nat {name}: 0 <= low <= high < 2**64 does not hold for low={low}, high={high}")


def alternatives(name: str, values: object) -> tuple[int, ...]:
    """What a choice is between: different numbers, at least one."""
    found = numbers(f"choice {name}: the values", values, -(1 << 64))
    if not found or len(set(found)) != len(found):
        raise InputError(f"choice {name}: the values must be different numbers, at least one, not {found}")
    return tuple(found)


def a_region_size(name: str, size: object, *, access: object, align: object, cell: object, order: object) -> Bits:
    """The size of a region in bytes, 64 bits wide, when all that is said of the region makes sense."""
    if not isinstance(access, str) or access not in {"r", "w", "rw"}:
        raise InputError(f"region {name}: access is 'r', 'w' or 'rw', not {access!r}")
    an_order(f"region {name}", order)
    if cell is not None:
        c = a_number(f"region {name}: a cell", cell, 1, 64)
        if c & (c - 1):
            raise InputError(f"region {name}: a cell has 1, 2, 4, 8, ... bytes, not {c}")
    a = a_number(f"region {name}: the alignment", align)
    if not 1 <= a <= MAX_ALIGN or a & (a - 1):
        raise InputError(f"region {name}: the alignment {a} is not a power of two up to {MAX_ALIGN}")
    what = f"region {name}: the size in bytes"
    if not isinstance(size, Bits):
        return Bits(64, a_number(what, size, 0, (1 << 63) - 1))
    return a_vector(what, size, 64)


def a_table(image: Image, computed: Collection[int], values: Sequence[Bits] | bytes, symbol: object) -> int:
    """The offset of the file's one read-only table with this content; of several, the one among `computed`."""
    data = (
        values
        if isinstance(values, bytes)
        else b"".join(v.to_bytes("little") for v in vectors("rodata: the values", values))
    )
    if not data:
        raise InputError("rodata: a table has at least one byte")
    if symbol is not None:
        at = image.symbol(a_text("rodata: symbol", symbol)).offset
        found = image.bytes_at(at, len(data))
        if found != data:
            bad = next(k for k in range(len(data)) if found[k] != data[k])
            raise InputError(
                f"{image.path}: the table at {symbol} differs from the claimed constants at byte {bad}:"
                f" {found[bad]:#04x} in the file, {data[bad]:#04x} claimed"
            )
        return at
    places = image.find_bytes(data, "r")
    if not places:
        raise InputError(f"{image.path}: no read-only data holds the {len(data)} bytes {data[:8].hex()}... claimed")
    if len(places) > 1:
        places = [x for x in places if x in computed] or places
    if len(places) > 1:
        names = ", ".join(image.symbolize(p) for p in places)
        raise InputError(f"{image.path}: the {len(data)} bytes claimed occur at {names}: name one with symbol=")
    return places[0]


def argument_registers(registers: Mapping[str, object]) -> list[tuple[str, int, Bits]]:
    """Kind and number of the registers x0..x30, w0..w30 and v0..v31, with values of 64, 32 and 128 bits.

    SP_EL0, of 64 bits, has the kind "sp_el0" and the number 0.
    """
    arguments = []
    for name, value in registers.items():
        kind, digits = (name, "0") if name == "sp_el0" else (name[:1], name[1:])
        if kind != "sp_el0" and (
            kind not in ("x", "w", "v") or not digits.isdigit() or int(digits) > (31 if kind == "v" else 30)
        ):
            raise InputError(f"call: {name!r} is not a register x0..x30, w0..w30, v0..v31 or sp_el0")
        width = {"x": 64, "w": 32, "v": 128, "sp_el0": 64}[kind]
        v = value.base if isinstance(value, (Region, Part)) else value
        if isinstance(v, int):
            v = Bits(width, a_number(f"call: {name}", v, 0, (1 << width) - 1))
        if not isinstance(v, Bits):
            raise InputError(f"call: {name} takes a Region, Bits or an int, not {shown(v)}")
        if v.width != width:
            raise InputError(f"call: {name} has {width} bits, the argument {v.width}")
        arguments.append((kind, int(digits), v))
    return arguments


def given_bytes(region: Region, offset: object, value: object, before: Sequence[tuple[Region, int, int]]) -> int:
    """How many bytes `value` has, when they lie in a region of fixed size and overlap none given `before`."""
    at = a_number(f"given {region.name}: the offset", offset)
    width = a_vector(f"given {region.name}: the value", value).width
    size = width // 8
    if width % 8 or not region.size.is_concrete or not 0 <= at <= region.size.uint - size:
        raise InputError(f"{region.name}: {width} bits given at byte {at} do not lie in a region of fixed size")
    for r, start, n in before:
        if r is region and start < at + size and at < start + n:
            raise InputError(f"{region.name}: the {size} bytes given at {at} overlap the {n} given at {start}")
    return size


def a_frame(depth: object, above: object, align: object) -> StackArea:
    """A stack area of whole multiples of 16 bytes, aligned to a power of two."""
    down, up = a_number("stack: the depth", depth), a_number("stack: above", above)
    to = a_number("stack: align", align)
    if down % 16 or up % 16:
        raise InputError(f"stack: depths are multiples of 16 bytes, not {down} and {up}")
    if not 16 <= to <= MAX_FRAME_ALIGN or to & (to - 1):
        raise InputError(f"stack: align is a power of two from 16 to {MAX_FRAME_ALIGN}, not {to}")
    return StackArea(down, up, to)


def a_contract(contract: object) -> None:
    """A function that `@proof` declared."""
    if not callable(contract) or not isinstance(getattr(contract, "symbol", None), str):
        raise InputError(f"uses: takes functions declared by @proof, not {shown(contract)}")


def a_place(what: str, at: object) -> int:
    """The offset of code that is meant by a loop or a number."""
    offset = at.head if isinstance(at, Loop) else at
    if not isinstance(offset, int) or isinstance(offset, bool):
        raise InputError(f"{what}: a place in the code is a Loop or an offset (an int), not {shown(at)}")
    if offset % 4 or offset < 0:
        raise InputError(f"{what}: {offset:#x} is not the offset of an instruction: those are multiples of 4")
    return offset


def invariant_maker(
    where: str, head: int, upto: Bits, inclusive: bool, when: Callable[[State], Prop] | None, step: int
) -> Callable[[InvariantFn], Invariant]:
    """What makes the invariant at `head`, called `where`, of the function with its claims."""
    a_vector(f"{where}: upto", upto, 64), a_number(f"{where}: the step", step, 1)
    if not isinstance(inclusive, bool):
        raise InputError(f"{where}: inclusive is True or False, not {shown(inclusive)}")
    if when is not None:
        asked = a_function(f"{where}: when", when, "state")
        when = lambda s: a_condition(told_by(asked, f"{where}: what when= returns"), asked(s))  # noqa: E731

    def make(fn: InvariantFn) -> Invariant:
        a_function(f"{where}: what is claimed", fn, "state", "i")
        return Invariant(head, upto, inclusive, claims_of(where, fn), where, when, step)

    return make
