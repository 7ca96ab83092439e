"""What student code sees where a course, its Python and what was handed in lie within each other."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any, NoReturn

import pytest
import steepest
import steepest_grader
from click.testing import CliRunner
from steepest_grader import doctor
from steepest_grader.cli import main
from steepest_grader.course.places import Course
from steepest_grader.sandbox import choice, seen
from steepest_grader.sandbox.bubblewrap import Bubblewrap
from steepest_grader.sandbox.seen import Private, Unfit, view
from steepest_grader.sandbox.zygote import SandboxError

pytestmark = pytest.mark.sandbox

WORD = "not-for-students"
COURSE = (
    "solutions/01/01.py",
    "autograder/reference.py",
    "build/course/gradebook.db",
    "build/course/course.secret",
    "build/course/submitted/eve/01/01.ipynb",
    "notes.txt",
    "lib/notes.txt",
    "bin/notes.txt",
    "share/notes.txt",
)
LOOK = """
import os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        try:
            text = open(os.path.join(folder, name), "rb").read()
        except OSError:
            continue
        if b"not-for-" + b"students" in text:
            print(os.path.relpath(os.path.join(folder, name), sys.argv[1]))
"""


def make_course(root: Path) -> Path:
    for name in COURSE:
        write(root / name)
    return root


def write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(WORD)


def found_in(folder: Path, private: Private, *, besides: Sequence[str] = ()) -> set[str]:
    """Files with the word in them that a program within the outer wall finds below a folder."""
    command = Bubblewrap(private=private).wrap([sys.executable, "-I", "-S", "-c", LOOK, str(folder)])
    place = command.index("--remount-ro")  # the first that could come before what is shown besides
    done = subprocess.run([*command[:place], *besides, *command[place:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines())


def bound(folder: Path) -> tuple[str, str, str]:
    return "--ro-bind", str(folder), str(folder)


def test_a_course_that_is_its_own_environment(tmp_path: Path) -> None:
    """`python -m venv .` in a checkout: a kernel there starts, and sees nothing of it."""
    root = make_course(tmp_path / "course")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root], check=True)
    packages = [sysconfig.get_path("purelib"), *(Path(item.__file__).parents[1] for item in PACKAGES)]
    site = Path(sysconfig.get_path("purelib", vars={"base": str(root)}))
    (site / "all.pth").write_text("\n".join(map(str, packages)))
    program = f"""
import sys
from pathlib import Path
from nbformat.v4 import new_code_cell, new_notebook
from steepest_grader.sandbox.bubblewrap import Bubblewrap
from steepest_grader.sandbox.kernel import Kernel
from steepest_grader.sandbox.seen import Private
root = sys.prefix
cell = new_code_cell("import sys\\nsys.argv[1:] = [sys.prefix]" + {LOOK!r} + "print(sys.prefix)")
with Bubblewrap(private=Private((Path(root),))) as sandbox, Kernel(sandbox, new_notebook(cells=[cell])) as kernel:
    kernel.execute(cell, 0)
print(*[output.get("text") or output for output in cell.outputs])
"""
    done = subprocess.run([root / "bin" / "python", "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.split() == [str(root)], done.stdout + done.stderr


PACKAGES = (steepest, steepest_grader)


def _in_usr(root: Path, patch: pytest.MonkeyPatch) -> Path:
    patch.setattr(seen, "ROOTS", (*seen.ROOTS, str(root)))
    return root / "src" / "course"


def _in_conda(root: Path, patch: pytest.MonkeyPatch) -> Path:
    (root / "conda-meta").mkdir()
    patch.setattr(sys, "prefix", str(root))
    return root / "course"


def _is_conda(root: Path, patch: pytest.MonkeyPatch) -> Path:
    _in_conda(root, patch)
    return root


def _in_a_venv(root: Path, patch: pytest.MonkeyPatch) -> Path:
    patch.setattr(sys, "prefix", str(root))
    return root / "src" / "course"


LAYOUTS: dict[str, Callable[[Path, pytest.MonkeyPatch], Path]] = {
    "under /usr": _in_usr,
    "in a conda prefix": _in_conda,
    "a conda prefix itself": _is_conda,
    "in an environment": _in_a_venv,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_course_within_a_prefix(layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "prefix"
    for part in ("bin", "lib", "share"):
        (root / part).mkdir(parents=True)
        (root / part / "own").write_text(WORD)
    course = make_course(LAYOUTS[layout](root, monkeypatch))
    own = {"bin/own", "lib/own", "share/own"}
    shown = {"a conda prefix itself": set(), "in an environment": {"bin/own"}}.get(layout, own)
    assert found_in(root, Private((course,))) == shown
    as_a_whole = found_in(root, Private((course,)), besides=bound(root))
    assert as_a_whole >= {str((course / name).relative_to(root)) for name in COURSE}


HOLDING: dict[str, Path] = {
    "what programs share": Path("/usr/share/course"),
    "libraries": Path("/usr/local/lib/course"),
    "Python's own modules": Path(sysconfig.get_path("stdlib")) / "course",
    "packages": Path(sysconfig.get_path("purelib")) / "course",
    "the student package": Path(steepest.__file__).parent / "gradebook.db",
}


@pytest.mark.parametrize("place", HOLDING)
def test_what_must_be_seen_may_hold_nothing_private(place: str) -> None:
    folder = HOLDING[place]
    with pytest.raises(Unfit, match=rf"^{folder} lies within /.*Move {folder} elsewhere"):
        view(Private((Path("/home/course"), folder)))


def test_a_checkout_among_the_systems_files_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nobody says where the course lies, as on a worker of a cluster."""
    monkeypatch.setattr(seen, "ROOTS", (*seen.ROOTS, str(tmp_path)))
    package = tmp_path / "share" / "autograder" / "hidden"
    package.mkdir(parents=True)
    found = seen._package
    monkeypatch.setattr(seen, "secret_packages", lambda: ("hidden",))
    monkeypatch.setattr(seen, "_package", lambda name: package if name == "hidden" else found(name))
    with pytest.raises(Unfit, match=f"The package hidden lies in {package.parent}, within {tmp_path}/share"):
        view(Private())


