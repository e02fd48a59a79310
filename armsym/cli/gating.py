"""The configuration of a gate, and what it makes of the routines of a file.

[tool.armsym.gate]
proofs = ["proofs"]                       # files and folders of proofs

[[tool.armsym.gate.files]]
file = "build/libcrypto.so"               # as `--object` takes it
routines = ["sha*_block_*", "aes_v8_*"]   # globs: every function of these names has to be accounted for
unproved = { sha1_block_old = "not called any more" }
refuted = { aes_v8_cbc = "CVE-...: mended in 3.1" }
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from armsym.cli.builds import Build
from armsym.cli.naming import file_named, source_named
from armsym.cli.proving import Kept, Progress, outcomes
from armsym.cli.selection import Selection, select
from armsym.cli.work import image_of
from armsym.elf import Names
from armsym.elf.text import near
from armsym.errors import InputError
from armsym.report.routines import Gated, Standing, worst_of
from armsym.report.table import Listed, title
from armsym.wheels import Wheel

if TYPE_CHECKING:
    from armsym.elf import Image
    from armsym.elf.symbols import Symbol
    from armsym.report.outcome import Outcome

__all__ = ["GatedFile", "gate", "gated_files", "listed"]


@dataclass(frozen=True)
class GatedFile:
    """A file to gate: its name, the globs of its routines, the proofs, and what is listed with its reason."""

    file: str
    routines: tuple[str, ...]
    proofs: tuple[str, ...]
    unproved: Mapping[str, str] = field(default_factory=dict)
    refuted: Mapping[str, str] = field(default_factory=dict)


def gated_files(config: Path) -> list[GatedFile]:
    """What `[tool.armsym.gate]` of a TOML file says; raises `InputError`.  Paths are relative to that file."""
    try:
        whole = tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as e:
        raise InputError(f"{config}: cannot be read: {e.strerror or e}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise InputError(f"{config}: is not TOML: {e}") from None
    at = "tool"
    table: Any = whole.get("tool", {})
    for name in ("armsym", "gate"):
        at += f".{name}"
        if not isinstance(table, dict) or name not in table:
            raise InputError(f"{config}: has no table [{at}]")
        table = table[name]
    _only(config, at, table, {"proofs", "files"})
    proofs = _texts(config, at, table, "proofs", [])
    files = table.get("files")
    if not isinstance(files, list) or not files:
        raise InputError(f"{config}: [[{at}.files]] names no file")
    return [_file(config, f"{at}.files", t, proofs) for t in files]


def listed(config: Path) -> list[Listed]:
    """The routines that a configuration says are unproved or refuted, for the table of proofs; raises `InputError`."""
    found = []
    for file in gated_files(config):
        source = source_named(file.file)
        name = title(source) if isinstance(source, Wheel) else f"`{Path(file.file).name}`"
        found += [Listed(name, routine, why) for routine, why in file.unproved.items()]
        found += [Listed(name, routine, f"refuted: {why}") for routine, why in file.refuted.items()]
    return found


def _file(config: Path, at: str, table: object, proofs: list[str]) -> GatedFile:
    _only(config, at, table, {"file", "routines", "proofs", "unproved", "refuted"})
    assert isinstance(table, dict)
    file = table.get("file")
    if not isinstance(file, str) or not file:
        raise InputError(f"{config}: [[{at}]]: file is the name of a file, not {file!r}")
    routines = _texts(config, at, table, "routines", [])
    own = _texts(config, at, table, "proofs", proofs)
    if not routines:
        raise InputError(f"{config}: [[{at}]] {file}: routines names none: give globs of its functions")
    if not own:
        raise InputError(f"{config}: [[{at}]] {file}: proofs names no file or folder")
    unproved, refuted = (_reasons(config, f"{at}.{name}", table.get(name, {})) for name in ("unproved", "refuted"))
    twice = sorted(unproved.keys() & refuted.keys())
    if twice:
        raise InputError(f"{config}: [[{at}]] {file}: {twice[0]} is listed as unproved and as refuted")
    folder = config.parent
    return GatedFile(str(folder / file), tuple(routines), tuple(str(folder / p) for p in own), unproved, refuted)


def _only(config: Path, at: str, table: object, known: set[str]) -> None:
    if not isinstance(table, dict):
        raise InputError(f"{config}: [{at}] is a table, not {table!r}")
    for key in table.keys() - known:
        raise InputError(
            f"{config}: [{at}] has no {key!r}{near(key, sorted(known))}; it has {', '.join(sorted(known))}"
        )


def _texts(config: Path, at: str, table: dict[str, Any], key: str, default: list[str]) -> list[str]:
    found = table.get(key, default)
    if not isinstance(found, list) or not all(isinstance(t, str) and t for t in found):
        raise InputError(f"{config}: [{at}] {key} is a list of texts, not {found!r}")
    return found


def _reasons(config: Path, at: str, table: object) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(t, str) and t.strip() for t in table.values()):
        raise InputError(f"{config}: [{at}] gives a reason, a text that is not empty, for each routine")
    return table


def gate(
    file: GatedFile,
    *,
    timeout: float | None,
    processes: int,
    second: str,
    kept: Kept | None,
    progress: Progress,
) -> Iterator[Gated]:
    """What is known of each routine of a file, in order of address; raises `InputError` where it cannot be asked."""
    spec = file_named(file.file)
    image = image_of(spec)
    routines = _routines(image, file)
    selection = select(file.proofs, "*")
    for broken, error in selection.broken:
        raise InputError(f"{broken}: {error}")
    # Of several of one name, a proof is of that which the name means.
    at = {n: k for k, (offset, names) in enumerate(routines) for n in names if _meant(image, n) == offset}
    ours = [d for d in selection.proofs if d.symbol in at]
    found: dict[int, Outcome] = {}
    if ours:
        for k, outcome in outcomes(
            Selection(ours),
            build=Build(file.file, spec, Names(), None),
            timeout=timeout,
            processes=processes,
            offline_ok=False,
            second=second,
            progress=progress,
            kept=kept,
            isolate=True,
        ):
            found[k] = outcome
    if len(found) != len(ours):
        raise AssertionError(f"{len(ours)} proofs are selected, {len(found)} have an outcome")
    by_routine: dict[int, list[Outcome]] = {}
    for k, d in enumerate(ours):
        by_routine.setdefault(at[d.symbol], []).append(found[k])
    for k, (_, names) in enumerate(routines):
        yield _gated(file, image, names, by_routine.get(k, []))


def _meant(image: Image, name: str) -> int | None:
    found = image.choose(name)
    return None if found is None else found.offset


def _routines(image: Image, file: GatedFile) -> list[tuple[int, tuple[str, ...]]]:
    """Offset and names of each function that a glob or a list names, by address; raises `InputError` for no function.

    A glob that no function has stands for other names in code: assembly without `.type` has only these.
    """
    by_place: dict[int, list[str]] = {}
    for s in image.functions():
        names = by_place.setdefault(s.offset, [])
        if s.name not in names:
            names.append(s.name)
    every = [name for names in by_place.values() for name in names]
    for pattern in file.routines:
        if fnmatch.filter(every, pattern):
            continue
        found = [s for s in image.all_symbols if _untyped(image, s) and fnmatch.fnmatchcase(s.name, pattern)]
        for s in found:
            by_place.setdefault(s.offset, []).append(s.name)
        every += [s.name for s in found]
        if not found:
            raise InputError(f"{file.file}: no function symbol matches {pattern!r}{near(pattern, every)}")
    chosen = {n for pattern in file.routines for n in every if fnmatch.fnmatchcase(n, pattern)}
    for name in (*file.unproved, *file.refuted):
        if name not in chosen:
            raise InputError(f"{file.file}: {name} is listed, but no routine that is gated{near(name, sorted(chosen))}")
    # What is gated comes first: a report calls a routine by it.
    return [
        (offset, tuple(sorted(names, key=lambda n: n not in chosen)))
        for offset, names in sorted(by_place.items())
        if any(n in chosen for n in names)
    ]


def _untyped(image: Image, s: Symbol) -> bool:
    """Whether it is a name of a place in code that is no function's; `$x` and its kind name none."""
    return s.state == "defined" and s.kind == "notype" and not s.name.startswith("$") and image.is_code(s.offset)


def _gated(file: GatedFile, image: Image, names: tuple[str, ...], found: Sequence[Outcome]) -> Gated:
    standing, why = worst_of(found), ""
    unproved = next((file.unproved[n] for n in names if n in file.unproved), None)
    refuted = next((file.refuted[n] for n in names if n in file.refuted), None)
    if any(o.internal for o in found):
        pass  # a defect of ours is never what was expected
    elif unproved is not None:
        if standing is Standing.PROVED:
            standing, why = Standing.STALE, f"it is listed as unproved ({unproved}), and is proved"
        elif standing is Standing.REFUTED:
            why = f"it is listed as unproved ({unproved}), and is refuted"
        else:
            standing, why = Standing.LISTED, unproved
    elif refuted is not None:
        if standing is Standing.REFUTED:
            standing, why = Standing.LISTED, f"refuted: {refuted}"
        else:
            why = f"it is listed as refuted ({refuted}), and is {standing.value}"
            standing = Standing.STALE
    elif standing is Standing.UNLISTED:
        why = "no proof speaks of it"
    return Gated(file.file, image.sha256, names, standing, why, tuple(found))
