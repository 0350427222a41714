"""Canned text with facts filled in: Jinja2, cut down to what a reply needs.

A template comes from a folder that may be shared, so it is treated as text from outside: no attribute of a Python
object, no call but ``ask()``, no operator or filter that can grow without bound, a bounded number of loop steps and
a bounded output. What is not known is never left blank: ``ask("order number")`` and facts that are missing become
gaps, ``[[order number]]``, which no reply can be sent with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any

from agent_tui.domain.frozen import dataclass

LONGEST_BODY = 64 * 1024
LONGEST_TEXT = 200_000
LOOP_STEPS = 2_000

# A gap as it stands in a draft. No space after the brackets: ``[[ -f x ]]`` is a shell's test.
GAP = re.compile(r"\[\[([^\s\[\]](?:[^\[\]\n]{0,198}[^\s\[\]])?)\]\]")

_MARK = "\x00"  # texts here never have it: everything from outside has been cleaned
_ASKED = re.compile("\x00\\?([^\x00]*)\x00")

_FILTERS = ("default", "d", "lower", "upper", "title", "capitalize", "trim", "first", "last", "length", "int")
_TESTS = ("defined", "undefined", "none", "eq", "equalto", "ne", "in", "true", "false")


class TemplateFault(ValueError):
    """A template can't be used.

    Args:
        message: in plain words; line: where, from 1, or 0 where not known.
    """

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class Rendered:
    """Text with its gaps: ``(start, end, question)``, in order, brackets included in the span."""

    text: str
    gaps: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact that is not known: false in a condition, a gap where it is written."""

    question: str

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return _asked(self.question)


def _asked(question: str) -> str:
    return f"{_MARK}?{question}{_MARK}"


def gaps(text: str) -> tuple[tuple[int, int, str], ...]:
    """The gaps that stand in a text: ``(start, end, question)``."""
    return tuple((found.start(), found.end(), found[1]) for found in GAP.finditer(text))


def render(body: str, context: Mapping[str, Any], answers: Mapping[str, str] | None = None) -> Rendered:
    """The text of a template.

    Args:
        context: plain values and mappings only; ``Unknown`` for a fact that may be missing.
        answers: what was answered, by the question in ``ask()``.

    Raises:
        TemplateFault: it can't be rendered; in words, with the line.
    """
    from jinja2.exceptions import SecurityError, TemplateError, UndefinedError

    template, _ = _compiled(body)
    given = {_question(question): answer for question, answer in (answers or {}).items()}

    def ask(question: str) -> str:
        return given.get(_question(question), _asked(question))

    parts: list[str] = []
    length = 0
    try:
        for part in template.generate({**context, "ask": ask, "_steps": [0]}):
            length += len(part)
            if length > LONGEST_TEXT:
                raise TemplateFault(f"gives more than {LONGEST_TEXT} characters")
            parts.append(part)
    except TemplateFault as fault:
        raise TemplateFault(fault.message, fault.line or _line_of(fault)) from None
    except UndefinedError as wrong:
        raise TemplateFault(_missing(str(wrong.message), context), _line_of(wrong)) from None
    except SecurityError as wrong:
        raise TemplateFault("reaches for something that templates may not touch", _line_of(wrong)) from None
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as wrong:
        raise TemplateFault(f"can't be worked out: {wrong}", _line_of(wrong)) from None
    return _with_gaps("".join(parts), given)


def check(body: str) -> tuple[str, ...]:
    """The questions a template asks, in order.

    Raises:
        TemplateFault: it could never be rendered.
    """
    return _compiled(body)[1]


def names(body: str) -> tuple[str, ...]:
    """The facts a template uses, such as ``customer.first_name``, sorted.

    Raises:
        TemplateFault: it could never be rendered.
    """
    from jinja2 import nodes

    tree = _parsed(body)
    found = set()
    for node in tree.find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name):
            found.add(f"{node.node.name}.{node.attr}")
    return tuple(sorted(found))


def _question(text: str) -> str:
    return " ".join(text.split()).casefold()


