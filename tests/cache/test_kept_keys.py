"""Keys: whatever a result rests on changes them, and what is not known to rest on its content alone has none."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kept import project

from armsym.cache import Key, Keys, Uncacheable, keys, sources
from armsym.cache.sources import Sources, compiled_as_written, read_settled
from armsym.elf import Names
from armsym.proof.registry import discover

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _files_are_old(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What these tests write is as if written before this process; modules of one test are not those of the next."""
    monkeypatch.setattr(sources, "BEGAN_NS", time.time_ns() + 10**12)
    before = set(sys.modules)
    path = sys.path[:]
    yield
    sys.path[:] = path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def key_of(file: Path, *, second: str = "", object_: Path | None = None, names: Names | None = None) -> Key:
    list(discover(file))
    spec = str(object_ or file.parent / "routines.o")
    return Keys().of(
        file=str(file), name="adds", symbol="add64", object_spec=spec, second=second, names=names or Names()
    )


def test_what_the_file_calls_a_routine_counts(tmp_path: Path) -> None:
    """One file and one proof, of another routine of the file."""
    file, _ = project(tmp_path)
    plain = key_of(file).text
    others = [Names.of(["add64=sub64"]), Names.of(["add64=0x10"]), Names.of(["add64=0x10+0x8"]), Names.of([], "lib_")]
    assert len({plain, *(key_of(file, names=n).text for n in others)}) == len(others) + 1


def test_a_key_is_of_content(tmp_path: Path) -> None:
    file, last = project(tmp_path)
    first = key_of(file)
    assert key_of(file).text == first.text
    assert {s.path for s in first.sources} >= {file, last, HOME / "armsym" / "isa.py", HOME / "semantics" / "shared.py"}
    text = last.read_text()
    last.write_text(text + "#")
    assert key_of(file).text != first.text
    last.write_text(text)
    assert key_of(file).text == first.text


@pytest.mark.parametrize("which", ["proof", "helper", "imported by the helper", "object", "package"])
def test_every_file_of_a_proof_counts(tmp_path: Path, which: str) -> None:
    folder = tmp_path / f"{tmp_path.name}_package"
    folder.mkdir()
    file, last = project(folder)
    if which == "package":
        (folder / "__init__.py").write_text("")
        for f in folder.glob("*.py"):
            f.write_text(f.read_text().replace(f"from {folder.name}_", f"from {folder.name}.{folder.name}_"))
    changed = {
        "proof": file,
        "helper": folder / f"{folder.name}_helper.py",
        "imported by the helper": last,
        "object": folder / "routines.o",
        "package": folder / "__init__.py",
    }[which]
    first = key_of(file)
    changed.write_bytes(changed.read_bytes() + b"\n")
    assert key_of(file).text != first.text


@pytest.mark.parametrize("which", ["own", "imported"])
def test_what_runs_when_a_package_is_imported_counts(tmp_path: Path, which: str) -> None:
    name = tmp_path.name
    own, other = tmp_path / f"{name}_own", tmp_path / f"{name}_imported"
    for package in (own, other):
        package.mkdir()
        (package / "__init__.py").write_text("")
    project(own)
    file = own / f"{own.name}_proofs.py"
    file.write_text(file.read_text().replace(f"from {own.name}_helper", f"from {other.name}.helper"))
    (other / "helper.py").write_text("def total(a, b):\n    return a + b\n")
    first = key_of(file)
    (tmp_path / f"{name}_{which}" / "__init__.py").write_text("x = 1\n")
    assert key_of(file).text != first.text


