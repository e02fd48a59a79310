"""What is kept is what a proof's sources say by themselves, not what others made of them, nor what no source names."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kept import project, prove, told

from armsym.cache import Keys, Uncacheable, sources
from armsym.elf import Names
from armsym.errors import InputError
from armsym.proof.afresh import afresh, strangers
from armsym.proof.registry import discover


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / tmp_path.name
    found.mkdir()
    return found


def test_what_another_proof_file_does_to_a_helper_is_not_kept(tmp_path: Path, folder: Path) -> None:
    """A false claim that the import of another file makes true: by itself the proof was `cached` after it."""
    file, last = project(folder)
    last.write_text("more = [1]\ndef add(a, b):\n    return a + b + more[0]\n")
    (folder / "a_proof.py").write_text(f"import {last.stem}\n{last.stem}.more[0] = 0\n")
    cache = tmp_path / "cache"
    assert told(prove(cache, folder, "--json", "--no-cache"))["status"] == "proved"  # of this the user is warned
    for target in (folder, file, folder):
        answer = prove(cache, target, "--json")
        assert (answer.code, told(answer)["status"], told(answer)["cached"]) == (1, "refuted", False)
    assert not list((cache / "results").iterdir())


@pytest.mark.parametrize("init", ["", None])
def test_a_module_that_another_file_imports_is_no_source(tmp_path: Path, folder: Path, init: str | None) -> None:
    """`package.part` is there only where another file has imported it, and changes unseen."""
    file, last = project(folder)
    package = folder / f"{last.stem}_package"
    package.mkdir()
    if init is not None:
        (package / "__init__.py").write_text(init)
    (package / "part.py").write_text("def add(a, b):\n    return a + b\n")
    last.write_text(f"import {package.name}\ndef add(a, b):\n    return {package.name}.part.add(a, b)\n")
    (folder / "a_proof.py").write_text(f"import {package.name}.part\n")
    for _ in range(2):
        answer = prove(tmp_path / "cache", folder, "--json")
        assert (answer.code, told(answer)["status"], told(answer)["cached"]) == (2, "error", False)
        assert "has no attribute 'part'" in told(answer)["message"]
    assert file.exists()


REACHING: dict[str, Callable[[Path], str]] = {
    "all of a package": lambda f: f"from {f.name}_star import *\nvalue = part.value\n",
    "a module's module": lambda f: "import dataclasses\nvalue = len(dataclasses.sys.argv)\n",
    "a module of a module": lambda f: "from dataclasses import sys\nvalue = len(sys.argv)\n",
    "its loader": lambda f: "value = lambda: __loader__.get_data('x')\n",
    "its place": lambda f: "value = len(__file__)\n",
    "its globals": lambda f: "value = globals()['__builtins__']\n",
    "a function's globals": lambda f: "value = (lambda: 0).__globals__\n",
    "a name in a text": lambda f: "import math\nvalue = getattr(math, '__loader__')\n",
    "the seed of hashes": lambda f: "value = hash('a') % 2\n",
    "the engine's own": lambda f: "from armsym.bits import choose\n",
}


@pytest.mark.parametrize("how", REACHING)
def test_ways_out_of_a_source(folder: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "BEGAN_NS", time.time_ns() + 10**12)
    package = folder / f"{folder.name}_star"
    package.mkdir()
    (package / "__init__.py").write_text("__all__ = ['part']\n")
    (package / "part.py").write_text("value = 0\n")
    file, last = project(folder)
    last.write_text(REACHING[how](folder) + "def add(a, b):\n    return a + b\n")
    path, before = sys.path[:], set(sys.modules)
    try:
        list(discover(file))
        with pytest.raises(Uncacheable, match=re.escape(f"{last}:")):
            Keys().of(
                file=str(file),
                name="adds",
                symbol="add64",
                object_spec=str(folder / "routines.o"),
                second="",
                names=Names(),
            )
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - before:
            del sys.modules[name]


def test_a_proof_afresh(folder: Path) -> None:
    file, last = project(folder)
    path, before = sys.path[:], set(sys.modules)
    try:
        (first,) = discover(file)
        files = [(n, str(getattr(m, "__file__", None))) for n, m in sys.modules.items()]
        modules = [(n, f) for n, f in files if f.startswith(f"{folder}{os.sep}")]
        assert len(modules) == 3
        again = afresh(str(file), first.line, "adds", modules)
        assert again is not first
        assert (again.name, again.line, again.imported) == ("adds", first.line, True)
        assert strangers(modules) == ""
        # One that is found elsewhere now, and one of their packages that none of them names.
        elsewhere = [(n, f"{f}x" if n == last.stem else f) for n, f in modules]
        assert f"{last.stem} is {last} when it is imported again" in strangers(elsewhere)
        sys.modules[f"{last.stem}.more"] = sys.modules[last.stem]
        assert f"it imports {last.stem}.more" in strangers(modules)
        with pytest.raises(InputError, match="is not there when its file is imported by itself"):
            afresh(str(file), first.line + 1, "adds", modules)
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - before:
            del sys.modules[name]