def _with_gaps(text: str, given: Mapping[str, str]) -> Rendered:
    out: list[str] = []
    found: list[tuple[int, int, str]] = []
    at = length = 0
    for asked in _ASKED.finditer(text):
        before = text[at : asked.start()].replace(_MARK, "")
        out.append(before)
        length += len(before)
        answer = given.get(_question(asked[1]))
        piece = f"[[{asked[1]}]]" if answer is None else answer
        if answer is None:
            found.append((length, length + len(piece), asked[1]))
        out.append(piece)
        length += len(piece)
        at = asked.end()
    out.append(text[at:].replace(_MARK, ""))
    return Rendered("".join(out), tuple(found))


# --- what a template may be ---------------------------------------------------------------------------------


@cache
def _environment() -> Any:
    from jinja2 import StrictUndefined, pass_context
    from jinja2.runtime import LoopContext
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Strict(StrictUndefined):
        """Says what is missing in a form that ``_missing`` can add to."""

        @property
        def _undefined_message(self) -> str:
            return str(self._undefined_name)

    class Plain(ImmutableSandboxedEnvironment):
        """A dot reaches into a mapping, never into a Python object."""

        def getattr(self, obj: Any, attribute: str) -> Any:
            if isinstance(obj, LoopContext):
                return super().getattr(obj, attribute)
            return self.getitem(obj, attribute)

        def getitem(self, obj: Any, argument: Any) -> Any:
            try:
                if isinstance(obj, Mapping | list | tuple | str):
                    return obj[argument]
            except (LookupError, TypeError):
                pass
            return self.undefined(obj=obj, name=str(argument))

    environment = Plain(
        undefined=Strict, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False,
        cache_size=0,
    )  # fmt: skip
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    environment.tests = {name: environment.tests[name] for name in _TESTS}

    @pass_context
    def steps(context: Any, values: Iterable[Any]) -> Iterator[Any]:
        counter = context["_steps"]
        if isinstance(values, str):
            raise TemplateFault("a loop goes through a list, not through the letters of a text")
        for value in values:
            counter[0] += 1
            if counter[0] > LOOP_STEPS:
                raise TemplateFault(f"loops more than {LOOP_STEPS} times")
            yield value

    environment.filters["_steps"] = steps
    return environment


def _parsed(body: str) -> Any:
    from jinja2.exceptions import TemplateSyntaxError

    if len(body) > LONGEST_BODY:
        raise TemplateFault(f"is longer than {LONGEST_BODY // 1024} KB")
    try:
        return _environment().parse(body.replace(_MARK, ""))
    except TemplateSyntaxError as wrong:
        raise TemplateFault(_plain_words(str(wrong.message)), wrong.lineno) from None
    except (RecursionError, ValueError, OverflowError) as wrong:
        raise TemplateFault(f"can't be read: {wrong}") from None


@lru_cache(maxsize=512)
def _compiled(body: str) -> tuple[Any, tuple[str, ...]]:
    from jinja2.exceptions import TemplateError

    tree = _parsed(body)
    asked: list[str] = []
    try:
        _allow(tree, asked)
        environment = _environment()
        code = environment.compile(tree, filename="<canned>")
        template = environment.template_class.from_code(environment, code, {}, None)
    except (TemplateError, RecursionError, SyntaxError, MemoryError, ValueError, OverflowError) as wrong:
        if isinstance(wrong, TemplateFault):
            raise
        raise TemplateFault(f"can't be read: {wrong}") from None
    return template, tuple(dict.fromkeys(asked))


