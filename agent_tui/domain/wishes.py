"""Ideas and wishes told apart from problems, by how they are asked. A guess, offered and never acted on by itself. Pure."""

# ruff: noqa: E501 - tables of phrases

from __future__ import annotations

import re
from collections.abc import Sequence

from agent_tui.domain.model import Case, Message, Role

TAG = "idea"

_WISH = re.compile(
    r"\b(?:feature (?:request|suggestion)|(?:it |that )?would be (?:\w+ )?(?:great|nice|good|cool|useful|helpful|lovely|handy|awesome|amazing)\b"
    r"[^.!?\n]{0,40}\b(?:if|to|when)|(?:i|we)(?:'d| would) (?:really |also )?(?:love|like) (?:to (?:see|have|be able)|it if|an? option)|"
    r"(?:could|can|would|will) you (?:please )?(?:consider|add|support|implement|introduce)|please (?:consider|add|support|implement)|"
    r"any plans? (?:to|for)|(?:my|a|one|small) (?:suggestion|idea|wish|proposal)\b|i wish (?:\w+ ){0,3}(?:could|would|had|supported)|"
    r"(?:is|are) there (?:any )?plans? (?:to|for)|wish ?list|please: an? |how about (?:adding|an option)|"
    r"(?:wäre|fände) (?:es )?(?:schön|toll|gut|super|hilfreich|prima)|(?:verbesserungs)?vorschlag|wunsch|könnt(?:et|en)? (?:ihr|sie) (?:bitte )?"
    r"(?:noch )?(?:\w+ ){0,6}(?:hinzufügen|einbauen|unterstützen)|"
    r"(?:sería|estaría) (?:genial|bueno|bien|útil|fantástico)|sugerencia|podrían (?:añadir|agregar|incluir)|"
    r"(?:ce )?serait (?:bien|génial|super|utile|top)|suggestion|pourriez-vous ajouter|"
    r"sana (?:po )?(?:ay )?(?:magkaroon|may|maglagay|madagdagan)|mungkahi)"
    r"|(?:হলে ভালো হত|হলে ভালো হতো|যোগ করা যায়|যোগ করলে|প্রস্তাব|পরামর্শ আছে)"
    r"|(?:ਹੋਵੇ ਤਾਂ ਚੰਗਾ|ਜੋੜ ਦਿਓ|ਜੋੜਿਆ ਜਾਵੇ|ਸੁਝਾਅ)"
    r"|(?:ಇದ್ದರೆ ಚೆನ್ನಾಗಿ|ಸೇರಿಸಿದರೆ|ಸೇರಿಸಿ ದಯವಿಟ್ಟು|ಸಲಹೆ)"
    r"|(?:होता तो अच्छा|हो तो अच्छा|जोड़ दीजिए|जोड़ा जाए|सुझाव)",
    re.IGNORECASE,
)
_PROBLEM = re.compile(
    r"\b(?:does(?:n't| not) work|do(?:n't| not) work|not working|stopped working|broken|error|crash\w*|fails?|failed|failing|refund|lost|"
    r"missing|cannot|can't|unable|wrong|stuck|never (?:arrived|came)|complain\w*|urgent|funktioniert nicht|kaputt|fehler|no funciona|"
    r"ne (?:fonctionne|marche) pas|hindi gumagana|sira)\b|কাজ করছে না|ਕੰਮ ਨਹੀਂ|ಕೆಲಸ ಮಾಡ(?:ುತ್ತಿಲ್ಲ|ಲ್ಲ)|काम नहीं",
    re.IGNORECASE,
)
_LOOKED_AT = 1_500  # characters of a message


def is_wish(subject: str, text: str) -> bool:
    """Whether a customer's first words ask for something new rather than for help with something that is broken.

    Args:
        text: without quotes and signature.
    """
    said = f"{subject}\n{text[:_LOOKED_AT]}"
    wishes = len(_WISH.findall(said))
    return wishes > 0 and wishes >= len(_PROBLEM.findall(said))


def reads_like_idea(case: Case, messages: Sequence[Message]) -> bool:
    """Whether a case asks for something new and is not tagged so yet; what its customer wrote first decides."""
    if TAG in case.tags:
        return False
    first = next((one for one in messages if one.author.role is Role.CUSTOMER), None)
    return first is not None and is_wish(case.subject, first.fresh_text or first.text)