def test_of_packages_none_that_is_secret_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever copies lie, with all that was installed beside them, and whatever other Pythons have."""
    monkeypatch.setattr(seen, "ROOTS", (*seen.ROOTS, str(tmp_path)))
    site = tmp_path / "lib" / "ours" / "site-packages"
    secret = (
        "steepest_exercises/reference.py", "steepest_grader/cli.py", "beside/answers.py", "helper.py",
        "__pycache__/helper.cpython-311.pyc", "named_exercises/answers.py",
    )  # fmt: skip
    for name in (*secret, "other/__init__.py", "named_exercises/__init__.py"):
        write(site / name)
    (site / "named_exercises" / "__init__.py").write_text("")
    for name in ("python3/dist-packages", "python2.7/site-packages"):
        write(tmp_path / "lib" / name / "steepest_exercises" / "reference.py")
    record = site / "some-1.dist-info"
    record.mkdir()
    lines = ("beside/answers.py,,", "helper.py,,", "steepest/x.py,,", "../../bin/x,,", "some-1.dist-info/RECORD,,")
    (record / "RECORD").write_text("\n".join(lines))
    installed = [Distribution.at(record)]
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr(seen, "_distributions", lambda: installed)
    here = site.relative_to(tmp_path)
    assert found_in(tmp_path, Private(packages=("named_exercises", "not.here"))) == {f"{here}/other/__init__.py"}
    as_a_whole = found_in(tmp_path, Private(), besides=())
    assert as_a_whole == {f"{here}/other/__init__.py", f"{here}/named_exercises/answers.py"}
    monkeypatch.setattr(seen, "_secrets", lambda private: set())
    assert found_in(tmp_path, Private()) >= {f"{here}/{name}" for name in secret}


def test_what_is_hidden_is_empty_and_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where packages are installed as a whole."""
    place = Path(sysconfig.get_path("purelib"), "attr")
    assert place.is_dir()
    monkeypatch.setattr(seen, "_secrets", lambda private: {"attr"})
    code = f"import os\nprint(os.listdir({str(place)!r}))\nopen({str(place / 'note')!r}, 'w')"
    command = Bubblewrap().wrap([sys.executable, "-I", "-S", "-c", code])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, "Read-only file system" in done.stderr) == ("[]\n", True)


# --- who says what is private ------------------------------------------------------------------------------------


def _told(course: Course, patch: pytest.MonkeyPatch, *words: str) -> Private:
    told: dict[str, Any] = {}

    def note(**settings: Any) -> NoReturn:
        told.update(settings)
        raise SandboxError("that will do")

    patch.setattr(choice, "open_sandbox", note)
    patch.setattr(doctor, "open_sandbox", note)
    CliRunner().invoke(main, ["--course", str(course.root), *words])
    return told["private"]


def test_commands_say_what_is_private(tiny: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, book = tmp_path / "class", tmp_path / "marks" / "gradebook.db"
    (folder / "ada").mkdir(parents=True)
    (folder / "ada" / "x.py").write_text("")
    graded = _told(
        tiny, monkeypatch, "grade", "90_tiny", "--submitted", str(folder), "--gradebook", f"sqlite:///{book}"
    )
    assert graded == Private((tiny.root, tiny.course_dir, folder, book), ("tiny_exercises",))
    judged = _told(tiny, monkeypatch, "judge", str(folder / "ada" / "x.py"))
    assert folder / "ada" in judged.folders
    for words in (["verify"], ["doctor"]):
        assert _told(tiny, monkeypatch, *words) == Private((tiny.root, tiny.course_dir), ("tiny_exercises",))


@pytest.mark.parametrize("verb", ["grade", "doctor"])
def test_grading_refuses_to_start_and_says_what_to_do(verb: str, tiny: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "ROOTS", (*seen.ROOTS, str(tiny.root.parent)))
    monkeypatch.setattr(seen, "PARTS", (*seen.PARTS, tiny.root.name))
    out = tiny.root.parent / "out.json"
    words = {"grade": ["grade", "90_tiny", "--submitted", str(tiny.root)], "doctor": ["doctor", "--json", str(out)]}
    done = CliRunner().invoke(main, ["--course", str(tiny.root), *words[verb]])
    assert done.exit_code == 1
    said = " ".join(done.output.split()) if verb == "grade" else out.read_text()
    assert f"{tiny.root} lies within {tiny.root}, which students' code must see" in said
    assert f"Move {tiny.root} elsewhere" in said
    assert "namespaces" not in said
