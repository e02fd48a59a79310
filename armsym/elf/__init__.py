"""What a proof or a simulation sees of a file: one flat image of code and data.

`load("libcrypto.a(sha512-armv8.o)")`, `load("_rust.abi3.so")`: relocatable objects, members of
static libraries, shared libraries and executables, AArch64, little-endian, 64-bit.  Everything
that cannot be used is an `InputError` of one line which names the file and the rule.
"""

from armsym.elf.collection import Collection, collection
from armsym.elf.image import Image
from armsym.elf.layout import PAGE, Fill, Link, Piece, Place, Section, Segment
from armsym.elf.names import Names
from armsym.elf.reader import load, load_bytes
from armsym.elf.relocations import fits
from armsym.elf.symbols import Symbol

__all__ = [
    "PAGE",
    "Collection",
    "Fill",
    "Image",
    "Link",
    "Names",
    "Piece",
    "Place",
    "Section",
    "Segment",
    "Symbol",
    "collection",
    "fits",
    "load",
    "load_bytes",
]
