"""Where the pieces of an image lie in a symbolic run: each at an address of its own, of which nothing else is known.

A linked file is one piece, `image`.  A relocatable one has as many as a linker may move (armsym.elf.layout);
its instructions hold fields that the linker fills.  They are executed here as it would complete them,
whichever places it chooses: ADRP yields the page of an address, as a variable of its own, and the instruction that
adds the rest of it the address less that page, so that only the two together give the address.
"""

from __future__ import annotations

from armsym.bits import Bits, Prop
from armsym.elf import PAGE, Fill, Image, Link, Piece, Place, fits
from armsym.errors import Undetermined, UndeterminedTarget
from armsym.isa import Instruction, InstructionSet
from armsym.machine import NZCV, Machine
from armsym.stepper import Executable
from armsym.symbolic_memory import variable
from armsym.terms.linear import linear_view
from armsym.terms.node import Term, ones

__all__ = ["Places"]


class Places:
    """The addresses of an image's pieces, and the instructions that hold them."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self._bases: dict[Piece, Bits] = {}
        self._pages: dict[Place, Bits] = {}
        #: By the term of its base.
        self._pieces: dict[Term, Piece] = {}
        self._outsiders: dict[str, Bits] = {}
        #: What loading makes of what, by the term that stands for it.
        self._slots: dict[Term, str] = {}

    def base(self, piece: Piece) -> Bits:
        """The address of a piece's first byte less its offset in the image: so all of a linked file has one base."""
        found = self._bases.get(piece)
        if found is None:
            if self.image.fixed_base:
                return Bits(64, 0)
            name = piece.name if self.image.kind != "relocatable" else f"image[{piece.name}]"
            found = self._bases[piece] = variable(name, 64, secret=False, possible=ones(64) & -piece.alignment)
            assert isinstance(found.value, Term)
            self._pieces[found.value] = piece
        return found

    def address(self, place: Place) -> Bits:
        """The address of a place, 64 bits."""
        return self.base(place.piece) + Bits.wrap(64, place.offset)

    def page(self, place: Place) -> Bits:
        """The page that a place lies in: known in terms of its piece only if that begins a page."""
        found = self._pages.get(place)
        if found is None:
            if place.piece.alignment >= PAGE:
                found = self.base(place.piece) + Bits.wrap(64, place.offset & -PAGE)
            else:
                found = variable(f"page[{place}]", 64, secret=False, possible=ones(64) & -PAGE)
            self._pages[place] = found
        return found

    def slot(self, at: int) -> Bits:
        """What the loader puts in a slot of `Image.external_pointers`: any value, the same at each load."""
        name = self.image.external_pointers[at]
        if at in self.image.imported.get(name, ()):
            return self._outside(f"address[{name}]", name)
        return self._outside(f"address[{name}]@{at:#x}", name)

    def imported(self, symbol: str) -> Bits:
        """The address of what another file defines, asked for by this name: all slots that import it hold it."""
        symbol = self.image.in_file(symbol)
        return self._outside(f"address[{symbol}]", symbol)

    def _outside(self, name: str, what: str) -> Bits:
        found = self._outsiders.get(name)
        if found is None:
            found = self._outsiders[name] = variable(name, 64, secret=False)
            assert isinstance(found.value, Term)
            self._slots[found.value] = what
        return found

    def at(self, base: int) -> list[tuple[Bits, int]]:
        """(variable, number) of each piece's base and page so far, where all lie as in the file, from `base` on.

        A number is a multiple of 4096; raises `AssertionError` for another.
        """
        assert base % PAGE == 0, f"{base:#x} begins no page"
        found = [(b, base) for b in self._bases.values()]
        return found + [(page, base + place.offset & ones(64) & -PAGE) for place, page in self._pages.items()]

    # -- for the stepper ----------------------------------------------------------------------

    def of(self, offset: int) -> Bits:
        """The address of an offset into the image; raises `Undetermined` where no piece lies."""
        place = self.image.place_at(offset)
        if place is None:
            raise Undetermined(f"the offset {offset:#x} lies in no piece of {self.image.path}")
        return self.address(place)

    def offset(self, target: Bits) -> int | None:
        """The offset into the image that has this address, if it lies in one known piece.

        Raises `UndeterminedTarget` for what another file may define.
        """
        v = target.value
        if isinstance(v, int):
            return v if self.image.fixed_base else None
        terms, constant = linear_view(v)
        if len(terms) != 1:
            return None
        ((base, factor),) = terms.items()
        if base in self._slots:
            raise UndeterminedTarget(f"control goes to what loading makes of {self._slots[base]}, code of another file")
        piece = self._pieces.get(base)
        if piece is None or factor != 1:
            return None
        if self.image.kind != "relocatable":
            return constant - (1 << 64) if constant >> 63 else constant
        if not piece.size:
            raise UndeterminedTarget(f"control goes to {piece.name}: which definition that is, the linker decides")
        return piece.offset + constant if constant < piece.size else None

    def outsider(self, target: Bits) -> str | None:
        """The name of what loading makes this address of, if it is the address of that."""
        return self._slots.get(target.value) if isinstance(target.value, Term) else None

    def linked(self, i: Instruction, offset: int, isa: InstructionSet) -> tuple[Executable, Bits]:
        """The instruction at an offset as the linker completes it, and its PC; raises `Undetermined`."""
        pc, link = self.of(offset), self.image.links.get(offset)
        if link is None:
            return i, pc
        if link.fill is Fill.DISTANCE or not fits(link.howto, i.word):
            raise Undetermined(f"{link.text}: what the linker makes of the word {i.word:08x} is not known")
        if link.fill is Fill.ADDRESS:
            return i, self.address(link.to) - Bits.wrap(64, link.x)
        if link.fill is Fill.PAGE:
            return i, self.page(link.to) - Bits.wrap(64, link.x)
        if link.fill is Fill.LOW:
            return _Low(i, isa, self.address(link.to) - self.page(link.page_of) - Bits.wrap(64, link.x), link), pc
        return _Branch(i, offset, self.address(link.to) - pc - Bits.wrap(64, link.x), link), pc


