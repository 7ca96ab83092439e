"""What a notebook may fetch while it is graded: addresses that its course has declared, each with its content.

Connections of `http.client`, and so of urllib, requests and what is built on them, are answered in the process itself.
Run as a program, this file stands in for `wget` and `curl`; it imports nothing but Python's own, and little of that.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, unquote, urlsplit

__all__ = ["PROGRAMS", "Undeclared", "answer", "as_files", "content", "declares"]

FOLDER = ".cache/downloads"  # below where the cells run
INDEX = "index.json"
PROGRAMS = {"wget": 4, "curl": 6}  # and how they end where a server cannot be reached
PORTS = {"http": 80, "https": 443}
LOCAL = ("localhost", "::1", "127.")
AS_IT_IS = "/%=&+:,;@!$'()*~?"


class Undeclared(OSError):
    """The course has not declared this address."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"nothing can be fetched while a notebook is graded: the course has not declared {address[:200]}"
        )


def as_files(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Contents by address as files by path, below the folder in which the cells run.

    Raises
    ------
    ValueError
        If something is no address of the web.
    """
    names = {_normal(address): f"{number}" for number, address in enumerate(contents)}
    files = {f"{FOLDER}/{number}": data for number, data in enumerate(contents.values())}
    return {f"{FOLDER}/{INDEX}": json.dumps(names, indent=0).encode(), **files} if names else {}


def declares(home: Path) -> bool:
    """Whether there is anything to be fetched."""
    return (home / FOLDER / INDEX).is_file()


def content(address: str, home: Path) -> bytes:
    """What lies at an address.

    Raises
    ------
    Undeclared
        If the course has not declared it.
    """
    folder = home / FOLDER
    try:
        names: dict[str, str] = json.loads((folder / INDEX).read_bytes())
        return (folder / names[_normal(address)]).read_bytes()
    except (KeyError, ValueError, FileNotFoundError) as error:
        raise Undeclared(address) from error


def answer(home: Path) -> None:
    """Answer connections of this process to other machines, and let its `wget` and `curl` be this file.

    Parameters
    ----------
    home : Path
        Where `as_files` lie, or will lie.
    """
    from http.client import HTTPConnection  # which the programs do without

    made = HTTPConnection.__init__

    def make(self: Any, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **kwargs)
        if not self.host.startswith(LOCAL):
            self.connect = lambda: _connect(self, home)  # libraries have a `connect` of their own in its place

    HTTPConnection.__init__ = make  # type: ignore[method-assign]
    programs = home / FOLDER / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    for name in PROGRAMS:
        command = shlex.join([sys.executable, "-IS", __file__, str(home), name])
        (programs / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (programs / name).chmod(0o755)
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"


def _normal(address: str) -> str:
    """One form for all ways to write an address, whether or not it is encrypted."""
    parts = urlsplit(address)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError(f"{address!r} is no address that begins with http:// or https://")
    port = f":{parts.port}" if parts.port not in (None, *PORTS.values()) else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.hostname}{port}{quote(unquote((parts.path or '/') + query), AS_IT_IS)}"


def _connect(connection: Any, home: Path) -> None:
    connection.is_verified = True  # urllib3 warns otherwise
    scheme = "https" if connection.default_port == PORTS["https"] else "http"
    connection.sock = _Answered(f"{scheme}://{connection.host}", connection.port or PORTS[scheme], home)


class _Answered:
    """Behaves as the socket of one request to a web server."""

    def __init__(self, server: str, port: int, home: Path) -> None:
        self._server = server if port in PORTS.values() else f"{server}:{port}"
        self._home = home
        self._sent = b""
        self._answer: bytes | None = None

    def sendall(self, data: bytes) -> None:
        """Take a part of the request; where its address is not declared, this is where it fails."""
        self._sent += data
        if self._answer is not None or b"\r\n\r\n" not in self._sent:
            return
        method, target, *_ = self._sent.decode("latin-1").split(" ", 2)
        found = content(self._server + target, self._home)
        if method not in ("GET", "HEAD"):
            raise Undeclared(f"{self._server}{target} for {method}")
        self._answer = _head(target, len(found)) + (found if method == "GET" else b"")

    def makefile(self, *_: object, **__: object) -> io.BytesIO:
        """The server's answer."""
        return io.BytesIO(self._answer or b"")

    def settimeout(self, seconds: float | None) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing is held here."""


def _head(target: str, length: int) -> bytes:
    import mimetypes  # which the programs do without

    kind, packed = mimetypes.guess_type(target.partition("?")[0])
    kind = "application/octet-stream" if packed or kind is None else kind
    kind += "; charset=utf-8" if kind.startswith("text/") else ""
    lines = ["HTTP/1.1 200 OK", f"Content-Type: {kind}", f"Content-Length: {length}", "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode()


def _wget(words: Sequence[str], home: Path) -> None:
    parser = _parser("-qcNxrSdbk46", "-tTUeliowA")
    parser.add_argument("-O", "--output-document")
    parser.add_argument("-P", "--directory-prefix", default="")
    parser.add_argument("-nc", "--no-clobber", action="store_true")
    parser.add_argument("--continue", "--timestamping", action="store_true")
    found, others = parser.parse_known_args(words)
    for address in _addresses(others, home):
        data = content(address, home)
        if found.output_document == "-":
            sys.stdout.buffer.write(data)
            continue
        path = Path(found.output_document or Path(found.directory_prefix, _last(address, query=True)))
        if path.exists() and not found.output_document:
            if found.no_clobber:
                continue
            if not (found.c or found.N or vars(found)["continue"]):
                path = next(other for n in range(1, 10_000) if not (other := Path(f"{path}.{n}")).exists())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if not found.q:
            print(f"{address}: saved as {path} [{len(data)}]", file=sys.stderr)


def _curl(words: Sequence[str], home: Path) -> None:
    parser = _parser("-sSLfkgJRviI#46", "-HAXudeTmbCr")
    parser.add_argument("-o", "--output", action="append", default=[])
    parser.add_argument("-O", "--remote-name", action="store_true")
    parser.add_argument("--output-dir", default="")
    parser.add_argument("--create-dirs", action="store_true")
    parser.add_argument("--url", action="append", default=[])
    found, others = parser.parse_known_args(words)
    for number, address in enumerate(_addresses([*others, *found.url], home)):
        data = content(address, home)
        name = next(iter(found.output[number:]), _last(address, query=False) if found.remote_name else "-")
        if name == "-":
            sys.stdout.buffer.write(data)
            continue
        path = Path(found.output_dir, name)
        if found.create_dirs:
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _parser(flags: str, valued: str) -> argparse.ArgumentParser:
    """Options of one letter that change nothing here, so that they can stand beside those that do."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for letter in flags[1:]:
        parser.add_argument(f"-{letter}", action="store_true")
    for letter in valued[1:]:
        parser.add_argument(f"-{letter}", dest=f"value_{letter}")
    return parser


def _addresses(words: Sequence[str], home: Path) -> list[str]:
    """What of a command's words is an address; both programs take one without `http://`."""
    known = json.loads((home / FOLDER / INDEX).read_bytes()) if declares(home) else {}
    return [word if "://" in word else f"http://{word}" for word in words if "://" in word or word in known]


def _last(address: str, *, query: bool) -> str:
    """The name under which a program leaves what lies at an address."""
    parts = urlsplit(address)
    name = parts.path.rpartition("/")[2] or "index.html"
    return f"{name}?{parts.query}" if query and parts.query else name


def main(home: str, program: str, *words: str) -> NoReturn:
    """Be `wget` or `curl`, as far as declared addresses go."""
    try:
        {"wget": _wget, "curl": _curl}[program](words, Path(home))
    except OSError as error:
        with contextlib.suppress(OSError):
            print(f"{program}: {error}", file=sys.stderr)
        sys.exit(PROGRAMS[program] if isinstance(error, Undeclared) else 1)
    sys.exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
