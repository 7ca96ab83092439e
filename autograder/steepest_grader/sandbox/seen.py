"""What of this machine's files student code sees: the system's, Python's own and its packages, and of these not all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution, entry_points
from importlib.util import find_spec
from pathlib import Path

from steepest._checks import content

from steepest_grader.installed import GROUP, secret_packages

__all__ = ["NOTHING_MORE", "Private", "Unfit", "View", "view"]

LIBRARIES = ("lib", "lib32", "lib64", "libx32")
PARTS = ("bin", "sbin", *LIBRARIES, "libexec", "include", "share")
ROOTS = ("/", "/usr", "/usr/local")
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
PACKAGES = ("site-packages", "dist-packages")


class Unfit(Exception):
    """What must be seen and what must not cannot be told apart; the message says what to do."""


@dataclass(frozen=True)
class Private:
    """What no student may read, besides the grader and the packages of exercises that name themselves.

    Attributes
    ----------
    folders : tuple of Path
        The course, submissions, databases.
    packages : tuple of str
        Packages of exercises that nothing but the course's settings names.
    """

    folders: tuple[Path, ...] = ()
    packages: tuple[str, ...] = ()


NOTHING_MORE = Private()


@dataclass(frozen=True)
class View:
    """What is seen, and what is not seen of it.

    Attributes
    ----------
    shown : list of Path
        Files and folders, none within another.
    links : dict of Path to Path
        Other names by which these are known.
    emptied : list of Path
        Folders within them of which nothing is seen.
    covered : list of Path
        Files likewise.
    """

    shown: list[Path]
    links: dict[Path, Path]
    emptied: list[Path]
    covered: list[Path]


def view(private: Private) -> View:
    """What student code sees on this machine.

    Raises
    ------
    Unfit
        If something that it needs holds what it must not see.
    """
    students = [_package(name) for name in content.packages()]
    sites = [Path(entry) for entry in sys.path if Path(entry).name in PACKAGES]
    wanted = [*_system(), *_python(private), *sites, *students]
    sites = [path.resolve() for path in sites]
    shown = _outermost(path.resolve() for path in wanted if path.exists())
    named = [path for path in (*wanted, Path(sys.prefix), Path(sys.base_prefix)) if path.exists()]
    links = _outermost(path for path in named if path != path.resolve() and not _within(path, shown))
    _refuse(private, shown, sites, students)
    emptied = [_package(name) for name in _packages(private)]
    covered = []
    for path in shown:  # what other Pythons have installed is not asked for, and may be anything
        folders = [folder for name in PACKAGES for folder in (*path.glob(name), *path.glob(f"python*/{name}"))]
        emptied += [folder.resolve() for folder in folders if folder.resolve() not in sites]
    for name in _secrets(private):
        for site in sites:
            emptied.append(site.joinpath(*name.split(".")).resolve())
            covered += [*site.glob(f"{name}.*"), *site.glob(f"__pycache__/{name}.*")]
    emptied = _outermost(path for path in emptied if path.is_dir() and _within(path, shown))
    covered = [path.resolve() for path in covered if path.is_file()]
    covered = sorted({path for path in covered if _within(path, shown) and not _within(path, emptied)})
    return View(shown, {path: path.resolve() for path in links}, emptied, covered)


def _system() -> Iterator[Path]:
    """Programs and libraries of the operating system."""
    return (Path(root, part) for root in ROOTS for part in PARTS)


def _python(private: Private) -> Iterator[Path]:
    """What belongs to the interpreter and to its environment; the folder of these may hold anything besides."""
    yield Path(sys.executable)
    yield Path(os.__file__).parent
    own = {folder.resolve() for folder in private.folders}
    for prefix in {Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()}:
        yield prefix / "pyvenv.cfg"
        yield from (prefix / "include").glob("python*")
        for library in LIBRARIES:
            yield prefix / library / PYTHON
            yield from (prefix / library).glob("*.so*")
        if prefix in own:  # its `bin` is the course's too
            yield from (prefix / "bin").glob("python*")
        else:
            yield prefix / "bin"
            if (prefix / "conda-meta").is_dir():  # then programs and their data are installed there too
                yield from (prefix / name for name in ("lib", "libexec", "share"))


def _packages(private: Private) -> list[str]:
    return [*secret_packages(), *filter(_is_there, private.packages)]


def _is_there(name: str) -> bool:
    """Whether a package is installed here; settings may name one that workers of a cluster do without."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _secrets(private: Private) -> set[str]:
    """Names of packages of exercises, of the grader, and of whatever was installed together with these."""
    students = {name.partition(".")[0] for name in content.packages()}
    beside = {name for found in _distributions() for name in _top_level(found)} - students
    return {*_packages(private), *beside}


def _distributions() -> Iterator[Distribution]:
    with suppress(PackageNotFoundError):  # it may be run from a checkout
        yield distribution("steepest-grader")
    yield from (entry.dist for entry in entry_points(group=GROUP) if entry.dist is not None)


def _top_level(found: Distribution) -> Iterator[str]:
    """What a distribution adds to a folder of packages."""
    for file in found.files or ():
        name = file.parts[0] if len(file.parts) > 1 else file.name
        if name.startswith((".", "__")) or name.endswith((".dist-info", ".egg-info", ".pth")):
            continue
        yield name if len(file.parts) > 1 else name.partition(".")[0]


def _refuse(private: Private, shown: list[Path], sites: list[Path], students: list[Path]) -> None:
    """Nothing private may lie within what is shown, but for packages where a name says what is to be left out."""
    for folder in private.folders:
        for path in shown:
            if folder.resolve().is_relative_to(path):
                raise Unfit(
                    f"{folder} lies within {path}, which students' code must see, because Python or the system keeps "
                    f"files of its own there. Move {folder} elsewhere, such as to your home folder."
                )
    for name in _packages(private):
        place = _package(name)
        around = place.parents[name.count(".")]
        for path in shown:
            if place.is_relative_to(path) and around not in sites and not _within(place, students):
                raise Unfit(
                    f"The package {name} lies in {around}, within {path}, which students' code must see, because "
                    f"Python or the system keeps files of its own there. Move {around} elsewhere, such as to your home "
                    "folder, or install the package with pip."
                )


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Those that lie in none of the others."""
    found: list[Path] = []
    for path in sorted(set(paths)):  # what holds others comes before them
        if not _within(path, found):
            found.append(path)
    return found


def _within(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _package(name: str) -> Path:
    """The folder of an installed package.

    Raises
    ------
    Unfit
        If there is none: of a single module the folder around it would be mounted.
    """
    spec = find_spec(name)
    if spec is None or spec.origin is None or spec.submodule_search_locations is None:
        raise Unfit(f"The package {name!r} is not installed, or is no folder with an __init__.py.")
    return Path(spec.origin).resolve().parent
