"""What a FILE on the command line may be: a file, or `FILE.py::NAME`, the name of one in a Python file.

`crypto_examples/wheels.py::OPENSSL_3_4` is the file of a pinned wheel, fetched when it is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from armsym.errors import InputError

if TYPE_CHECKING:
    from armsym.proof.registry import Source

__all__ = ["FILE_HELP", "file_named", "import_of", "source_named"]

FILE_HELP = "A .o, library.a(member.o), .so or executable; or FILE.py::NAME, a pinned wheel."


def source_named(text: str) -> Source | None:
    """The source that `FILE.py::NAME` names; None for a plain file.  Raises `InputError`."""
    path, mark, name = text.rpartition("::")
    if not mark or not path.endswith(".py"):
        return None
    from armsym.elf.text import near
    from armsym.proof.registry import load_module

    if not Path(path).is_file():
        raise InputError(f"{text}: there is no file {path}")
    found = vars(load_module(Path(path)))
    sources = {n: v for n, v in found.items() if callable(getattr(v, "path", None)) and not isinstance(v, type)}
    if name not in sources:
        known = near(name, sources) or (f"; there are {', '.join(sources)}" if sources else "")
        raise InputError(f"{text}: {path} has no wheel or other source {name!r}{known}")
    source: Source = sources[name]
    return source


def file_named(text: str) -> str:
    """The file itself, fetched if need be; raises `InputError`."""
    source = source_named(text)
    if source is None:
        return text
    from armsym.proof.foreign import foreign_code

    with foreign_code():
        return str(source.path())


def import_of(text: str) -> tuple[str, str] | None:
    """(module, name) with which a proof file imports `FILE.py::NAME`; None where the file is in no package."""
    from armsym.proof.registry import load_module

    path, _, name = text.rpartition("::")
    module = load_module(Path(path)).__name__
    return (module, name) if "." in module else None
