"""Proof definitions and how they are found in files and folders."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol

from armsym.errors import ArmsymError, InputError
from armsym.installed import check_installed, check_neighbours
from armsym.proof.declare import Proof
from armsym.proof.foreign import foreign_code

__all__ = ["ProofDefinition", "Source", "discover", "load_module", "proof", "proof_files", "root_of"]

ProofFn = Callable[[Proof], None]

#: All proofs declared, by the file whose code declared them: a name in a module can be bound again.
_declared: dict[str, list[ProofDefinition]] = {}


class Source(Protocol):
    """Where the routine's file comes from: an `armsym.wheels.Wheel`, for example."""

    def path(self) -> Path:
        """The file, fetched if need be; raises `InputError`."""


@dataclass(frozen=True)
class ProofDefinition:
    """A proof function with the routine it speaks of.

    `imported` says that the import of `file` made it: another process makes the same one by importing that.
    """

    name: str
    symbol: str
    of: Source | str
    fn: ProofFn
    file: str
    line: int
    note: str = ""
    imported: bool = False

    def object_spec(self) -> str:
        """The file under proof, as `armsym.elf.load` takes it; raises `InputError`."""
        if isinstance(self.of, str):
            return str(Path(self.file).parent / self.of)
        with foreign_code():
            return str(self.of.path())

    def __call__(self, p: Proof) -> None:
        """Run the proof function; whatever it raises is reported with its place in the file."""
        try:
            self.fn(p)
        except ArmsymError:
            raise
        except Exception as e:
            last = next((f for f in reversed(traceback.extract_tb(e.__traceback__)) if f.filename == self.file), None)
            where = f"{self.file}:{last.lineno}" if last else f"{self.file}:{self.line}"
            raise InputError(f"{where}: the proof {self.name} raises {type(e).__name__}: {e}") from e


def proof(
    symbol: str, *, of: Source | str, name: str | None = None, note: str = ""
) -> Callable[[ProofFn], ProofDefinition]:
    """Declare a proof of the routine `symbol` of the file `of` (a source, or a path beside this file).

    Each declaration is a proof that is run, whatever becomes of the Python name; of two with one name in
    a file `discover` raises `InputError`, so proofs made in a loop need `name`.
    `note` is for the table of proofs: why this one is undecided and what was tried, say.
    """

    def apply(fn: ProofFn) -> ProofDefinition:
        file, line, imported = _place(fn)
        d = ProofDefinition(name or fn.__name__, symbol, of, fn, file, line, note, imported)
        _declared.setdefault(os.path.realpath(file), []).append(d)
        return d

    return apply


def _place(fn: ProofFn) -> tuple[str, int, bool]:
    """The file that declares a proof, the line, of the function or of the call that makes it, and whether it is the
    import of that file that does.

    A function of another file may declare proofs for the file that calls it: they are that file's.
    """
    code = fn.__code__
    frame = sys._getframe(1)
    while frame.f_code.co_name != "<module>" and frame.f_back is not None:
        frame = frame.f_back
    home = frame.f_code.co_filename
    at_top = frame.f_code.co_name == "<module>"
    a_module = at_top and frame.f_globals.get("__name__") != "__main__"
    if a_module and home != code.co_filename and os.path.isfile(home):
        return home, frame.f_lineno, True
    return code.co_filename, code.co_firstlineno, at_top and home == code.co_filename


def load_module(path: Path) -> ModuleType:
    """Import a proof file by its path; raises `InputError` with file and line if it raises."""
    path = path.resolve()
    name = _package_name(path)
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path}: not a Python file")
    _declared.pop(os.path.realpath(path), None)  # of an import that failed
    root = str(root_of(path))
    check_neighbours(Path(root))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    if root not in sys.path:
        sys.path.append(root)  # so that a proof folder can import its neighbours; last, so that they replace nothing
    try:
        with foreign_code():
            spec.loader.exec_module(module)
        check_installed()
    except ArmsymError:
        del sys.modules[name]
        raise
    except SyntaxError as e:
        del sys.modules[name]
        raise InputError(f"{path}:{e.lineno}: {e.msg}") from e
    except Exception as e:
        del sys.modules[name]
        last = next((f for f in reversed(traceback.extract_tb(e.__traceback__)) if f.filename == str(path)), None)
        raise InputError(f"{path}:{last.lineno if last else 1}: {type(e).__name__}: {e}") from e
    except BaseException:
        del sys.modules[name]
        raise
    return module


def root_of(path: Path) -> Path:
    """The folder from which a proof file, given by its whole path, is imported: that of its outermost package."""
    folder = path.parent
    while (folder / "__init__.py").exists():
        folder = folder.parent
    return folder


def _package_name(path: Path) -> str:
    parts = path.relative_to(root_of(path)).with_suffix("").parts
    if len(parts) == 1:
        # A file by itself: many are called proofs.py, and one may be called like a library.
        return f"_armsym_{path.stem}_{hashlib.sha256(bytes(path)).hexdigest()[:12]}"
    return ".".join(parts)


def proof_files(folder: Path) -> list[Path]:
    """The Python files below a folder in which the word "proof" occurs, in any case: others are not imported."""
    files = sorted(f for f in folder.rglob("*.py") if ".venv" not in f.parts and f.is_file())
    return [f for f in files if "proof" in f.read_text(encoding="utf-8", errors="replace").lower()]


def discover(target: Path) -> Iterator[ProofDefinition]:
    """The proofs defined in a file, or in all Python files below a folder that speak of proofs, in order of definition.

    Raises `InputError` for a file that cannot be used, or that gives two proofs one name.
    """
    if not target.exists():
        near = ", ".join(sorted(p.name for p in target.parent.glob("*"))[:8]) if target.parent.exists() else ""
        raise InputError(f"{target}: no such file or folder" + (f" (there are: {near})" if near else ""))
    files = [target] if target.is_file() else proof_files(target)
    for f in files:
        if f.suffix != ".py":
            raise InputError(f"{f}: a proof file is a Python file")
        module = load_module(f)
        found = [d for d in vars(module).values() if isinstance(d, ProofDefinition) and Path(d.file) == f.resolve()]
        found += _declared.get(os.path.realpath(f), [])
        proofs = sorted({id(d): d for d in found}.values(), key=lambda d: d.line)
        _refuse_one_name_twice(f, proofs)
        yield from proofs


def _refuse_one_name_twice(file: Path, proofs: list[ProofDefinition]) -> None:
    # `armsym prove FILE::NAME` and every report tell proofs by their names.
    first: dict[str, ProofDefinition] = {}
    for d in proofs:
        other = first.setdefault(d.name, d)
        if other is not d:
            lines = f"lines {other.line} and {d.line}" if other.line != d.line else f"line {d.line}, more than once"
            raise InputError(
                f"{file}:{d.line}: two proofs are called {d.name!r} ({lines}): a name stands for one proof; "
                "rename one, or give name= to those made in a loop"
            )
