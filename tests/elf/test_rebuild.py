"""The committed files in data/, which GNU binutils made of our sources there, against what LLVM's tools make."""

from __future__ import annotations

from pathlib import Path

import pytest
from assembling import contents, run_tool
from elf_data import COMMANDS, DATA, build

from armsym.elf import load


def llvm(folder: Path, tool: str, *arguments: str) -> None:
    """Run LLVM's tool for GNU's; a compiler hands --defsym on to its assembler."""
    if tool == "as" and arguments[0] == "--defsym":
        arguments = (f"-Wa,--defsym,{arguments[1]}", *arguments[2:])
    run_tool(folder, tool, *arguments)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    build(folder, llvm)
    return folder


NAMES = [name for name in COMMANDS if ".tmp." not in name]


def test_every_file_is_made(made: Path) -> None:
    assert {p.name for p in made.iterdir()} == {*NAMES, "library.a"}


@pytest.mark.parametrize("name", [n for n in NAMES if n.endswith(".o")])
def test_objects_are_those_of_the_sources(made: Path, name: str) -> None:
    old, new = contents(DATA / name), contents(made / name)
    # LLVM's linker gives room to common symbols in a section of this name, GNU's leaves that to the last link.
    new.sections.pop("COMMON", None)
    assert new == old


# got.linked has no routine; test_relocations.py reads its bytes.
@pytest.mark.parametrize("name", [n for n in NAMES if not n.endswith(".o") and n != "got.linked"])
def test_linked_files_have_the_routines_of_the_sources(made: Path, name: str) -> None:
    # Linkers lay files out differently; the routines stay.
    entries = sorted(s.name for s in load(DATA / name).functions())
    assert entries
    assert sorted(s.name for s in load(made / name).functions()) == entries
