"""How the files in data/ are made from our own sources: `python tests/elf/elf_data.py` remakes them all.

The committed files are those of GNU binutils, the linker that armsym's own is compared with; the tests
make them a second time with LLVM's tools.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

DATA = Path(__file__).parent / "data"
PREFIX = "aarch64-linux-gnu-"
_SMALL = ["-z", "max-page-size=4096", "-z", "noseparate-code", "--hash-style=gnu", "--build-id=none"]

#: Each file with the command that makes it; `.tmp.o` files are not kept.
COMMANDS: dict[str, list[str]] = {
    "relocs.tmp.o": ["as", "relocs.s"],
    "numbers.tmp.o": ["as", "numbers.s"],
    "relocs.o": ["ld", "-r", "relocs.tmp.o", "numbers.tmp.o"],
    "relocs.linked": ["ld", "-T", "relocs.ld", "-e", "entry", "-z", "max-page-size=4096", "relocs.o"],
    "got.o": ["as", "got.s"],
    "got.linked": ["ld", "-T", "got.ld", "-e", "take", "-z", "max-page-size=4096", "got.o"],
    "nosize.tmp.o": ["as", "nosize.s"],
    "twice.tmp.o": ["as", "twice.s"],
    "nosize.o": ["ld", "-r", "nosize.tmp.o", "twice.tmp.o"],
    "outside.o": ["as", "outside.s"],
    "lib.tmp.o": ["as", "lib.s"],
    "lib.so": ["ld", "-shared", *_SMALL, "-z", "relro", "-soname", "lib.so", "lib.tmp.o"],
    "lib_symbolic.so": ["ld", "-shared", "-Bsymbolic", "-z", "now", *_SMALL, "lib.tmp.o"],
    "prog.tmp.o": ["as", "prog.s"],
    "prog.exe": ["ld", *_SMALL, "--allow-shlib-undefined", "prog.tmp.o", "lib.so"],
    "pie.tmp.o": ["as", "--defsym", "PIE=1", "prog.s"],
    "prog.pie": ["ld", "-pie", *_SMALL, "--allow-shlib-undefined", "pie.tmp.o", "lib.so"],
    "static.tmp.o": ["as", "static.s"],
    "static.exe": ["ld", *_SMALL, "static.tmp.o"],
}


def gnu(folder: Path, tool: str, *arguments: str) -> None:
    """Run a tool of GNU binutils in the folder."""
    subprocess.run([PREFIX + tool, *arguments], cwd=folder, check=True, capture_output=True)


def build(directory: Path, run: Callable[..., None] = gnu) -> None:
    """Make every file of `COMMANDS`, and archives of the objects, in the directory, by run(folder, tool, ...)."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for source in [*DATA.glob("*.s"), *DATA.glob("*.ld")]:
            shutil.copy(source, work)
        for target, (tool, *arguments) in COMMANDS.items():
            run(work, tool, *arguments, "-o", target)
        long_name = "a_member_with_a_long_name.o"
        shutil.copy(work / "got.o", work / long_name)
        run(work, "ar", "rcsD", "library.a", "relocs.o", "nosize.o", long_name)
        for target in [*COMMANDS, "library.a"]:
            if ".tmp." not in target:
                shutil.copyfile(work / target, directory / target)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
