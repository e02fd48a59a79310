"""What a FILE on the command line may be: a file, or `FILE.py::NAME`, the name of one in a Python file.

`crypto_examples/wheels.py::OPENSSL_3_4` is the file of a pinned wheel, fetched when it is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from armsym.errors import InputError

if TYPE_CHECKING:
    from armsym.proof.registry import Source

__all__ = ["FILES_HELP", "FILE_HELP", "default_target", "file_named", "import_of", "source_named"]

FILE_HELP = "A .o, .ko, library.a(member.o), library or executable; or FILE.py::NAME, a pinned wheel."
FILES_HELP = f"{FILE_HELP[:-1]}; or an archive, or a folder of files."

_EXAMPLES = "crypto_examples"


def default_target() -> Path:
    """./crypto_examples, else the installed package of that name; raises `InputError`."""
    here = Path(_EXAMPLES)
    if here.is_dir():
        return here
    from importlib.util import find_spec

    found = find_spec(_EXAMPLES)
    if found is None or not found.submodule_search_locations:
        raise InputError(f"there is no folder {_EXAMPLES} here and none is installed: name a PATH")
    return Path(next(iter(found.submodule_search_locations)))


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
