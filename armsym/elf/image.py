"""The image of a file: its bytes at offsets from an image base, its symbols, and its open ends."""

from __future__ import annotations

import copy
import hashlib
import struct
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import islice, pairwise

from armsym.elf.extent import flow_end
from armsym.elf.layout import PAGE, Contents, Piece, Place, Section, Segment
from armsym.elf.names import Names, address_of
from armsym.elf.symbols import Symbol, SymbolIndex
from armsym.elf.text import bad, one_line
from armsym.errors import BranchError, InputError, UndeterminedTarget

__all__ = ["Image"]

_U64 = struct.Struct("<Q")
_NAMED = 12  # exported symbols that an assumption names
_SYMBOLIZE_DEPTH = 256  # symbols looked at, backwards, for one that holds an offset


class Image:
    """Code and data of one file, at offsets from an image base that is a multiple of 4096.

    A proof holds for every such base; only a non-PIE executable (`fixed_base`) has base 0.

    `pointers` maps an 8-byte slot to the offset whose address it holds at run time (base + offset);
    in `data` such a slot holds the bare offset.  `external_pointers` maps a slot to the name of
    what only the dynamic loader knows; in `data` it is 0.  `imported` has, by symbol, those of them that hold
    the address that another file gives it.  `preemptible` names the slots of
    `pointers` that another library's symbol of the same name would take over.  `globals` maps
    undefined and COMMON data symbols to their offsets, `undefined_functions` the offsets of
    functions that another file defines to their names: nothing there can be executed.

    Of a relocatable file the offsets are one layout of many.  `pieces` are what keeps together in all of them,
    `links` the instructions that a layout changes, `pointees` what the slots of `pointers` point to.
    """

    def __init__(
        self, path: str, file: bytes, kind: str, contents: Contents, symbols: Callable[[], list[Symbol]]
    ) -> None:
        self.path = path
        #: "relocatable", "executable" or "shared".
        self.kind = kind
        self._file = file
        self._contents = contents
        self._index = SymbolIndex(path, symbols, underscored=contents.apple)
        self._set_up()

    def _set_up(self) -> None:
        c = self._contents
        self.segments = tuple(sorted((s for s in c.segments if s.data), key=lambda s: s.offset))
        self.sections = tuple(sorted(c.sections, key=lambda s: (s.offset, s.size)))
        self.pointers, self.external_pointers = c.pointers, c.external_pointers
        self.preemptible, self.fixed_base = c.preemptible, c.fixed_base
        self.imported, self.guarded, self.apple = c.imported, c.guarded, c.apple
        self.data_marks = c.data_marks
        self.globals, self.undefined_functions = c.globals, c.undefined_functions
        for a, b in pairwise(self.segments):
            if a.end > b.offset:
                raise self._bad(f"has overlapping segments {a} and {b}")
        self.links = c.links
        #: What keeps together, by offset; a linked file is one piece, wherever it is loaded.
        self.pieces = tuple(sorted((p for p in c.pieces if p.size), key=lambda p: p.offset))
        if not c.pieces:
            self.pieces = (Piece("image", 0, 1 << 64, PAGE),)
        for p, q in pairwise(self.pieces):
            if p.offset + p.size > q.offset:
                raise self._bad(f"has overlapping pieces {p.name} and {q.name}")
        names = [p.name for p in c.pieces]
        if len(set(names)) < len(names):
            twice = next(n for n in names if names.count(n) > 1)
            raise self._bad(f"has two pieces named {twice}")
        self._open_starts = sorted(c.open)
        self._piece_starts = [p.offset for p in self.pieces]
        self._starts = [s.offset for s in self.segments]
        self._slots = sorted([*self.pointers, *self.external_pointers])
        self._section_starts = [s.offset for s in self.sections]
        self._code = [_code(s) for s in self.segments if "x" in s.access and "w" not in s.access]
        # Code words that overlap an address written by the loader are not code.
        self._addresses_in_code = frozenset(
            word
            for start, end, _ in self._code
            for slot in self.slots_in(start, end - start)
            for word in range(slot & ~3, slot + 8, 4)
        ) | frozenset(word for at, (size, _) in c.open.items() for word in range(at & ~3, at + size, 4))
        self._fetched: dict[int, int] = {}

    def _bad(self, rule: str) -> InputError:
        return bad(self.path, rule)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the file's bytes (of an archive's member, of what a compressed file holds), in hexadecimal.

        Of a patched copy: of the original's hash and the patches, so that it is no file's.
        """
        return hashlib.sha256(self._file).hexdigest()

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What a proof about this image takes for granted of linker and loader, as sentences."""
        found = []
        for asked, there in self.names.pairs:
            found.append(f"{asked} is what the file has {'as' if address_of(there) is None else 'at'} {there}")
        if self.names.prefix:
            found.append(f"names are the file's without their prefix {self.names.prefix}")
        if self.kind == "relocatable":
            found.append("the linker applies the relocations as AAELF64 says, and keeps each section's bytes together")
        if self._contents.exported:
            names = sorted(self._contents.exported)
            more = f" and {len(names) - _NAMED} more exported symbols" if len(names) > _NAMED else ""
            found.append(f"no other definition takes the place of this file's of {', '.join(names[:_NAMED])}{more}")
        if self.globals:
            found.append(f"each of {', '.join(sorted(self.globals))} has memory of its own")
        if self.apple:
            found.append("Apple's rules for arm64 hold too: X18 is the system's, and is neither read nor written")
        if self.preemptible:
            count = len(set(self.preemptible.values()))
            found.append(f"no other library takes over any of the {count} exported symbols used here")
        return tuple(found)

    # -- symbols ------------------------------------------------------------------------------

    @property
    def all_symbols(self) -> list[Symbol]:
        """Every named symbol in the file's order: undefined ones and equal names included."""
        return self._index.all

    @cached_property
    def symbols(self) -> dict[str, Symbol]:
        """The symbol of each name; names that mean several places are left out (see `lookup`)."""
        chosen = ((name, self._index.choose(name)) for name in self._index.by_name)
        return {name: s for name, s in chosen if isinstance(s, Symbol)}

    def lookup(self, name: str) -> Symbol:
        """The symbol of this name, undefined ones too; `name@0x1234` chooses among equal local names.

        `0x1234` is that place, if no symbol has that name: of kind "address"; `0x1234+0x40` has a size.

        Raises `InputError` with near names when there is none, with the addresses when several
        local symbols have the name and no global one does.
        """
        return self._index.lookup(name)

    def in_file(self, name: str) -> str:
        """What the file calls what is asked for by this name: a symbol's name, or an address."""
        return self._index.in_file(name)

    def symbol(self, name: str) -> Symbol:
        """The symbol of this name, which lies inside a segment; raises `InputError` otherwise."""
        s = self._index.lookup(name)
        if s.state != "defined":
            reasons = {"undefined": "is undefined: another file defines it", "absolute": "is a mere number"}
            why = reasons.get(s.state, f"is {s.state}: it has no place in the image")
            raise self._bad(f"symbol {name} {why} (st_value {s.offset:#x})")
        segment = self.segment_at(s.offset)
        if segment is None or s.offset + s.size > segment.end:
            raise self._bad(f"symbol {name} [{s.offset:#x}, +{s.size:#x}) lies outside every segment")
        return s

    def functions(self, named: Callable[[str], object] | None = None) -> Iterator[Symbol]:
        """Symbols at which a routine may begin, by offset: functions, and untyped global symbols in code.

        With `named`, those of whose names this says so.
        """
        wanted = [s for s in self._index.all if named(s.name)] if named else self._index.all
        for s in sorted(wanted, key=lambda s: s.offset):
            if s.state == "defined" and _is_entry(s) and self.is_code(s.offset):
                yield s

    def choose(self, name: str) -> Symbol | None:
        """The symbol that the file has by this name; None where it means several places, or none (see `lookup`)."""
        found = self._index.choose(name)
        return found if isinstance(found, Symbol) else None

    @property
    def stripped(self) -> bool:
        """Whether there is no symbol of a local routine, as in a file whose symbol table was taken away."""
        return not any(s.binding == "local" and s.kind == "func" for s in self.all_symbols)

    def function_extent(self, name: str) -> tuple[int, int]:
        """Offset and size in bytes of a routine; raises `InputError` when it is not code.

        The size is the symbol's; where that is 0 (hand-written assembly often has no .size) the
        routine reaches to the next function or untyped global symbol, or to the section's end; where
        only the address is known, not beyond what is reached from there.
        """
        s = self.symbol(name)
        segment = self.segment_at(s.offset)
        if segment is None or "x" not in segment.access:
            raise self._bad(f"symbol {name} at {s.offset:#x} lies in {segment}, which is not code")
        if s.offset % 4 or s.size % 4:
            raise self._bad(f"symbol {name} [{s.offset:#x}, +{s.size:#x}) is not made of whole instructions")
        if s.size:
            return s.offset, s.size
        section = self.section_at(s.offset)
        end = min(section.offset + section.size, segment.end) if section else segment.end
        for later in self._index.after(s.offset):
            if later.offset >= end:
                break
            if _is_entry(later):
                end = later.offset
                break
        if s.kind == "address":
            self.word(s.offset)  # raises where no instruction is
            end = flow_end(self.word, s.offset, end)
        return s.offset, (end - s.offset) & ~3

    def symbolize(self, offset: int) -> str:
        """`name+0x10` for an offset, by the symbol that holds it, else by section, else the number."""
        name = self.undefined_functions.get(offset) or self._global_at(offset)
        if name:
            return name
        section = self.section_at(offset)
        floor = section.offset if section else offset
        for s in islice(self._index.before(offset), _SYMBOLIZE_DEPTH):
            if s.offset < floor:
                break
            # A local symbol without type is a label inside something larger.
            named = s.kind != "notype" or s.binding != "local" or s.offset == offset
            if named and (not s.size or offset < s.offset + s.size):
                return _plus(s.name, offset - s.offset)
        if section:
            return _plus(section.name, offset - section.offset)
        return hex(offset)

    def _global_at(self, offset: int) -> str | None:
        for name, start in self.globals.items():
            segment = self.segment_at(start)
            if segment and start <= offset < segment.end:
                return _plus(name, offset - start)
        return None

    # -- bytes --------------------------------------------------------------------------------

    def segment_at(self, offset: int) -> Segment | None:
        """The segment that holds this offset, if one does."""
        k = bisect_right(self._starts, offset) - 1
        if k >= 0 and offset < self.segments[k].end:
            return self.segments[k]
        return None

    def section_at(self, offset: int) -> Section | None:
        """The section that holds this offset, if one does."""
        k = bisect_right(self._section_starts, offset) - 1
        if k >= 0 and offset < self.sections[k].offset + self.sections[k].size:
            return self.sections[k]
        return None

    def place_at(self, offset: int) -> Place | None:
        """The piece that holds this offset, and the offset within it, if one does."""
        k = bisect_right(self._piece_starts, offset) - 1
        if k >= 0 and offset < self.pieces[k].offset + self.pieces[k].size:
            return Place(self.pieces[k], offset - self.pieces[k].offset)
        return None

    def pointee(self, slot: int) -> Place:
        """What the address in a slot of `pointers` points to."""
        place = self._contents.pointees.get(slot)
        return Place(self.pieces[0], self.pointers[slot]) if place is None else place

    def doubt(self, offset: int, size: int) -> str:
        """Why [offset, offset + size) of a read-only segment holds what another file decides; empty if it does not."""
        for slot in self.slots_in(offset, size):
            if slot in self.external_pointers:
                return f"the slot at {slot:#x} holds what loading makes of {self.external_pointers[slot]}"
            if slot in self.preemptible:
                name = self.preemptible[slot]
                return f"the slot at {slot:#x} holds the address of {name}, which another library may take over"
        return self._open_in(offset, size)

    def why_unknown(self, start: int, k: int, size: int) -> str:
        """Why nobody says what `size` bytes at k from `start` hold: the segment is writable, or another file's."""
        at = start + k
        segment, name = self.segment_at(at), self.symbolize(at)
        if segment is None or not segment.known:
            return f"{name} is defined by another file; p.global_ declares it"
        for slot in self.slots_in(at, size):
            if slot in self.external_pointers:
                return f"the slot at {slot:#x} holds what loading makes of {self.external_pointers[slot]}"
            # The address of this file's own, while nobody has written there.
            name = f"{name}, the slot of {self.symbolize(self.pointers[slot])},"
        section = self.section_at(at)
        where = f"{name} lies in {section.name if section else segment.name}"
        return f"{where}, which is writable: since the file was loaded it may have changed; p.global_ declares it"

    def parts(self, segment: Segment) -> Iterator[tuple[str, Piece, int, int]]:
        """What a segment is made of: (name, piece, offset in the image, bytes) of each piece in it."""
        k = bisect_right(self._piece_starts, segment.offset) - 1
        for piece in self.pieces[max(k, 0) :]:
            if piece.offset >= segment.end:
                break
            start, end = max(piece.offset, segment.offset), min(piece.offset + piece.size, segment.end)
            if start < end:
                whole = (start, end) == (segment.offset, segment.end)
                yield segment.name if whole else piece.name, piece, start, end - start

    def is_code(self, offset: int) -> bool:
        """Whether `word(offset)` answers."""
        return (
            not offset & 3
            and any(start <= offset < end for start, end, _ in self._code)
            and offset not in self._addresses_in_code
        )

    def word(self, offset: int) -> int:
        """The instruction word at an offset; raises `BranchError` where no instruction can be."""
        # A dictionary of the words fetched so far answers in half the time of the checks below.
        word = self._fetched.get(offset)
        if word is None:
            for start, end, words in self._code:
                if start <= offset < end and not offset & 3 and offset not in self._addresses_in_code:
                    word = self._fetched[offset] = words[(offset - start) >> 2]
                    return word
            raise self._no_code(offset)
        return word

    def _no_code(self, offset: int) -> BranchError:
        segment = self.segment_at(offset)
        kind = BranchError
        if offset in self.undefined_functions:
            kind = UndeterminedTarget
            why = f"is the function {self.undefined_functions[offset]}, which this file does not define"
        elif segment is None:
            why = "lies outside the image"
        elif "x" not in segment.access:
            why = f"lies in {segment}, which is not executable"
        elif "w" in segment.access:
            why = f"lies in {segment}, code that may be overwritten"
        elif offset & 3:
            why = "is not a multiple of 4"
        elif offset in self._addresses_in_code:
            kind = UndeterminedTarget
            open_ = self._open_in(offset, 4)
            why = f"is no word of the file's ({open_})" if open_ else "is an address that the loader writes"
        else:
            why = f"is an incomplete word at the end of {segment}"
        place = f"{offset:#x} ({self.symbolize(offset)})"
        error = kind(one_line(f"{self.path}: there is no instruction at {place}: it {why}"))
        error.address = offset
        return error

    def slots_in(self, offset: int, size: int) -> list[int]:
        """The slots of `pointers` and `external_pointers` that overlap [offset, offset + size)."""
        k = bisect_left(self._slots, offset - 7)
        found = []
        while k < len(self._slots) and self._slots[k] < offset + size:
            found.append(self._slots[k])
            k += 1
        return found

    def bytes_at(self, offset: int, size: int) -> bytes:
        """`size` bytes at an offset, as the file gives them before any store.

        Raises `InputError` when they do not lie in one segment, or are not known: addresses, which
        depend on the load base, and the data of other files.
        """
        segment = self.segment_at(offset)
        if segment is None or size < 0 or offset + size > segment.end:
            inside = f" {segment}" if segment else ""
            raise self._bad(f"{size} bytes at {offset:#x} do not lie in one segment{inside}")
        place = self.place_at(offset)
        if size and (place is None or place.offset + size > place.piece.size):
            where = f"{size} bytes at {offset:#x} ({self.symbolize(offset)})"
            raise self._bad(f"{where} lie in two pieces that the linker may move apart")
        if not segment.known:
            what = f"{size} bytes at {offset:#x} ({self.symbolize(offset)})"
            raise self._bad(f"{what} are defined by another file")
        slots = self.slots_in(offset, size)
        if slots:
            what = f"{size} bytes at {offset:#x} ({self.symbolize(offset)})"
            raise self._bad(f"{what} hold an address, at {slots[0]:#x}, which loading decides")
        open_ = self._open_in(offset, size)
        if open_:
            raise self._bad(open_)
        return segment.data[offset - segment.offset : offset - segment.offset + size]

    def loaded(self, segment: Segment, base: int, outside: int = 0) -> bytearray:
        """The segment's bytes as a loader leaves them at image base `base`, a multiple of 4096.

        The data of other files holds 0, and so do the slots of `external_pointers` unless `outside` says
        where what they name is taken to lie: the slot at `k` holds `outside + 16 * k`.  Raises `InputError`.
        """
        if base % PAGE or (self.fixed_base and base):
            must = "0: the file is linked to a fixed address" if self.fixed_base else f"a multiple of {PAGE}"
            raise self._bad(f"the image base {base:#x} must be {must}")
        data = bytearray(segment.data)
        for slot in self.slots_in(segment.offset, len(data)):
            if slot in self.pointers:
                value = (base + self.pointers[slot]) & (1 << 64) - 1
            else:
                same = self.imported.get(self.external_pointers[slot], [])
                value = outside and outside + 16 * (same[0] if slot in same else slot) & (1 << 64) - 1
            if 0 <= slot - segment.offset <= len(data) - 8:
                _U64.pack_into(data, slot - segment.offset, value)
        return data

    def code_bytes(self, name: str) -> bytes:
        """The bytes of a routine; raises `InputError` as `function_extent` and `bytes_at` do."""
        return self.bytes_at(*self.function_extent(name))

    def find_bytes(self, pattern: bytes, access: str | None = None) -> list[int]:
        """The offsets at which memory holds the pattern, in order.

        `access` asks for segments that have these letters, and without "w" for segments that are
        not writable: "r" finds constants, those inside code segments too.
        """
        if not pattern:
            raise self._bad("find_bytes needs a pattern of at least one byte")
        if access is not None and not set(access) <= set("rwx"):
            raise self._bad(f"access is made of the letters r, w, x, not {access!r}")
        found = []
        for s in self.segments:
            if not s.known or (access is not None and not _permits(s.access, access)):
                continue
            at = s.data.find(pattern)
            while at >= 0:
                if self._is_constant(s.offset + at, len(pattern)):
                    found.append(s.offset + at)
                at = s.data.find(pattern, at + 1)
        return found

    def _is_constant(self, offset: int, size: int) -> bool:
        """Whether `bytes_at` answers, of bytes in one segment that is known."""
        if self.slots_in(offset, size):
            return False
        place = self.place_at(offset)
        whole = place is not None and place.offset + size <= place.piece.size
        return whole and not self._open_in(offset, size)

    def _open_in(self, offset: int, size: int) -> str:
        """What linking or loading puts in a place that overlaps [offset, offset + size), in words; else empty."""
        starts, places = self._open_starts, self._contents.open
        k = bisect_left(starts, offset - 7)  # none has more than eight bytes
        while k < len(starts) and starts[k] < offset + size:
            length, text = places[starts[k]]
            if offset < starts[k] + length:
                return text
            k += 1
        return ""

    def patched(self, patches: Mapping[int, bytes]) -> Image:
        """A copy in which these bytes stand at these offsets, for mutation tests; raises `InputError`."""
        data = {s.offset: bytearray() for s in self.segments}
        digest = hashlib.sha256(b"armsym patched copy " + self.sha256.encode())
        for offset, new in sorted(patches.items()):
            self.bytes_at(offset, len(new))  # one segment, no address
            segment = self.segment_at(offset)
            assert segment is not None
            target = data[segment.offset]
            if not target:
                target += segment.data
            target[offset - segment.offset : offset - segment.offset + len(new)] = new
            digest.update(b"%d %d " % (offset, len(new)) + new)
        segments = [replace(s, data=bytes(data[s.offset])) if data[s.offset] else s for s in self.segments]
        new_image = Image.__new__(Image)
        new_image.path, new_image.kind, new_image._file = f"{self.path} (patched)", self.kind, b""
        new_image._contents = replace(self._contents, segments=segments)
        new_image._index = self._index
        new_image.__dict__["sha256"] = digest.hexdigest()
        new_image._set_up()
        return new_image

    @property
    def names(self) -> Names:
        """Under which names the file has what is asked for."""
        return self._index.names

    def named(self, names: Names) -> Image:
        """The same image, in which symbols are found under these names; offsets and bytes are as here."""
        other = copy.copy(self)
        other._index = self._index.named(names)
        return other

    def __repr__(self) -> str:
        return f"Image({self.path!r}, {self.kind}, {len(self.segments)} segments)"


def _code(segment: Segment) -> tuple[int, int, memoryview[int]]:
    """(first offset, end, words) of the whole aligned words of a segment."""
    start = -(-segment.offset // 4) * 4
    end = max(start, segment.end & ~3)
    raw = memoryview(segment.data)[start - segment.offset : end - segment.offset]
    if sys.byteorder == "little":
        return start, end, raw.cast("I")
    words = array("I", raw.tobytes())
    words.byteswap()
    return start, end, memoryview(words)


def _permits(access: str, wanted: str) -> bool:
    return set(wanted) <= set(access) and ("w" in wanted or "w" not in access)


def _is_entry(s: Symbol) -> bool:
    return s.kind == "func" or (s.kind == "notype" and s.binding != "local")


def _plus(name: str, distance: int) -> str:
    return f"{name}+{distance:#x}" if distance else name
