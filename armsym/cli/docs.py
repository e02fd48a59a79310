"""`armsym docs`: the pages that armsym was installed with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from armsym.errors import InputError

__all__ = ["docs", "pages"]

#: Pages that stand beside the folder docs in a checkout.
_BESIDE = ("README", "SOUNDNESS", "CHANGELOG", "CONTRIBUTING", "SECURITY")


def pages() -> dict[str, Path]:
    """Each page by its name, `json` for docs/json.md: of the wheel, else of the checkout that this file is in."""
    package = Path(__file__).resolve().parents[1]
    folder, beside = package / "docs", package / "docs"
    if not folder.is_dir():
        folder, beside = package.parent / "docs", package.parent
    found = {p.stem: p for p in sorted(folder.glob("*.md")) if p.stem not in _BESIDE}
    return found | {name.lower(): beside / f"{name}.md" for name in _BESIDE if (beside / f"{name}.md").is_file()}


def docs(
    page: Annotated[str, typer.Argument(metavar="[PAGE]", help="The page; without it they are listed.")] = "",
) -> None:
    """Show a page of the documentation, such as `json` or `dsl`."""
    found = pages()
    if not page:
        for name, path in found.items():
            typer.echo(f"{name:<14}{_title(path)}")
        return
    if page.lower() not in found:
        from armsym.elf.text import near

        raise InputError(f"there is no page {page!r}{near(page, sorted(found))}: `armsym docs` lists them")
    text = found[page.lower()].read_text(encoding="utf-8")
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        console = Console()
        with console.pager(styles=True):
            console.print(Markdown(text))
    else:
        typer.echo(text, nl=False)


def _title(page: Path) -> str:
    """The first heading."""
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            return line[2:].strip()
    return ""