def test_the_specification_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A standard of this repository, by the module that holds it."""
    file = next(f for f in (HOME / "crypto_examples" / "own_sha512").glob("*.py") if "@proof" in f.read_text())
    first = key_of(file, object_=HOME / "crypto_examples" / "own_sha512" / "sha512.o")
    modules = {s.path for s in first.sources}
    assert modules >= {HOME / "specs" / "sha512.py", HOME / "specs" / "words.py"}
    other = tmp_path / "sha512.py"
    other.write_bytes((HOME / "specs" / "sha512.py").read_bytes() + b"\n")
    monkeypatch.setattr(sys.modules["specs.sha512"], "__file__", str(other))
    assert key_of(file, object_=HOME / "crypto_examples" / "own_sha512" / "sha512.o").text != first.text


@pytest.mark.parametrize(
    "changed", ["semantics/shared.py", "semantics/advanced_simd", "armsym/proof/run.py", "armsym/terms/ops.py", "new"]
)
def test_every_file_of_the_engine_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    home = tmp_path / "home"
    for package in ("armsym", "semantics"):
        shutil.copytree(HOME / package, home / package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(keys, "_HOME", home)
    (tmp_path / "project").mkdir()
    file, _ = project(tmp_path / "project")
    first = key_of(file)
    if changed == "new":
        (home / "semantics" / "another.py").write_text("")
    else:
        f = home / changed
        f = next(f.rglob("*.py")) if f.is_dir() else f
        f.write_bytes(f.read_bytes() + b"\n")
    assert key_of(file).text != first.text


def test_solvers_python_and_options_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, _ = project(tmp_path)
    first, second = key_of(file), key_of(file, second="bitwuzla")
    assert first.text != second.text
    assert len({key_of(file, second=s).text for s in ("", "bitwuzla", "cvc5", "both")}) == 4
    monkeypatch.setitem(keys._known_libraries, "z3-solver", "0")
    assert key_of(file).text != first.text
    monkeypatch.undo()
    monkeypatch.setattr(sources, "BEGAN_NS", time.time_ns() + 10**12)
    monkeypatch.setitem(keys._known_libraries, "bitwuzla", "0")
    assert key_of(file).text == first.text
    assert key_of(file, second="bitwuzla").text != second.text
    monkeypatch.setattr(sys, "version", "0")
    assert key_of(file).text != first.text


#: Sources that do more than compute.
MORE = {
    "import os": "imports os",
    "import os.path": "imports os.path",
    "def f():\n    from pathlib import Path": "imports pathlib",
    "import time": "imports time",
    "import random\nrandom.seed()": "more of random",
    "import random\nr = random": "more of random",
    "from random import random": "imports random of random",
    "open('x')": "uses open",
    "exec('1')": "uses exec",
    "e = eval": "uses eval",
    "__import__('os')": "uses __import__",
    "import armsym": "imports armsym",
    "from armsym import load": "imports armsym",
    "from armsym.elf import load": "imports armsym.elf",
    "import semantics": "imports semantics",
    "from armsym.wheels import cache_folder": "imports cache_folder",
    "from armsym.wheels import *": "of armsym.wheels",
    "def f(w):\n    return w.path().read_bytes()": "uses .read_bytes",
    "import no_such_module_there_is": "not found",
    "def f():\n    import no_such_package.module": "not found",
    "import z3": "imports",  # one of its sources does
    "from typing_extensions import Self": "imports",
    "from . import nothing": "not found",
    "from .nothing import more": "not found",
    "import builtins": "imports builtins",
}


@pytest.mark.parametrize("text", MORE)
def test_a_source_that_does_more_than_compute_has_no_key(tmp_path: Path, text: str) -> None:
    """Where it is imported does not matter."""
    file, last = project(tmp_path)
    list(discover(file))
    last.write_text(f"{last.read_text()}\n{text}\n")
    with pytest.raises(Uncacheable, match=MORE[text].replace(".", r"\.")):
        key_of(file)


@pytest.mark.parametrize(
    "text",
    [
        "import random\ndef f(r: random.Random) -> int:\n    return random.Random(1).randrange(3)",
        "from random import Random",
        "from collections.abc import Sequence\nimport functools, itertools, math",
        "from armsym.wheels import Wheel\nfrom armsym.bits import Bits\nfrom armsym.dsl import *",
        "from specs import sha256\nimport specs.sha512 as s",
    ],
)
def test_a_source_that_computes_has_a_key(tmp_path: Path, text: str) -> None:
    file, last = project(tmp_path)
    last.write_text(f"{text}\n{last.read_text()}")
    found = Sources()
    list(discover(file))
    assert last in {s.path for s in found.of(file).values()}
    if "specs" in text:
        assert {"specs", "specs.sha256", "specs.sha512"} <= found.of(file).keys()


def test_a_file_that_changed_after_this_process_began_has_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, last = project(tmp_path)
    key_of(file)
    changed = max(last.stat().st_mtime_ns, last.stat().st_ctime_ns)
    monkeypatch.setattr(sources, "BEGAN_NS", changed + 20_000_000)
    read_settled(last)
    monkeypatch.setattr(sources, "BEGAN_NS", changed + 19_999_999)
    with pytest.raises(Uncacheable, match="after this process began"):
        read_settled(last)


@pytest.mark.parametrize("same_size", [True, False])
def test_a_file_that_changes_while_it_is_proved_spoils_the_result(tmp_path: Path, same_size: bool) -> None:
    file, last = project(tmp_path)
    list(discover(file))
    used = Keys()
    key = used.of(
        file=str(file),
        name="adds",
        symbol="add64",
        object_spec=str(tmp_path / "routines.o"),
        second="",
        names=Names(),
    )
    assert used.still_holds(key) == ""
    then = last.stat()
    last.write_text(last.read_text().replace("+", "-") if same_size else "")
    os.utime(last, ns=(then.st_atime_ns, then.st_mtime_ns))
    assert "changed meanwhile" in used.still_holds(key)


def test_what_python_keeps_compiled_is_compared(tmp_path: Path) -> None:
    """Python takes a compiled file for a source's by size and second."""
    file = tmp_path / "module.py"
    file.write_text("def f(a, b):\n    return a + b\n")
    py_compile.compile(str(file))
    then = file.stat()
    assert compiled_as_written(read_settled(file)[0])
    file.write_text("def f(a, b):\n    return a - b\n")
    os.utime(file, ns=(then.st_atime_ns, then.st_mtime_ns))
    assert Path(importlib.util.cache_from_source(str(file))).exists()
    assert not compiled_as_written(read_settled(file)[0])
    py_compile.compile(str(file))
    assert compiled_as_written(read_settled(file)[0])
    Path(importlib.util.cache_from_source(str(file))).write_bytes(b"\0" * 40)
    assert not compiled_as_written(read_settled(file)[0])
    shutil.rmtree(tmp_path / "__pycache__")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "module.cpython-311-pytest-9.pyc").write_bytes(b"")
    assert not compiled_as_written(read_settled(file)[0])
    later = time.time() + 10
    os.utime(tmp_path / "__pycache__" / "module.cpython-311-pytest-9.pyc", (later, later))
    assert compiled_as_written(read_settled(file)[0])
    shutil.rmtree(tmp_path / "__pycache__")
    assert compiled_as_written(read_settled(file)[0])


def test_a_result_of_what_python_compiled_before_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, last = project(tmp_path)
    key = key_of(file)
    assert Keys().still_holds(key) == ""
    monkeypatch.setattr(keys, "compiled_as_written", lambda s: s.path != last)
    assert f"compiled of {last} is older" in Keys().still_holds(key)
