"""Hooks of MkDocs: pages that stand beside the folder docs are in the site, and so are sources that pages name.

A link may lead from any page to any file of the checkout, as readers of the checkout use it; in the site it leads to
that file's page, which is made here.  A link to what is not there is an error.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
#: Pages from beside the folder docs: path in the checkout, path in the site.
BESIDE = {
    "README.md": "index.md",
    "SOUNDNESS.md": "SOUNDNESS.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "SECURITY.md": "SECURITY.md",
    "bench/README.md": "benchmarks.md",
}
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")


def _origin(uri: str) -> str:
    """Where a page of the site stands in the checkout."""
    for path, other in BESIDE.items():
        if other == uri:
            return path
    return f"docs/{uri}"


def _targets(text: str, origin: str) -> set[str]:
    """The files of the checkout that links of a page lead to."""
    found = set()
    for _, link in _LINK.findall(text):
        path = link.partition("#")[0]
        if path and "://" not in path:
            found.add(posixpath.normpath(posixpath.join(posixpath.dirname(origin), path)))
    return found


def _page_of(path: str) -> str:
    """The page of the site for a file or folder of the checkout."""
    if path in BESIDE:
        return BESIDE[path]
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return f"source/{path}.md"


def _source(path: str) -> str:
    """The page that shows a source file, or lists a folder."""
    place = ROOT / path
    if place.is_dir():
        names = sorted(p.name for p in place.iterdir() if p.suffix in (".py", ".s", ".md"))
        return f"# {path}\n\n" + "".join(f"- `{name}`\n" for name in names)
    if not place.is_file():
        raise PluginError(f"a page has a link to {path}, which is not there")
    language = {".py": "python", ".s": "asm"}.get(place.suffix, "text")
    return f"# {path}\n\n````{language}\n{place.read_text(encoding='utf-8')}````\n"


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages from beside the folder, and one for each source file that a page has a link to."""
    for path, uri in BESIDE.items():
        files.append(File.generated(config, uri, content=(ROOT / path).read_text(encoding="utf-8")))
    wanted: set[str] = set()
    for file in files.documentation_pages():
        wanted |= _targets(file.content_string, _origin(file.src_uri))
    for path in sorted(p for p in wanted if p not in BESIDE and not p.startswith("docs/")):
        # Reached by links, and not by the navigation.
        page = File.generated(config, _page_of(path), content=_source(path), inclusion=InclusionLevel.NOT_IN_NAV)
        files.append(page)
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links between files of the checkout become links between pages."""
    origin = _origin(page.file.src_uri)
    here = posixpath.dirname(page.file.src_uri)
    if page.file.src_uri.startswith("source/"):
        return markdown

    def moved(found: re.Match[str]) -> str:
        text, link = found.groups()
        path, mark, anchor = link.partition("#")
        if not path or "://" in path:
            return found[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(origin), path))
        return f"[{text}]({posixpath.relpath(_page_of(target), here or '.')}{mark}{anchor})"

    return _LINK.sub(moved, markdown)
