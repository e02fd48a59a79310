"""The one assembler, linker and archiver of the tests: LLVM's, from the package `ziglang` of the extra `test`.

No other tool is needed, so no test is skipped for want of one.  Each call has its own folder for what zig
caches: calls at the same time share nothing, and nothing is left.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import Section, SymbolTableSection

#: What each tool is called; `as` takes the options of an assembler after -Wa, as compilers do.
TOOLS = {
    "as": ["cc", "-target", "aarch64-linux-musl", "-g0", "-c"],
    "ld": ["ld.lld", "-m", "aarch64linux"],
    "ar": ["ar"],
    # A dynamic library of macOS; symbols that it lacks are other libraries'.
    "dylib": ["cc", "-target", "aarch64-macos", "-nostdlib", "-shared", "-Wl,-undefined,dynamic_lookup"],
}


def run_tool(folder: Path, tool: str, *arguments: str) -> None:
    """Run a tool of `TOOLS` in the folder; `AssertionError` tells what it complained about."""
    with tempfile.TemporaryDirectory(prefix="armsym-zig-") as cache:
        environment = os.environ | {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}
        done = subprocess.run(
            [sys.executable, "-m", "ziglang", *TOOLS[tool], *arguments],
            cwd=folder,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
    assert done.returncode == 0, f"{tool} {' '.join(arguments)}: exit {done.returncode}\n{done.stderr}"


@functools.cache
def assembled(text: str) -> bytes:
    """The object file of this assembly text; each text is assembled once in a process."""
    with tempfile.TemporaryDirectory(prefix="armsym-as-") as name:
        folder = Path(name)
        (folder / "f.s").write_text(text)
        run_tool(folder, "as", "f.s", "-o", "f.o")
        return (folder / "f.o").read_bytes()


@functools.cache
def dylib(text: str) -> bytes:
    """The dynamic library of macOS that is made of this assembly text."""
    with tempfile.TemporaryDirectory(prefix="armsym-as-") as name:
        folder = Path(name)
        (folder / "f.s").write_text(text)
        run_tool(folder, "dylib", "f.s", "-o", "f.dylib")
        return (folder / "f.dylib").read_bytes()


def assemble_file(source: Path, target: Path) -> None:
    """Assemble a file; what it includes is looked for beside it."""
    run_tool(source.parent, "as", source.name, "-o", str(target.resolve()))


@dataclass(frozen=True)
class Contents:
    """What an object file holds, whichever assembler made it: not the order of its sections and symbols.

    A relocation's target is (name, addend) for a symbol of another file, and (section, offset) else, since
    assemblers choose between a symbol and its section.
    """

    #: name -> (flags, size, bytes; None where the file holds none): the sections in memory that have a size.
    sections: dict[str, tuple[int, int, bytes | None]]
    #: section -> its (offset, type, target, number)
    relocations: dict[str, set[tuple[int, int, str, int]]]
    #: (name, type, binding, section, value, size); of local symbols the functions only.
    symbols: set[tuple[str, str, str, str, int, int]]


def contents(path: Path) -> Contents:
    """The contents of a relocatable file."""
    with path.open("rb") as file:
        elf = ELFFile(file)
        assert elf["e_type"] == "ET_REL"
        allocated: dict[str, Section] = {}
        for s in elf.iter_sections():
            if s["sh_flags"] & 2 and s["sh_size"]:
                assert s.name not in allocated
                allocated[s.name] = s

        def place(index: int | str) -> str:
            return elf.get_section(index).name if isinstance(index, int) else index

        relocations: dict[str, set[tuple[int, int, str, int]]] = {}
        for s in elf.iter_sections():
            if isinstance(s, RelocationSection) and (of := place(s["sh_info"])) in allocated:
                listed = relocations.setdefault(of, set())
                for r in s.iter_relocations():
                    to = elf.get_section(s["sh_link"]).get_symbol(r["r_info_sym"])
                    where, addend = place(to["st_shndx"]), r["r_addend"]
                    named = where in ("SHN_UNDEF", "SHN_COMMON")
                    target = (to.name, addend) if named else (where, to["st_value"] + addend)
                    listed.add((r["r_offset"], r["r_info_type"], *target))
        symbols = set()
        for table in elf.iter_sections():
            if isinstance(table, SymbolTableSection):
                for y in table.iter_symbols():
                    kind, binding = y["st_info"]["type"], y["st_info"]["bind"]
                    if binding != "STB_LOCAL" or kind == "STT_FUNC":
                        symbols.add((y.name, kind, binding, place(y["st_shndx"]), y["st_value"], y["st_size"]))
        return Contents(
            {
                n: (s["sh_flags"], s["sh_size"], None if s["sh_type"] == "SHT_NOBITS" else s.data())
                for n, s in allocated.items()
            },
            relocations,
            symbols,
        )
