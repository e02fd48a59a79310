"""The files of Python that a proof consists of: its own, and all that it imports, to the last one.

That the content of these says what a proof says is so only for programs that do nothing but compute.  So they may
import the engine, each other, and a few modules of the standard library that look at nothing outside; a source that
does more makes its proofs uncacheable, and these are run every time.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import marshal
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType

from armsym.began import BEGAN_NS

__all__ = ["Source", "Sources", "Uncacheable", "compiled_as_written", "read_settled"]

#: Modules of the standard library of which sources may use everything: what they give depends on nothing outside.
_PURE = frozenset(
    (  # noqa: SIM905 - as a list it takes thirty lines
        "__future__ abc array bisect collections copy dataclasses enum fractions functools hashlib heapq itertools math"
        " numbers operator re string struct textwrap typing"
    ).split()
)
#: What sources may import of the engine: with other parts of it a proof could read files.
_FACES = frozenset({"armsym.bits", "armsym.dsl"})
#: Modules of which sources may use these names only: a generator that is given its seed, types, pinned files.
_PARTLY = {
    "armsym.wheels": frozenset({"Wheel"}),
    "random": frozenset({"Random"}),
    "types": frozenset({"MappingProxyType", "ModuleType", "SimpleNamespace"}),
}
#: Functions that need no import and reach outside, or run what no source says.
_FORBIDDEN = frozenset(
    (  # noqa: SIM905
        "__builtins__ __cached__ __file__ __import__ __loader__ __path__ __spec__ breakpoint compile eval exec globals"
        " hash help id input locals open vars"
    ).split()
)
#: What a path, such as that of a wheel, is read by; and how one comes from a module or function to what it imports.
_READS = frozenset(
    (  # noqa: SIM905
        "exists glob is_dir is_file iterdir open read_bytes read_text rglob stat walk"
        " builtins environ f_globals get_data get_source getenv io modules os sys _os _sys"
        " __builtins__ __dict__ __file__ __globals__ __loader__ __path__ __spec__ __subclasses__"
    ).split()
)
#: What nothing but `getattr` and its like is given as a text.
_NAMED = frozenset(n for n in _READS | _FORBIDDEN if n.startswith("__") or n in ("environ", "read_text", "read_bytes"))
#: What the engine's fingerprint covers.
_ENGINE = ("armsym", "semantics")

#: A change less than this before this process began may have been after a file was read: clocks of file systems tick.
_TICK = 20_000_000  # ns
#: Python knows a source by the second of its change: a file that it compiled so much later is that source's.
_SECONDS = 2_000_000_000  # ns


class Uncacheable(Exception):
    """Why the result of a proof is not kept."""


@dataclass(frozen=True)
class Source:
    """A file as it was read: its hash, and what the file system says of it, which changes when it is written."""

    path: Path
    sha256: str
    stamp: tuple[int, int, int, int]

    def unchanged(self) -> bool:
        """Whether the file has not been written since."""
        try:
            return _stamp(self.path) == self.stamp
        except OSError:
            return False


def _stamp(path: Path) -> tuple[int, int, int, int]:
    s = path.stat()
    return s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns


def read_settled(path: Path) -> tuple[Source, bytes]:
    """A file that was not written since this process began, so that what Python loaded is what it holds.

    Raises `Uncacheable`.
    """
    try:
        stamp = _stamp(path)
        data = path.read_bytes()
        again = _stamp(path)
    except OSError as e:
        raise Uncacheable(f"{path} cannot be read: {e.strerror or e}") from None
    if stamp != again or max(stamp[2:]) > BEGAN_NS - _TICK:
        raise Uncacheable(f"{path} was changed after this process began")
    return Source(path, hashlib.sha256(data).hexdigest(), stamp), data


def compiled_as_written(source: Source) -> bool:
    """Whether what is kept compiled of a source, if anything, is compiled from it.

    Python, and pytest, look at size and second only: a source that was changed twice within one may be used as it was.
    """
    path = source.path
    plain = Path(importlib.util.cache_from_source(str(path)))
    try:
        kept = [
            f for f in plain.parent.glob(f"{path.stem}.*.pyc") if f.stat().st_mtime_ns <= source.stamp[3] + _SECONDS
        ]
        if not kept:
            return True
        if kept != [plain]:
            return False  # what pytest makes of a source is not compared
        code = marshal.loads(plain.read_bytes()[16:])
        found = compile(path.read_bytes(), getattr(code, "co_filename", ""), "exec", dont_inherit=True)
        return isinstance(code, CodeType) and code == found
    except (EOFError, OSError, SyntaxError, TypeError, ValueError):
        return False


class Sources:
    """The sources of proofs, each file read once."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[Source, tuple[str, ...]]] = {}
        self._modules: dict[Path, str] = {}
        self._found: dict[Path, dict[str, Source] | Uncacheable] = {}
        self._folders: dict[Path, tuple[str, ...]] = {}

    def of(self, path: Path) -> dict[str, Source]:
        """By module, the file of a proof and what it imports, directly or not; raises `Uncacheable`."""
        path = path.resolve()
        if path not in self._found:
            try:
                self._found[path] = self._all_of(path)
            except Uncacheable as e:
                self._found[path] = e
        found = self._found[path]
        if isinstance(found, Uncacheable):
            raise found
        return found

    def _all_of(self, path: Path) -> dict[str, Source]:
        if path not in self._modules:
            self._modules = {file: n for n, m in list(sys.modules.items()) if (file := _file(m)) is not None}
        first = self._modules.get(path)
        if first is None:
            raise Uncacheable(f"{path} is not a module that is loaded")
        found: dict[str, Source] = {}
        folders: dict[str, None] = {}
        todo = [first, *_parents(first)]
        while todo:
            name = todo.pop()
            if name in found or name.partition(".")[0] in _ENGINE:
                continue
            file = _located(name)
            if file is None:
                folders[name] = None
                continue
            source, imports = self._source(file, name)
            found[name] = source
            todo += imports
        self._folders[path] = tuple(folders)
        return found

    def folders(self, path: Path) -> tuple[str, ...]:
        """The packages among these that are folders without a source; after `of`."""
        return self._folders[path.resolve()]

    def _source(self, file: Path, module: str) -> tuple[Source, tuple[str, ...]]:
        known = self._read.get(file)
        if known is None:
            source, data = read_settled(file)
            try:
                tree = ast.parse(data)
            except (SyntaxError, ValueError) as e:
                raise Uncacheable(f"{file} is not Python: {e}") from None
            package = module if file.name == "__init__.py" else module.rpartition(".")[0]
            imports = tuple(dict.fromkeys(p for name in _imports(tree, package, file) for p in (name, *_parents(name))))
            known = self._read[file] = source, imports
        return known


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:k]) for k in range(1, len(parts))]


