"""The part of the Liquid template language that a simulated Chatwoot needs, as ``app/models/concerns/liquidable.rb`` uses it."""

from __future__ import annotations

import re

_CODE = re.compile(r"`(.*?)`", re.DOTALL)
_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}(.*?)\{%-?\s*endraw\s*-?%\}", re.DOTALL)
_TAG = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}|(\{\{|\{%)", re.DOTALL)


class LiquidError(Exception):
    """The text is no template: Chatwoot leaves it as it is."""


def liquid(text: str, values: dict[str, str]) -> str:
    """What Chatwoot makes of an outgoing text: code between backticks stays, everything else is a template."""

    def plain(part: str) -> str:
        def fill(found: re.Match[str]) -> str:
            if found[1] is None:
                raise LiquidError
            return values.get(found[1].split("|")[0].strip(), "")

        return _TAG.sub(fill, part)

    marked = _CODE.sub(lambda found: f"{{% raw %}}`{found[1]}`{{% endraw %}}", text)
    pieces, end = [], 0
    try:
        for raw in _RAW.finditer(marked):
            pieces += [plain(marked[end : raw.start()]), raw[1]]
            end = raw.end()
        return "".join([*pieces, plain(marked[end:])])
    except LiquidError:
        return text
