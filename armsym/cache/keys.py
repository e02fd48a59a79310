"""What the result of a proof rests on, as one hash: the key under which it is kept."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from armsym.cache.sources import Source, Sources, Uncacheable, compiled_as_written, read_settled
from armsym.elf.container import read_spec
from armsym.elf.names import Names
from armsym.errors import ArmsymError, InputError
from armsym.proof.registry import root_of

__all__ = ["Key", "Keys", "Uncacheable"]

#: Changed when entries, or what keys are made of, change their meaning.
FORMAT = 2
_HOME = Path(__file__).resolve().parents[2]
#: The engine, whole: the instruction set is loaded by name, and much of the rest when it is needed.
_ENGINE = ("armsym", "semantics")
#: What the engine rests on besides; of each the list of its files with their hashes, as it was installed.
_LIBRARIES = ("z3-solver", "pyelftools", "macholib")
#: Of second solvers, by name.
_SECOND = {"": (), "bitwuzla": ("bitwuzla",), "cvc5": ("cvc5",), "both": ("bitwuzla", "cvc5")}


@dataclass(frozen=True)
class Key:
    """The key of one proof, the file under proof by its SHA-256, and the sources it was made of.

    `modules` are the names of the sources that are not the engine's, each with its path; of a folder that is "".
    """

    text: str
    object_sha256: str
    sources: tuple[Source, ...]
    modules: tuple[tuple[str, str], ...] = ()


class Keys:
    """Makes keys; each file is read once, for all proofs that a command runs."""

    def __init__(self) -> None:
        self._sources = Sources()
        self._objects: dict[str, str | ArmsymError] = {}
        self._verified: dict[Path, bool] = {}

    def of(self, *, file: str, name: str, symbol: str, object_spec: str, second: str, names: Names) -> Key:
        """The key of the proof `name` of the proof file `file`, about `symbol` of the file `object_spec`.

        `names` are that file's names for what proofs name.
        `second` names the second solver, "" for none.
        Seconds that a proof may take are not part of it: proved is proved.  Raises `Uncacheable`.
        """
        sources = self._sources.of(Path(file))
        engine = self._engine_files
        parts = {
            "format": FORMAT,
            "engine": self._engine_hash,
            "libraries": _libraries((*_LIBRARIES, *_SECOND[second])),
            "python": [sys.version, platform.machine(), sys.flags.optimize],
            "second": second,
            "file": str(Path(file).resolve()),
            "proof": name,
            "symbol": symbol,
            "object": self._object(object_spec),
            "names": [names.pairs, names.prefix],
            "sources": sorted((module, s.sha256) for module, s in sources.items()),
        }
        text = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
        modules = [(module, str(s.path)) for module, s in sources.items()]
        modules += [(module, "") for module in self._sources.folders(Path(file))]
        return Key(text, self._object(object_spec), (*engine, *sources.values()), tuple(modules))

    def identity(self, *, file: str, name: str, symbol: str, object_spec: str, second: str, names: Names) -> str:
        """A hash by which two machines know that they would run the same proof; raises `InputError`.

        Where there is no key, because sources do more than compute, it says less: of the sources those of the folder
        that the proof file is in, and its packages are.
        """
        try:
            key = self.of(file=file, name=name, symbol=symbol, object_spec=object_spec, second=second, names=names)
            return key.text
        except Uncacheable:
            pass
        try:
            beside = sorted(root_of(Path(file).resolve()).rglob("*.py"))
            parts = [hashlib.sha256(f.read_bytes()).hexdigest() for f in (*_engine_paths(), *beside)]
            parts += [str(f) for f in beside]
        except OSError as e:
            raise InputError(f"{e.filename} cannot be read: {e.strerror or e}") from None
        parts += [sys.version, file, name, symbol, second, str(names)]
        parts += [hashlib.sha256(read_spec(object_spec)[1]).hexdigest()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def still_holds(self, key: Key) -> str:
        """Why a result that was found meanwhile is not that of this key; empty if it is."""
        for source in key.sources:
            if not source.unchanged():
                return f"{source.path} was changed meanwhile"
            if source.path not in self._verified:
                self._verified[source.path] = compiled_as_written(source)
            if not self._verified[source.path]:
                return f"what Python keeps compiled of {source.path} is older than it"
        return ""

    def _object(self, spec: str) -> str:
        if spec not in self._objects:
            try:
                self._objects[spec] = hashlib.sha256(read_spec(spec)[1]).hexdigest()
            except ArmsymError as e:
                self._objects[spec] = e
        found = self._objects[spec]
        if not isinstance(found, str):
            raise Uncacheable(str(found))
        return found

    @cached_property
    def _engine_files(self) -> tuple[Source, ...]:
        return tuple(read_settled(f)[0] for f in _engine_paths())

    @cached_property
    def _engine_hash(self) -> str:
        files = [(str(s.path.relative_to(_HOME)), s.sha256) for s in self._engine_files]
        return hashlib.sha256(json.dumps(files).encode()).hexdigest()


def _engine_paths() -> list[Path]:
    return [f for package in _ENGINE for f in sorted((_HOME / package).rglob("*")) if f.suffix in (".py", ".so")]


_known_libraries: dict[str, str] = {}


def _libraries(names: Sequence[str]) -> list[tuple[str, str]]:
    for name in names:
        if name not in _known_libraries:
            try:
                found = distribution(name)
            except PackageNotFoundError:
                raise Uncacheable(f"{name} is not installed as a package, so its version is not known") from None
            files = found.read_text("RECORD") or ""
            _known_libraries[name] = f"{found.version} {hashlib.sha256(files.encode()).hexdigest()}"
    return [(name, _known_libraries[name]) for name in names]