def _file(module: object) -> Path | None:
    file = getattr(module, "__file__", None)
    return Path(os.path.realpath(file)) if isinstance(file, str) else None


def _located(name: str) -> Path | None:
    """The source of a module; None for a folder without `__init__.py`.  Raises `Uncacheable`."""
    module = sys.modules.get(name)
    try:
        spec = getattr(module, "__spec__", None) if module is not None else importlib.util.find_spec(name)
    except (ImportError, ValueError) as e:
        raise Uncacheable(f"the module {name} is not found: {e}") from None
    if spec is None:
        raise Uncacheable(f"the module {name} is not found")
    if spec.origin is None and spec.submodule_search_locations is not None:
        return None
    file = _file(module) if module is not None else Path(os.path.realpath(spec.origin or ""))
    if file is None or file.suffix != ".py":
        raise Uncacheable(f"the module {name} is not Python source ({spec.origin})")
    return file


def _imports(tree: ast.Module, package: str, file: Path) -> Iterator[str]:
    """The modules outside the standard library that a source names; raises `Uncacheable` where it does more."""

    def refuse(node: ast.AST, what: str) -> Uncacheable:
        return Uncacheable(f"{file}:{getattr(node, 'lineno', 1)}: {what}, so its content does not say all it does")

    partly: dict[str, frozenset[str]] = {}
    members: list[ast.Attribute] = []
    names: list[ast.Name] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in _PARTLY and "." not in alias.name:
                    partly[alias.asname or alias.name] = _PARTLY[alias.name]
                elif _elsewhere(alias.name):
                    yield alias.name
                elif alias.name.partition(".")[0] not in _PURE:
                    raise refuse(node, f"imports {alias.name}")
        elif isinstance(node, ast.ImportFrom):
            home = _home(node, package)
            taken = {alias.name for alias in node.names}
            if home in _PARTLY:
                if not taken <= _PARTLY[home]:
                    raise refuse(node, f"imports {', '.join(sorted(taken))} of {home}")
            elif _elsewhere(home):
                if "*" in taken:
                    raise refuse(node, f"imports all that {home} has")
                yield home
                yield from (f"{home}.{name}" for name in sorted(taken) if _is_module(home, name))
            elif home not in _FACES and home.partition(".")[0] not in _PURE:
                raise refuse(node, f"imports {home}")
            elif home not in _FACES and (more := sorted(n for n in taken if _reaches(home, n))):
                raise refuse(node, f"imports {', '.join(more)} of {home}")
            elif home in _FACES and not taken <= {"*", *_faces(home)}:
                raise refuse(node, f"imports {', '.join(sorted(taken))} of {home}")
        elif isinstance(node, ast.Attribute):
            if node.attr in _READS:
                raise refuse(node, f"uses .{node.attr}")
            members.append(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in _NAMED:
            raise refuse(node, f"names {node.value}")
        elif isinstance(node, ast.Name):
            if node.id in _FORBIDDEN:
                raise refuse(node, f"uses {node.id}")
            names.append(node)
    by_member = {id(m.value): m.attr for m in members}
    for node in names:
        if node.id in partly and by_member.get(id(node)) not in partly[node.id]:
            raise refuse(node, f"uses more of {node.id} than {', '.join(sorted(partly[node.id]))}")


def _faces(home: str) -> Iterable[str]:
    """What a part of the engine has for proofs."""
    return getattr(importlib.import_module(home), "__all__", ())


def _reaches(home: str, name: str) -> bool:
    """Whether a module of the standard library has, by this name, a module that it imports for itself."""
    found = getattr(importlib.import_module(home), name, None)
    return name in _READS or (isinstance(found, ModuleType) and found.__name__.partition(".")[0] not in _PURE)


def _home(node: ast.ImportFrom, package: str) -> str:
    """The module that a `from ... import` names."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = ".".join(parts[: len(parts) - node.level + 1])
    return f"{base}.{node.module}" if node.module else base


def _elsewhere(name: str) -> bool:
    """Whether a module is neither the engine's nor of the standard library."""
    top = name.partition(".")[0]
    return top not in _ENGINE and top not in sys.stdlib_module_names


def _is_module(home: str, name: str) -> bool:
    if f"{home}.{name}" in sys.modules:
        return True
    folders = getattr(sys.modules.get(home), "__path__", ())
    return any((Path(f) / f"{name}.py").exists() or (Path(f) / name).is_dir() for f in folders)
