"""What a course has declared can be fetched while a notebook is graded, in the usual ways; nothing else can."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from steepest_grader.course import downloads as module
from steepest_grader.course.downloads import downloads
from steepest_grader.course.lesson import load
from steepest_grader.course.nbgrader_course import NbgraderCourse
from steepest_grader.errors import CourseError
from steepest_grader.grading.batch import grade_lesson
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.sandbox.kernel import Kernel

TABLE = "https://data.example.org/v1/table.csv"
OTHER = "https://data.example.org/v1/other.csv"
FILES = {"x.csv": b"a,b\n1,2\n", "digits/train.gz": b"\x1f\x8b\x00", "digits/inner/a b.txt": "\N{SNOWMAN}".encode()}
DECLARED = {
    TABLE: "x.csv",
    "http://example.org/raw?file=x.csv&v=2": "x.csv",
    "https://mirror.example.org:8443/digits/": "digits",
}
NOT_DECLARED = "nothing can be fetched while a notebook is graded: the course has not declared"


def course(root: Path, declared: object = DECLARED, cell: str = "") -> NbgraderCourse:
    """A course of one test cell, which declares something."""
    for path, data in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    header = {"grade": True, "solution": False, "locked": True, "grade_id": "reads", "points": 1, "schema_version": 3}
    notebook = new_notebook(cells=[new_code_cell(cell, metadata={"nbgrader": header | {"cell_type": "code"}})])
    for place in ("source/ps1", "submitted/ada/ps1"):
        (root / place).mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, root / place / "p.ipynb")
    (root / "nbgrader_config.py").write_text(f"c = get_config()\nc.SteepestGrader.downloads = {declared!r}\n")
    return NbgraderCourse(root)


WRONG: dict[str, tuple[object, str]] = {
    "a list": ([TABLE], "It takes addresses with their files"),
    "no name": ({TABLE: 3}, "It takes addresses with their files"),
    "an absolute path": ({TABLE: "/etc/passwd"}, "It takes addresses with their files"),
    "a way out": ({TABLE: "../x.csv"}, "It takes addresses with their files"),
    "a hidden way out": ({TABLE: "digits/../../x.csv"}, "It takes addresses with their files"),
    "a link that leads out": ({TABLE: "out.csv"}, "names out.csv, which leads out of"),
    "a folder that is a link": ({"https://example.org/": "away"}, "names away, which leads out of"),
    "no such file": ({TABLE: "y.csv"}, f"names y.csv for {TABLE}, and there is no such file"),
    "a folder as a file": ({TABLE: "digits"}, "there is no such file"),
    "a file as a folder": ({"https://example.org/": "x.csv"}, "which ends in a slash, and there is no such folder"),
    "another scheme": ({"ftp://example.org/x.csv": "x.csv"}, "begins with http:// or https://"),
    "no address": ({"x.csv": "x.csv"}, "begins with http:// or https://"),
    "a port that is none": ({"http://example.org:x/x.csv": "x.csv"}, "has what is no address"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_cannot_be_declared_is_told(kind: str, tmp_path: Path) -> None:
    declared, said = WRONG[kind]
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "out.csv").symlink_to("/etc/passwd")
    (tmp_path / "course" / "away").symlink_to("/etc")
    with pytest.raises(CourseError) as error:
        downloads(course(tmp_path / "course", declared))
    assert str(error.value).startswith("nbgrader_config.py sets SteepestGrader.downloads, which ")
    assert said in str(error.value)


def test_what_is_declared_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = course(tmp_path)
    given = 2 * len(FILES["x.csv"]) + sum(len(data) for path, data in FILES.items() if "/" in path)
    monkeypatch.setattr(module, "MAX_BYTES", given)
    assert len(downloads(own)) == 5
    monkeypatch.setattr(module, "MAX_BYTES", given - 1)
    with pytest.raises(CourseError, match="MiB together"):
        downloads(own)


def test_a_folder_is_what_lies_in_it_and_no_link(tmp_path: Path) -> None:
    own = course(tmp_path, {"https://example.org/": "digits"})
    (tmp_path / "digits" / "out").symlink_to("/etc/passwd")
    (tmp_path / "digits" / ".hidden").write_text("x")
    assert sorted(data for path, data in downloads(own).items() if "index" not in path) == [
        FILES["digits/train.gz"],
        FILES["digits/inner/a b.txt"],
    ]


def test_another_content_is_another_lesson(tmp_path: Path) -> None:
    own = course(tmp_path)
    before = load(own, "ps1/p").version
    (tmp_path / "x.csv").write_bytes(b"a,b\n3,4\n")
    assert load(own, "ps1/p").version != before


FETCH = f"""
import urllib.request, requests, http.client, os, subprocess
table, other = {TABLE!r}, {OTHER!r}
"""
# What a cell evaluates to.
GIVES = {
    "urllib.request.urlopen(table).read()": FILES["x.csv"],
    "urllib.request.urlopen('http://data.example.org/v1/table.csv').read()": FILES["x.csv"],
    "urllib.request.urlopen('HTTPS://DATA.example.org:443/v1/table.csv#top').read()": FILES["x.csv"],
    "urllib.request.urlopen('http://example.org/raw?file=x.csv&v=2').read()": FILES["x.csv"],
    "open(urllib.request.urlretrieve(table, 'new.csv')[0], 'rb').read()": FILES["x.csv"],
    "urllib.request.urlopen(urllib.request.Request(table, method='HEAD')).headers['Content-Length']": "8",
    "urllib.request.urlopen('https://mirror.example.org:8443/digits/train.gz').read()": FILES["digits/train.gz"],
    "requests.get(table).text": "a,b\n1,2\n",
    "requests.get('http://example.org/raw', params={'file': 'x.csv', 'v': 2}).content": FILES["x.csv"],
    "requests.get('https://mirror.example.org:8443/digits/inner/a b.txt').text": "\N{SNOWMAN}",
    "b''.join(requests.get(table, stream=True).iter_content(3))": FILES["x.csv"],
    "[requests.Session().get(table).status_code for _ in range(3)]": [200] * 3,
    "requests.head(table).headers['Content-Type']": "text/csv; charset=utf-8",
    "__import__('torch').hub.download_url_to_file(table, 'hub.csv', progress=False) or open('hub.csv').read()": (
        "a,b\n1,2\n"
    ),
    "subprocess.run(['curl', '-s', table], capture_output=True).stdout": FILES["x.csv"],
}
# Where a command leaves what it fetches.
COMMANDS = {
    f"wget {TABLE}": "table.csv",
    f"wget -q -nc {TABLE}": "table.csv",
    f"wget -qO found {TABLE}": "found",
    f"wget --no-check-certificate --quiet {TABLE} --output-document=found": "found",
    f"wget -qO- {TABLE} > found": "found",
    f"wget -q -P data/in {TABLE}": "data/in/table.csv",
    f"mkdir -p data && cd data && wget --header 'Accept: x/y' {TABLE}": "data/table.csv",
    "wget data.example.org/v1/table.csv": "table.csv",
    f"wget {TABLE}; wget {TABLE}": "table.csv.1",
    f"[ -f table.csv ] || wget {TABLE} 2>/dev/null": "table.csv",
    "wget 'http://example.org/raw?file=x.csv&v=2'": "raw?file=x.csv&v=2",
    f"curl -O {TABLE}": "table.csv",
    f"curl -sSLo found {TABLE}": "found",
    f"curl -L {TABLE} --output found --max-time 20": "found",
    f"curl -s {TABLE} | cat > found": "found",
    f"curl --create-dirs -o data/in/found --url {TABLE}": "data/in/found",
}
WAYS = ("%%bash\n{}", "lines = !{}", "_ = os.system({!r})", "_ = subprocess.run({!r}.split())")
REFUSED = {
    "urllib.request.urlopen(other)": f"URLError: <urlopen error {NOT_DECLARED} {OTHER}>",
    "urllib.request.urlopen('https://elsewhere.example.org')": f"{NOT_DECLARED} https://elsewhere.example.org/",
    "urllib.request.urlopen(table + '?v=2')": f"{NOT_DECLARED} {TABLE}?v=2",
    "urllib.request.urlopen('https://data.example.org/v1/../../etc/passwd')": NOT_DECLARED,
    "urllib.request.urlopen('https://mirror.example.org:8443/digits/../x.csv')": NOT_DECLARED,
    "urllib.request.urlopen('https://mirror.example.org:8443/digits/%2e%2e/x.csv')": NOT_DECLARED,
    "urllib.request.urlopen(table, data=b'x')": f"{NOT_DECLARED} {TABLE} for POST",
    "requests.get(other)": f"{NOT_DECLARED} {OTHER}",
    "requests.get(table, headers={'Host': 'x'}).raise_for_status() or requests.post(table)": f"{TABLE} for POST",
    "http.client.HTTPSConnection('data.example.org').request('GET', '/v1/other.csv')": f"{NOT_DECLARED} {OTHER}",
    "__import__('socket').create_connection(('data.example.org', 80))": "there is no network",
    f"get_ipython().system('wget {OTHER}')": f"wget: {NOT_DECLARED} {OTHER}",
    f"get_ipython().system('curl -O {OTHER}')": f"curl: {NOT_DECLARED} {OTHER}",
    f"get_ipython().run_cell_magic('bash', '', 'wget {OTHER}')": f"wget: {NOT_DECLARED} {OTHER}",
    f"get_ipython().system('pip install x && wget {TABLE}')": "pip was not run: there is no network",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return downloads(course(tmp_path_factory.mktemp("declares")))


@pytest.fixture(scope="module")
def run(files: dict[str, bytes], sandbox: Sandbox) -> Iterator[Callable[[str], str]]:
    """Runs a cell in a kernel that finds what is declared; what it shows."""
    notebook = new_notebook(cells=[new_code_cell(FETCH)])
    with Kernel(sandbox, notebook) as kernel:
        kernel.write(files)
        kernel.execute(notebook.cells[0], 0)
        assert notebook.cells[0].outputs == []

        def shown(source: str) -> str:
            notebook.cells.append(cell := new_code_cell(source))
            kernel.execute(cell, len(notebook.cells) - 1)
            texts = [output.get("text", "") or str(output.get("data", "")) for output in cell.outputs]
            return "\n".join(texts + [f"{x.ename}: {x.evalue}" for x in cell.outputs if x.output_type == "error"])

        yield shown


@pytest.mark.sandbox
@pytest.mark.parametrize("expression", GIVES, ids=str)
def test_what_python_fetches(expression: str, run: Callable[[str], str]) -> None:
    assert run(f"print({expression} == {GIVES[expression]!r})") == "True\n"


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("command", "way"),
    [*((command, "!{}") for command in COMMANDS), *((f"wget -qO found {TABLE}", way) for way in WAYS)],
)
def test_what_commands_fetch(command: str, way: str, run: Callable[[str], str]) -> None:
    shown = run(
        "os.chdir(__import__('tempfile').mkdtemp())\n"
        f"get_ipython().run_cell({way.format(command)!r})\n"
        f"print(open({COMMANDS[command]!r}, 'rb').read() == {FILES['x.csv']!r})"
    )
    assert "True\n" in shown, shown


@pytest.mark.sandbox
@pytest.mark.parametrize("expression", REFUSED, ids=str)
def test_nothing_else_can_be_fetched(expression: str, run: Callable[[str], str]) -> None:
    assert REFUSED[expression] in run(expression)


@pytest.mark.sandbox
def test_a_server_of_the_notebook_itself_answers(run: Callable[[str], str]) -> None:
    server = "s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)"
    start = "threading.Thread(target=s.serve_forever, daemon=True).start()"
    shown = run(
        f"import http.server, threading\n{server}\n{start}\n"
        "print(requests.get(f'http://localhost:{s.server_port}/').status_code,"
        "urllib.request.urlopen(f'http://127.0.0.1:{s.server_port}/').status)\ns.shutdown()"
    )
    assert shown.startswith("200 200")


@pytest.mark.sandbox
def test_a_class_is_graded_with_what_its_course_declares(tmp_path: Path, sandbox: Sandbox) -> None:
    def scores() -> list[float | None]:
        batch = grade_lesson(NbgraderCourse(tmp_path), "ps1/p", tmp_path / "submitted", sandbox=sandbox)
        return [item.score for item in batch.submissions]

    test = f"import urllib.request\nassert urllib.request.urlopen({TABLE!r}).read() == b'a,b\\n1,2\\n'"
    course(tmp_path, {}, test)
    assert scores() == [0]
    course(tmp_path, DECLARED, test)
    assert scores() == [1]
    (tmp_path / "x.csv").write_bytes(b"other")
    assert scores() == [0]
