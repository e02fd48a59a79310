"""Proof definitions and how they are found in files and folders."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol

from armsym.errors import ArmsymError, InputError
from armsym.proof.declare import Proof

__all__ = ["ProofDefinition", "Source", "discover", "load_module", "proof"]

ProofFn = Callable[[Proof], None]


class Source(Protocol):
    """Where the routine's file comes from: an `armsym.wheels.Wheel`, for example."""

    def path(self) -> Path:
        """The file, fetched if need be; raises `InputError`."""


@dataclass(frozen=True)
class ProofDefinition:
    """A proof function with the routine it speaks of."""

    name: str
    symbol: str
    of: Source | str
    fn: ProofFn
    file: str
    line: int
    note: str = ""

    def object_spec(self) -> str:
        """The file under proof, as `armsym.elf.load` takes it; raises `InputError`."""
        if isinstance(self.of, str):
            return str(Path(self.file).parent / self.of)
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

    `note` is for the table of proofs: why this one is undecided and what was tried, say.
    """

    def apply(fn: ProofFn) -> ProofDefinition:
        code = fn.__code__
        return ProofDefinition(name or fn.__name__, symbol, of, fn, code.co_filename, code.co_firstlineno, note)

    return apply


def load_module(path: Path) -> ModuleType:
    """Import a proof file by its path; raises `InputError` with file and line if it raises."""
    path = path.resolve()
    name = _package_name(path)
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    root = str(_root(path))
    if root not in sys.path:
        sys.path.insert(0, root)  # so that a proof folder can import its neighbours
    try:
        spec.loader.exec_module(module)
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


def _root(path: Path) -> Path:
    folder = path.parent
    while (folder / "__init__.py").exists():
        folder = folder.parent
    return folder


def _package_name(path: Path) -> str:
    parts = path.relative_to(_root(path)).with_suffix("").parts
    if len(parts) == 1:
        # A file by itself: many are called proofs.py, and one may be called like a library.
        return f"_armsym_{path.stem}_{hashlib.sha256(bytes(path)).hexdigest()[:12]}"
    return ".".join(parts)


def discover(target: Path) -> Iterator[ProofDefinition]:
    """The proofs defined in a file, or in all Python files below a folder, in order of definition."""
    if not target.exists():
        near = ", ".join(sorted(p.name for p in target.parent.glob("*"))[:8]) if target.parent.exists() else ""
        raise InputError(f"{target}: no such file or folder" + (f" (there are: {near})" if near else ""))
    files = [target] if target.is_file() else sorted(f for f in target.rglob("*.py") if ".venv" not in f.parts)
    for f in files:
        if f.suffix != ".py":
            raise InputError(f"{f}: a proof file is a Python file")
        if target.is_dir() and "proof" not in f.read_text(encoding="utf-8", errors="replace"):
            continue
        module = load_module(f)
        found = [d for d in vars(module).values() if isinstance(d, ProofDefinition) and Path(d.file) == f.resolve()]
        yield from sorted({id(d): d for d in found}.values(), key=lambda d: d.line)
