"""The committed files in data/ are what the assembler and linker make of our sources there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from elf_data import COMMANDS, DATA, PREFIX, build

from armsym.elf import load

needs_binutils = pytest.mark.skipif(
    not all(shutil.which(PREFIX + tool) for tool in ("as", "ld", "ar")), reason="needs binutils for AArch64"
)


@needs_binutils
def test_rebuild(tmp_path: Path) -> None:
    build(tmp_path)
    made = [name for name in COMMANDS if ".tmp." not in name]
    assert {p.name for p in tmp_path.iterdir()} == {*made, "library.a"}
    for name in made:
        old, new = load(DATA / name), load(tmp_path / name)
        # Another version of binutils may lay a linked file out differently; the routines stay.
        entries = sorted(s.name for s in old.functions())
        assert sorted(s.name for s in new.functions()) == entries
        if name.endswith(".o"):
            assert [(s.name, s.data, s.access) for s in new.segments] == [
                (s.name, s.data, s.access) for s in old.segments
            ]
            assert (new.pointers, new.external_pointers) == (old.pointers, old.external_pointers)