class _Low:
    """An instruction that adds an immediate to a register, where the linker adds `more` to the immediate.

    It is executed with another base register, which holds so much more.
    """

    def __init__(self, i: Instruction, isa: InstructionSet, more: Bits, link: Link) -> None:
        self.base, target = i.word >> 5 & 31, i.word & 31
        if self.base == 31:
            raise Undetermined(f"{link.text}: the base register of the word {i.word:08x} is SP")
        # Not the register that is loaded or stored.
        self.other = 0 if target else 1
        self.more, self.i = more, isa.decode(i.word & ~(31 << 5) | self.other << 5)

    def execute(self, m: Machine) -> None:
        kept = m.x[self.other]
        m.x[self.other] = m.x[self.base] + self.more
        try:
            self.i.execute(m)
        finally:
            m.x[self.other] = kept


class _Branch:
    """A branch that the linker leads `more` further than it goes here.

    The linker may lead it there over code of its own, if so marked: that may change X16, X17 and the flags
    (AAPCS64, "Use of IP0 and IP1 by the linker").
    """

    def __init__(self, i: Instruction, offset: int, more: Bits, link: Link) -> None:
        self.i, self.more, self.link, self.offset = i, more, link, offset

    def execute(self, m: Machine) -> None:
        self.i.execute(m)
        if m.branch_target is None:
            return
        m.branch_target = m.branch_target + self.more
        if self.link.veneer:
            for n in (16, 17):  # each time anything
                m.write_x(n, variable(f"x{n}[{self.offset:#x}]", 64, secret=True))
            flags = (Prop(variable(f"{c}[{self.offset:#x}]", 1, secret=True).value) for c in "NZCV")  # type: ignore[arg-type]
            m.write_nzcv(NZCV.of(*flags))
