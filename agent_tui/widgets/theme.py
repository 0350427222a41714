"""Looks: two of our own, dark and light, and one of the terminal's sixteen colours.

Widgets ask a ``Look`` for a Rich style by role (``muted``, ``late``, ``note``), never for a colour. Colour never
says anything alone: every role that matters also has a word or a sign beside it.
"""

from __future__ import annotations

from agent_tui.domain.frozen import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:  # the first frame needs the colours alone, before Rich and Textual are there
    from collections.abc import Mapping

    from rich.style import Style
    from textual.theme import Theme

DARK = "evening"
LIGHT = "paper"
PLAIN = "plain"
CONTRAST, CONTRAST_LIGHT = "contrast", "contrast-light"
NAMES = (DARK, LIGHT, PLAIN, CONTRAST, CONTRAST_LIGHT)
_styles: dict[tuple[str, str, str], Style] = {}


@dataclass(frozen=True, slots=True)
class Look:
    """One look: what colour every role has.

    Args:
        name: of the Textual theme as well.
        ink: role to foreground colour.
        grounds: name of a ground (``page``, ``cursor``, ``bar``, ``note``, ``caret``) to background colour.
        dark: whether text is lighter than the page.
        reverse: the cursor is shown by reversed colours, where backgrounds can't be told apart.
    """

    name: str
    ink: dict[str, str]
    grounds: dict[str, str]
    dark: bool
    reverse: bool = False

    def style(self, role: str, ground: str = "page") -> Style:
        """The Rich style of a role on a ground.

        Args:
            role: may add ``+bold``, ``+italic`` or ``+underline``, and behind an ``@`` where it leads to.
        """
        role, at, link = role.partition("@")
        if at:
            from rich.style import Style

            return self.style(role, ground) + Style(link=link)
        found = _styles.get((self.name, role, ground))
        if found is None:
            from rich.style import Style

            name, *extra = role.split("+")
            reverse = self.reverse and ground == "cursor"
            found = Style(
                color=None if reverse else self.ink[name],
                bgcolor=None if reverse else self.grounds[ground],
                bold="bold" in extra or None,
                italic="italic" in extra or None,
                underline="underline" in extra or None,
                reverse=reverse or None,
            )
            _styles[self.name, role, ground] = found
        return found

    def _css(self, name: str) -> str:
        colour = self.ink.get(name) or self.grounds[name]
        return colour if colour.startswith("#") else f"ansi_{colour}"

    def theme(self) -> Theme:
        """The Textual theme for everything that Textual paints itself."""
        from textual.theme import Theme

        return Theme(
            name=self.name,
            primary=self._css("accent"),
            secondary=self._css("mine"),
            warning=self._css("soon"),
            error=self._css("late"),
            success=self._css("good"),
            accent=self._css("public"),
            foreground=self._css("text"),
            background=self._css("page"),
            surface=self._css("page"),
            panel=self._css("bar"),
            boost=self._css("cursor"),
            dark=self.dark,
            ansi=self.name == PLAIN,
            variables={
                "ansi-background": "ansi_black",
                "ansi-foreground": "ansi_white",
                "border": self._css("faint"),
                "block-cursor-background": self._css("cursor"),
                "block-cursor-foreground": self._css("text"),
                "input-selection-background": self._css("cursor"),
                "scrollbar": self._css("faint"),
                "scrollbar-background": self._css("page"),
                "note-ground": self.grounds["note"] if self.name != PLAIN else "ansi_default",
                "note-border": self._css("note"),
            },
        )


_EVENING = Look(
    DARK,
    ink={
        "text": "#d5d9e2", "strong": "#ffffff", "muted": "#929bad", "faint": "#4a5263", "accent": "#86b6ff",
        "mine": "#7fcfc0", "good": "#93cc9f", "soon": "#e8c47a", "late": "#ff8f8f", "note": "#e3b25c",
        "tag": "#b3a5e8", "quote": "#7f8899", "link": "#86b6ff", "public": "#ff9f6b",
    },
    grounds={"page": "#15181e", "cursor": "#2b3547", "bar": "#1d222b", "note": "#26221a", "caret": "#5b7db8"},
    dark=True,
)  # fmt: skip

