"""Which proofs a command line means: `PATH`, `PATH::NAME`, `-k GLOB`."""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from armsym.cli.naming import default_target
from armsym.elf.text import near
from armsym.errors import ArmsymError, InputError
from armsym.proof.registry import ProofDefinition, discover, proof_files

__all__ = ["Selection", "need_bundles_apart", "one_proof", "proofs_of_file", "select"]


@dataclass
class Selection:
    """The proofs selected, in order, and the proof files that could not be read."""

    proofs: list[ProofDefinition] = field(default_factory=list)
    broken: list[tuple[Path, ArmsymError]] = field(default_factory=list)


def select(
    targets: Sequence[str], pattern: str, definitions: Sequence[ProofDefinition] = (), but: Sequence[str] = ()
) -> Selection:
    """The proofs of these targets, and of these definitions, whose name, symbol or place matches the glob, and which
    are not of the targets in `but`.

    Where neither are given, those of the default target.

    The place is `own_sha512/proof.py::armsym_sha512_blocks`: the file below the target's folder, and the name.
    Raises `InputError` for a path or a name that does not exist.  A file that cannot be read does not
    hide the others: it is listed in `broken`.
    """
    selection = Selection()
    left_out = {(d.file, d.line, d.name) for target in but for d in _of_target(target, Selection())}
    seen: dict[tuple[str, int, str], ProofDefinition] = {}
    if not targets and not definitions:
        targets = [str(default_target())]
    of_targets = [(target, _of_target(target, selection)) for target in targets]
    for target, found in (*of_targets, *((d.file, [d]) for d in definitions)):
        for d in found:
            key = (d.file, d.line, d.name)
            names = (d.name, d.symbol, f"{_below(target, d.file)}::{d.name}")
            if key in left_out or not any(fnmatch.fnmatchcase(name, pattern) for name in names):
                continue
            if key not in seen:
                seen[key] = d
                selection.proofs.append(d)
            elif seen[key] is not d:
                raise InputError(
                    f"{d.file}:{d.line}: two proofs that one place makes are called {d.name!r}: only one would be "
                    "proved; give each a name="
                )
    return selection


def one_proof(target: str, pattern: str = "*") -> ProofDefinition:
    """The one proof that is meant; raises `InputError` where there is none, or more than one."""
    found = select([target], pattern)
    for _, error in found.broken:
        raise error
    if len(found.proofs) != 1:
        some = ", ".join(d.name for d in found.proofs[:6]) + (", ..." if len(found.proofs) > 6 else "")
        raise InputError(
            f"{target}: holds {len(found.proofs)} proofs{f' ({some})' if some else ''}: name one, PATH::NAME"
        )
    return found.proofs[0]


def _below(target: str, file: str) -> str:
    """A file of the target, as seen from the target's folder."""
    text, mark, _ = target.rpartition("::")
    path, found = Path(text if mark else target).resolve(), Path(file).resolve()
    folder = path if path.is_dir() else path.parent
    return found.relative_to(folder).as_posix() if found.is_relative_to(folder) else found.name


def _of_target(target: str, selection: Selection) -> Iterator[ProofDefinition]:
    text, mark, name = target.rpartition("::")
    if not (text if mark else target):
        raise InputError(f"{target!r} names no file or folder")
    path = Path(text if mark else target)
    found: list[ProofDefinition] = []
    if not path.is_dir():
        found = proofs_of_file(path)  # raises for a file that was named and cannot be used
    else:
        for file in proof_files(path):
            try:
                found += proofs_of_file(file)
            except ArmsymError as e:
                if not any(file == f for f, _ in selection.broken):
                    selection.broken.append((file, e))
    if mark:
        wanted = [d for d in found if name in (d.name, d.symbol)]
        if not wanted:
            names = {d.name for d in found} | {d.symbol for d in found}
            raise InputError(f"{path}: holds no proof {name!r}{near(name, sorted(names))}")
        found = wanted
    yield from found


def proofs_of_file(file: Path) -> list[ProofDefinition]:
    """The proofs of one file; raises `InputError` where it cannot be used."""
    try:
        found = list(discover(file))
    except SystemExit as e:  # else the file would choose our exit code
        _forget(file)
        raise InputError(f"{file}: calls sys.exit({e.code!r}) when it is imported") from None
    if not found and not _loaded(file):
        # Python knows a module by its name: of two files of one name the second is not imported.
        raise InputError(f"{file}: a module of this name is loaded already; run it on its own, or rename it")
    return found


def _loaded(file: Path) -> list[str]:
    """The names under which this file is imported."""
    path = str(file.resolve())
    return [n for n, m in list(sys.modules.items()) if getattr(m, "__file__", None) == path]


def _forget(file: Path) -> None:
    for name in _loaded(file):
        del sys.modules[name]


def need_bundles_apart(proofs: Sequence[ProofDefinition], option: str = "--export") -> None:
    """Raises `InputError` where two of these proofs would write one file: it is named by folder and proof."""
    seen: dict[tuple[str, str], ProofDefinition] = {}
    for d in proofs:
        key = Path(d.file).parent.name, d.name
        other = seen.setdefault(key, d)
        if other is not d:
            raise InputError(f"{option}: {other.file} and {d.file} have one name, {'.'.join(key)}: export them apart")
