"""What students may write to have something run, loaded or laid over the page where their notebook is looked at."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from PIL import Image

ELSEWHERE = "https://elsewhere.example"
COVER = "position:fixed;top:0;left:0;width:100%;height:100%;z-index:9999"


def picture(kind: str = "png", size: tuple[int, int] = (2, 2)) -> str:
    """A real picture in base64."""
    data = io.BytesIO()
    Image.new("RGB", size).save(data, kind)
    return base64.b64encode(data.getvalue()).decode()


RUN = "window.stolen=1"
IMG = f'<img src=x onerror="{RUN}">'
TEXTS = {
    "a script": f"<script>{RUN}</script>",
    "an event": IMG,
    "an event between backticks within an attribute": f'`<b title="` {IMG} `">x</b>`',
    "an event in an attribute of an escaped tag": f'\\<b title="{IMG}">',
    "a fence closed within an attribute": f'<b title="\n```\n{IMG}\n```\n">x</b>',
    "after a fence": f"```\n<b>\n```\n{IMG}",
    "in a fence of no language": f"~~~x&#32;modal-backdrop\n{IMG}\n~~~\n{IMG}",
    "in a mermaid": f"```mermaid\n{IMG}\n```",
    "after a comment": f"<!-- x -->{IMG}",
    "in a comment that ends at once": f"<!-->{IMG}-->",
    "in a comment that ends oddly": f"<!-- --!>{IMG}-->",
    "in CDATA": f"<![CDATA[>{IMG}]]>",
    "in an instruction": f"<?x >{IMG}?>",
    "in a style": f"<style><!--</style>{IMG}--></style>",
    "in a title": f"<title><b title='</title>{IMG}'>",
    "in a textarea": f"<textarea><b title='</textarea>{IMG}'>",
    "in MathML": f"<math><mtext><table><mglyph><style><!--</style>{IMG}-->",
    "in SVG": f"<svg onload=\"{RUN}\"><desc>{IMG}</desc></svg>",
    "in a noscript": f"<noscript><p title='</noscript>{IMG}'>",
    "a tag without end": f'<div><img src=x onerror="{RUN}" \nx',
    "attributes without blanks": f'<div><img/src="x"/onerror="{RUN}"></div>',
    "a tag of no name": f'<x onpointerenter="{RUN}" autofocus tabindex=0 onfocus="{RUN}">x</x>',
    "an element that opens": f'<details open ontoggle="{RUN}">x</details>',
    "a frame": f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    "an object": f"<object data='javascript:{RUN}'></object><embed src='javascript:{RUN}'>",
    "in a heading": f"# a {IMG}",
    "in a table": f"|a|\n|-|\n|{IMG}|",
    "in a list": f"- a\n  - {IMG}",
    "in a definition": f"a\n: {IMG}",
    "in a reference's title": f'[a][b]\n\n[b]: #x "&quot;&gt;{IMG}"',
    "in the words of a picture": f"![{IMG}](x.png)",
    "a link that runs": f"[x](javascript:{RUN})",
    "a link that runs, escaped": f"[x](javascript\\:{RUN})",
    "a link that runs, as an entity": f"[x](javascript&colon;{RUN})",
    "a link that runs, as an entity twice": f"[x](javascript&amp;colon;{RUN})",
    "a link that runs, by number": f"[x](&#106;ava&Tab;script:{RUN})",
    "a link that runs, by reference": f"[x][y]\n\n[y]: javascript\\:{RUN}",
    "a link that runs, bare": f"<javascript:{RUN}>",
    "a link that runs once a prefix is taken off": f"[x](files/javascript:{RUN})",
    "a link that runs, in HTML": f"<a href=' java\nscript:{RUN}'>x</a>",
    "a link of another language": "[x](vbscript\\:x) [y](data\\:text/html,<script>x</script>)",
    "a link within the machine": "[x](/logout) [y](../../logout) [z](?a=b)",
    "a formula that is a link": "$\\href{javascript:x}{a}$",
    "a picture from elsewhere": f"![a]({ELSEWHERE}/text.png)",
    "a picture from elsewhere by reference": f"![a][b]\n\n[b]: {ELSEWHERE}/reference.png",
    "a picture from elsewhere without a scheme": "![a](//elsewhere.example/scheme.png)",
    "a picture from elsewhere in HTML": f"<img src='{ELSEWHERE}/html.png' srcset='{ELSEWHERE}/set.png'>",
    "a picture of the server": "![a](/logout) ![b](x.png) ![c](../../../api/status)",
    "a picture that is a drawing": "![a](data\\:image/svg+xml,<svg/>)",
    "a picture that is missing": "![a](attachment:gone.png)",
    "a background": f"<p style='background:url({ELSEWHERE}/a.png);background-color:url({ELSEWHERE}/b.png)'>x</p>",
    "a style sheet": f"<link rel=stylesheet href='{ELSEWHERE}/a.css'><style>@import '{ELSEWHERE}/b.css';</style>",
    "media": f"<video src='{ELSEWHERE}/v' poster='{ELSEWHERE}/p.png'></video><audio src='{ELSEWHERE}/a'>",
    "a page that leaves": f"<meta http-equiv=refresh content='9; url={ELSEWHERE}'><base href='{ELSEWHERE}/'>",
    "a form": f"<form action='{ELSEWHERE}'><input name=a autofocus><button>x</button></form>",
    "a class that covers": "<div class='modal-backdrop in'>x</div>",
    "a style that covers": f"<div style='{COVER}'>x</div>",
    "a link that covers": f"<a href='{ELSEWHERE}' style='{COVER}'>x</a>",
    "a margin that covers": "<div style='margin-top:-3000px;height:6000px;background-color:red'>x</div>",
    "an end of what is around": "</div></div></div></div></div></div><b><h1><a href='#x'>",
    "lists that end what is around": "<li><div><li></li></div></div></div></li>",
    "a table that holds the rest": "<table><tr><td><a href='#x'><b>",
    "a name of the page's own": "# statusmessage\n\n<p id=statusmessage class='score tabbable'>x</p>",
    "a name of a mark": "# gd_step\n\n# reflection_start_here-comment",
    "a button of the page": "<span class='full-credit' data-toggle='modal' data-link='/logout' onclick='x()'>x</span>",
}  # fmt: skip
HTML = {
    "a script": f"<p>a</p><script>{RUN}</script>",
    "an event": f"<p onclick='{RUN}'>a</p>{IMG}",
    "a picture from elsewhere": f"<img src='{ELSEWHERE}/output.png'>",
    "a class that covers": "<div class='modal-backdrop in'>x</div>",
    "a style that covers": f"<div style='{COVER}'>x</div>",
    "an end of what is around": "</div></div></div></div></div><b><table>",
    "a drawing": f"<svg><animate onbegin='{RUN}' attributeName=x dur=1s></svg>",
    "a background": f"<p style='background-color:url({ELSEWHERE}/c.png)'>x</p>",
}
DATA = {
    "application/javascript": RUN,
    "text/markdown": IMG,
    "text/latex": f"$x${IMG}",
    "image/svg+xml": f"<svg onload='{RUN}'/>",
    "image/png": f'"{IMG}',
    "application/vnd.jupyter.widget-view+json": "x",
}


def cells() -> Iterator[NotebookNode]:
    """One cell for each."""
    yield from (new_markdown_cell(text) for text in TEXTS.values())
    yield from (new_raw_cell(text) for text in TEXTS.values() if "class" in text)
    shown = [{"text/html": text} for text in HTML.values()] + [{kind: text} for kind, text in DATA.items()]
    yield from (new_code_cell("1", outputs=[new_output("display_data", data=data)]) for data in shown)
    said = [new_output("stream", text=IMG), new_output("error", ename=IMG, evalue=IMG, traceback=[f"\x1b[31m{IMG}"])]
    yield new_code_cell(f"'{IMG}'", outputs=said)