_PAPER = Look(
    LIGHT,
    ink={
        "text": "#262b33", "strong": "#000000", "muted": "#5d6675", "faint": "#c3c6cc", "accent": "#1b57b3",
        "mine": "#0d6b62", "good": "#2b6b3c", "soon": "#805400", "late": "#b3241f", "note": "#8a5a00",
        "tag": "#5b44a8", "quote": "#6a7381", "link": "#1b57b3", "public": "#a23b00",
    },
    grounds={"page": "#fbfaf7", "cursor": "#d9e5f7", "bar": "#efede6", "note": "#fbf1d9", "caret": "#9dbfea"},
    dark=False,
)  # fmt: skip

_PLAIN = Look(
    PLAIN,
    ink={
        "text": "default", "strong": "default", "muted": "default", "faint": "bright_black", "accent": "blue",
        "mine": "cyan", "good": "green", "soon": "yellow", "late": "red", "note": "yellow",
        "tag": "magenta", "quote": "default", "link": "blue", "public": "bright_magenta",
    },
    grounds=dict.fromkeys(("page", "cursor", "bar", "note", "caret"), "default"),
    dark=True,
    reverse=True,
)  # fmt: skip

# Every ink has at least seven times the luminance of every ground, or a seventh of it (WCAG 2.2, 1.4.6): no grey says less here.
_CONTRAST = Look(
    CONTRAST,
    ink={
        "text": "#ffffff", "strong": "#ffffff", "muted": "#e6e6e6", "faint": "#cfcfcf", "accent": "#9fd0ff",
        "mine": "#7ff0dc", "good": "#9dff9d", "soon": "#ffe066", "late": "#ffc2c2", "note": "#ffd75e",
        "tag": "#dcd0ff", "quote": "#e0e0e0", "link": "#9fd0ff", "public": "#ffc89a",
    },
    grounds={"page": "#000000", "cursor": "#00286e", "bar": "#000000", "note": "#1f1600", "caret": "#002f78"},
    dark=True,
)  # fmt: skip

_CONTRAST_LIGHT = Look(
    CONTRAST_LIGHT,
    ink={
        "text": "#000000", "strong": "#000000", "muted": "#1f1f1f", "faint": "#333333", "accent": "#00307a",
        "mine": "#003d36", "good": "#003f10", "soon": "#4a2c00", "late": "#7a0000", "note": "#4a2c00",
        "tag": "#35107a", "quote": "#222222", "link": "#00307a", "public": "#6a1f00",
    },
    grounds={"page": "#ffffff", "cursor": "#d6e6ff", "bar": "#ffffff", "note": "#fff6d6", "caret": "#c4dcff"},
    dark=False,
)  # fmt: skip

LOOKS = {look.name: look for look in (_EVENING, _PAPER, _PLAIN, _CONTRAST, _CONTRAST_LIGHT)}
AUTO = ("", "auto", "contrast")
"""What follows the terminal."""


def choose(wanted: str, *, colours: str | None, no_colour: bool, ground: str = "") -> Look:
    """The look to start with.

    Args:
        wanted: what the workspace asks for: a name, ``dark``, ``light``, ``auto`` or empty.
        colours: what the terminal can do: ``truecolor``, ``256``, ``standard`` or None.
        no_colour: whether ``NO_COLOR`` is set.
        ground: ``dark`` or ``light`` where the terminal has said so; what follows the terminal is dark otherwise.
    """
    if no_colour or colours not in {"truecolor", "256"}:
        return _PLAIN
    if wanted in AUTO:
        looks = (_CONTRAST, _CONTRAST_LIGHT) if wanted == "contrast" else (_EVENING, _PAPER)
        return looks[ground == "light"]
    return LOOKS.get({"dark": DARK, "light": LIGHT, "contrast-dark": CONTRAST}.get(wanted, wanted), _EVENING)


def told_ground(environment: Mapping[str, str]) -> str:
    """The ground that the environment tells of (``COLORFGBG``, as rxvt and Konsole set it), or nothing."""
    number = environment.get("COLORFGBG", "").rpartition(";")[2]
    return ("light" if int(number) in {7, 15} else "dark") if number.isdecimal() else ""
