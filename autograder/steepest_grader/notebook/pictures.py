"""Which pictures of a notebook may be shown: those that are what they say, decoded once to be sure, and no more of
them than a browser bears."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping
from urllib.parse import unquote

from PIL import Image

__all__ = ["BASE64", "Pictures", "without_pictures"]

BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
DATA = re.compile(r"data:(image/(?:png|jpeg|gif|webp));base64,([A-Za-z0-9+/=\s]*)")
MAX_CODED = 12 * 2**20  # characters, of all pictures of a notebook
MAX_PIXELS, MAX_ALL_PIXELS = 16_000_000, 64_000_000


def without_pictures(text: str) -> str:
    """A text without the pictures in it, which nobody reads letter by letter."""
    return DATA.sub("", text)


class Pictures:
    """The pictures of one notebook; each is decoded once, and what is too much is none."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], bool] = {}
        self._coded = self._pixels = 0

    def sound(self, kind: str, coded: object) -> bool:
        """Whether this is a picture of that kind, in base64."""
        if not isinstance(coded, str) or kind not in FORMATS:
            return False
        key = (kind, coded)
        if key not in self._known:
            self._coded += len(coded)
            self._known[key] = self._coded <= MAX_CODED and self._decodes(kind, coded)
        return self._known[key]

    def data(self, address: str) -> str | None:
        """A `data:` address that holds a sound picture, written in one way; None for any other."""
        found = DATA.fullmatch(address)
        if found is None or not self.sound(found[1], found[2]):
            return None
        return f"data:{found[1]};base64,{''.join(found[2].split())}"

    def attached(self, attachments: Mapping[str, Mapping[str, object]], address: str) -> str | None:
        """The same for what is attached to a cell, or stands in the address itself."""
        if address.startswith("attachment:"):
            name = address.removeprefix("attachment:")
            kinds = attachments.get(name) or attachments.get(unquote(name)) or {}
            address = next((f"data:{kind};base64,{coded}" for kind, coded in kinds.items()), "")
        return self.data(address)

    def _decodes(self, kind: str, coded: str) -> bool:
        try:
            data = base64.b64decode("".join(coded.split()), validate=True)
            with Image.open(io.BytesIO(data), formats=(FORMATS[kind],)) as image:
                self._pixels += (pixels := image.width * image.height)
                if pixels > MAX_PIXELS or self._pixels > MAX_ALL_PIXELS:
                    return False
                image.load()
        except Exception:  # noqa: BLE001 - what is wrong with a picture shows in many ways, and makes it none
            return False
        return True