def _allow(tree: Any, asked: list[str]) -> None:
    """Refuse every construct that is not known to be harmless; collect the questions."""
    from jinja2 import nodes

    harmless = (
        nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
        nodes.Slice, nodes.If, nodes.For, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
        nodes.Concat, nodes.Add, nodes.Sub, nodes.Neg, nodes.List, nodes.Tuple, nodes.Keyword, nodes.Filter, nodes.Test,
        nodes.Assign, nodes.Call,
    )  # fmt: skip
    growing = (nodes.Concat, nodes.Add, nodes.List, nodes.Tuple, nodes.Call)
    waiting: list[tuple[Any, int]] = [(tree, 0)]
    while waiting:
        node, loops = waiting.pop(0)
        line = node.lineno or 0
        if not isinstance(node, harmless):
            raise TemplateFault(f"{_spoken(type(node).__name__)} can't be used in a canned reply", line)
        match node:
            case nodes.Call():
                question = node.args[0].value if len(node.args) == 1 and isinstance(node.args[0], nodes.Const) else None
                plain = not (node.kwargs or node.dyn_args or node.dyn_kwargs)
                if not (isinstance(node.node, nodes.Name) and node.node.name == "ask" and plain):
                    raise TemplateFault('nothing can be called but ask("…")', line)
                if not isinstance(question, str) or not question.strip():
                    raise TemplateFault('ask() takes the question in quotes: ask("order number")', line)
                if any(c in question for c in "[]\n"):
                    raise TemplateFault("a question in ask() has no brackets and no line breaks", line)
                asked.append(question)
                continue
            case nodes.Name() if (
                node.name.startswith("_") or node.name == "self" or (node.ctx != "load" and node.name == "ask")
            ):
                raise TemplateFault(f"the name {node.name} can't be used", line)
            case nodes.Getattr() if node.attr.startswith("_"):
                raise TemplateFault(f".{node.attr} can't be used", line)
            case nodes.Filter() if node.name not in _FILTERS:
                raise TemplateFault(f"there is no filter |{node.name}; there are {', '.join(_FILTERS)}", line)
            case nodes.Test() if node.name not in _TESTS:
                raise TemplateFault(f"there is no test 'is {node.name}'; there are {', '.join(_TESTS)}", line)
            case nodes.Assign() if any(node.node.find_all(growing)) or isinstance(node.node, growing):
                raise TemplateFault("{% set %} takes one fact, not several joined", line)
            case nodes.For():
                if loops >= 2 or node.recursive:
                    raise TemplateFault("loops inside loops inside loops can't be used", line)
                loops += 1
        waiting.extend((child, loops) for child in node.iter_child_nodes())
    for loop in list(tree.find_all(nodes.For)):
        loop.iter = nodes.Filter(loop.iter, "_steps", [], [], None, None, lineno=loop.lineno)
    tree.set_environment(_environment())


_SPOKEN = {
    "Include": "{% include %}", "Import": "{% import %}", "FromImport": "{% from %}", "Extends": "{% extends %}",
    "Macro": "{% macro %}", "CallBlock": "{% call %}", "Block": "{% block %}", "AssignBlock": "{% set %} without =",
    "FilterBlock": "{% filter %}", "With": "{% with %}", "Mul": "*", "Div": "/", "FloorDiv": "//", "Mod": "%",
    "Pow": "**", "Dict": "a { } of values", "NSRef": "a name with a dot after {% set %}", "Pos": "+",
}  # fmt: skip


def _spoken(kind: str) -> str:
    return _SPOKEN.get(kind, f"'{kind}'")


def _plain_words(message: str) -> str:
    message = message.rstrip(".")
    if "end of template" in message or "Unexpected end" in message:
        return f"something is opened and never closed ({message[0].lower()}{message[1:]})"
    if message.startswith("Encountered unknown tag"):
        return f"there is no tag {message.split('tag', 1)[1].split('.')[0].strip()}"
    return f"can't be read: {message[0].lower()}{message[1:]}" if message else "can't be read"


def _missing(name: str, context: Mapping[str, Any]) -> str:
    known = sorted(key for key in context if not key.startswith("_"))
    everything = [*known]
    for key in known:
        value = context[key]
        if isinstance(value, Mapping):
            everything.extend(f"{key}.{inner}" for inner in value)
    ends = {one.rpartition(".")[2]: one for one in everything}
    near = get_close_matches(name, ends, 1, 0.6)
    hint = f"did you mean {ends[near[0]]}?" if near else f"there are {', '.join(everything)}"
    return f"there is no fact '{name}'; {hint}"


def _line_of(error: BaseException) -> int:
    """The line of the template where an error came up, or 0."""
    line = 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<canned>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
