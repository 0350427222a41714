"""What is said in public where the library of canned replies has nothing: thanks, a kind correction, a neutral line. Pure."""

from __future__ import annotations

from agent_tui.domain.languages import primary

_THANKS = {
    "en": "{name} is right, thank you for helping!",
    "bn": "{name} ঠিক বলেছেন, সাহায্য করার জন্য ধন্যবাদ!",
    "pa": "{name} ਸਹੀ ਕਹਿ ਰਹੇ ਹਨ, ਮਦਦ ਲਈ ਧੰਨਵਾਦ!",
    "kn": "{name} ಹೇಳಿದ್ದು ಸರಿ, ಸಹಾಯಕ್ಕಾಗಿ ಧನ್ಯವಾದಗಳು!",
    "hi": "{name} सही कह रहे हैं, मदद के लिए धन्यवाद!",
    "fil": "Tama si {name}, salamat sa pagtulong!",
    "de": "{name} hat recht, danke für die Hilfe!",
    "es": "{name} tiene razón, ¡gracias por ayudar!",
    "fr": "{name} a raison, merci pour l'aide !",
}
_NEUTRAL = {
    "en": "{name}, I have written to you privately about this.",
    "bn": "{name}, এই বিষয়ে আমি আপনাকে আলাদা করে লিখেছি।",
    "pa": "{name}, ਇਸ ਬਾਰੇ ਮੈਂ ਤੁਹਾਨੂੰ ਨਿੱਜੀ ਤੌਰ 'ਤੇ ਲਿਖਿਆ ਹੈ।",
    "kn": "{name}, ಈ ಬಗ್ಗೆ ನಿಮಗೆ ಖಾಸಗಿಯಾಗಿ ಬರೆದಿದ್ದೇನೆ.",
    "hi": "{name}, इस बारे में मैंने आपको निजी तौर पर लिखा है।",
    "fil": "{name}, sumulat po ako sa inyo nang pribado tungkol dito.",
    "de": "{name}, dazu habe ich Ihnen persönlich geschrieben.",
    "es": "{name}, le he escrito en privado sobre esto.",
    "fr": "{name}, je vous ai écrit en privé à ce sujet.",
}
_QUOTED = 400  # characters of a clause that are quoted


def thanks(language: str, name: str) -> str:
    """That a peer's answer is right.

    Args:
        language: a tag such as ``pt-br``; English where there is nothing in it.
        name: of the peer.
    """
    return _in(_THANKS, language).format(name=name)


def neutral_line(language: str, name: str) -> str:
    """That a matter goes on in private; nothing of what it is about."""
    return _in(_NEUTRAL, language).format(name=name)


def correction(name: str, title: str, text: str, clause: str) -> str:
    """A kind correction of a peer's answer, with gaps for what only the author of the reply knows.

    Args:
        name: of the peer.
        title, text, clause: of the clause that it cites: title, Markdown and id; empty where none was chosen.
    """
    lines = [f"Thank you for helping, {name}. You are right that [[what is right in their answer]].", "",
             "In this case please do something else: [[what is right instead]].", ""]  # fmt: skip
    if clause:
        lines += [f"The reason is our rule “{title}”:", "", *(f"> {line}".rstrip() for line in _beginning(text).split("\n"))]
    else:
        lines.append("The reason: [[why, with the clause]].")
    return "\n".join(lines)


def _in(phrases: dict[str, str], language: str) -> str:
    return phrases.get(primary(language), phrases["en"])


def _beginning(text: str) -> str:
    """The first paragraphs of a clause, as far as one quotes them."""
    from agent_tui.domain.marking import unmarked

    parts = [one for one in unmarked(text).strip().split("\n\n") if one.strip()]
    kept = parts[:1]
    for one in parts[1:]:
        if sum(map(len, kept)) + len(one) > _QUOTED:
            break
        kept.append(one)
    return "\n\n".join(kept)
