"""Ideas and wishes told apart from problems, by how they are asked. A guess, offered and never acted on by itself. Pure."""

# ruff: noqa: E501 - tables of phrases

from __future__ import annotations

import re
from collections.abc import Sequence

from agent_tui.domain.model import Case, Message, Role

TAG = "idea"

_NICE = r"(?:great|nice|good|cool|useful|helpful|lovely|handy|awesome|amazing|neat|perfect|fantastic)"
_NEW = r"(?:add|support|implement|introduce|build|offer|provide|include)"
_WISH = re.compile(
    rf"\b(?:feature (?:request|suggestion|idea|wish)|(?:it|that|this)(?: would|'d)(?: \w+)? (?:be )?(?:\w+ )?{_NICE}\b[^.!?\n]{{0,40}}\b(?:if|to|when)|"
    rf"would be (?:\w+ )?{_NICE}\b|(?:i|we)(?:'d| would) (?:really |also )?(?:love|like) (?:to (?:see|have|be able)|it if|an? option)|"
    rf"(?:could|can|would|will) you (?:please )?(?:consider|{_NEW})|please (?:consider|{_NEW})|consider (?:\w+ing|an? )|"
    r"any (?:plans?|chance) (?:to|for|of)|on (?:the|your) roadmap|i wish (?:\w+ ){0,3}(?:could|would|had|supported)|"
    r"(?:is|are) there (?:any )?plans? (?:to|for)|wish ?list|please: an? |how about (?:adding|an option)|what about an? |why not (?:offer|add|let|allow|have)|"
    r"(?:thing|feature|what) (?:i|we) (?:\w+ )?miss|(?:could|can) (?:we|i|you) (?:get|have) (?:an? |the )?(?:option|way|setting|webhook|api|button|shortcut|list|view)|"
    r"you should (?:let|allow|offer|add|have)|it would help (?:\w+ ){0,3}if|have you (?:thought|considered)|"
    r"(?:wäre|fände) (?:\w+ ){0,3}(?:schön|toll|gut|super|hilfreich|prima|praktisch)|fände [^.!?\n]{0,60}\b(?:praktisch|hilfreich|gut|schön)\b|schön wäre|"
    r"könnt(?:et|en)? (?:ihr|sie) (?:bitte )?(?:noch )?(?:\w+ ){0,6}(?:hinzufügen|einbauen|unterstützen|anbieten)|"
    r"habt ihr (?:vor|geplant)|plan(?:t|en) (?:ihr|sie)|"
    r"(?:sería|estaría) (?:genial|bueno|bien|útil|fantástico)|podrían (?:añadir|agregar|incluir)|me gustaría (?:que se pud|poder)|"
    r"(?:ce )?serait (?:bien|génial|super|utile|top|pratique)|pourriez-vous (?:ajouter|proposer)|j'aimerais (?:pouvoir|avoir une option)|avez-vous prévu|"
    r"sana (?:po )?(?:ay )?(?:magkaroon|may|maglagay|madagdagan|kung)|magdagdag)"
    r"|(?:^|[.!?\n])\W{0,4}(?:(?:my|a|une?|one|small|quick|just|ein|mi|ma) ){0,2}(?:suggestion|idea|wish|proposal|request|vorschlag|wunsch|sugerencia|mungkahi)\b(?! of| was| is | did)(?=[^\n]{10})"
    r"|(?:^|[.!?\n])\W{0,4}allow (?:more|us|me|for|users|several|custom)"
    r"|(?:(?:থাকলে|হলে) ভালো হত|হলে ভালো হতো|যোগ কর|প্রস্তাব|পরামর্শ আছে|ব্যবস্থা কর)"
    r"|(?:ਹੋਵੇ ਤਾਂ ਚੰਗਾ|ਜੋੜ (?:ਦਿਓ|ਸਕਦੇ)|ਜੋੜਿਆ ਜਾਵੇ|ਜੋੜੋ|ਸੁਝਾਅ)"
    r"|(?:ಇದ್ದರೆ ಚೆನ್ನಾಗಿ|ಸೇರಿಸಿ|ಸಲಹೆ|ಆಯ್ಕೆ ಕೊಡಿ)"
    r"|(?:होता तो अच्छा|हो तो अच्छा|जोड़ दीजिए|जोड़ा जाए|जोड़ सकते|सुझाव)",
    re.IGNORECASE,
)
# What is wanted is something of one's own, or an answer, rather than something for everybody.
_OWN = re.compile(
    r"\b(?:(?:answer|send|call|tell|email|refund|help)(?:s|ed)? (?:me|us)|someone (?:could|would|can)|(?:my|our) (?:\w+ )?(?:account|address|invoice|order|money|"
    r"parcel|number|ticket|colleague|refund|subscription)|(?:parcel|order|delivery|package) (?:\w+ )?(?:arriv\w+|came|comes)|fix(?:es|ed)?\b|outage|"
    r"cancel|to the account|jemand meldet|meine (?:adresse|rechnung|bestellung)|enviarme|una respuesta|cancelar|recibir|remboursé|mon compte|au compte|"
    r"masagot|ipadala)|उत्तर|मेरे खाते|मेरा (?:नया )?(?:नंबर|पता)|উত্তর পেলে|আমার (?:অ্যাকাউন্ট|ঠিকানা|নম্বর)|ਜਵਾਬ ਮਿਲੇ|ਮੇਰੇ ਖਾਤੇ|ਮੇਰਾ (?:ਪਤਾ|ਨੰਬਰ)|"
    r"ನನ್ನ (?:ಖಾತೆ|ವಿಳಾಸ|ಸಂಖ್ಯೆ)|ಉತ್ತರ ಕೊ",
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
    return wishes > len(_OWN.findall(said)) and wishes >= len(_PROBLEM.findall(said))


def reads_like_idea(case: Case, messages: Sequence[Message]) -> bool:
    """Whether a case asks for something new and is not tagged so yet; what its customer wrote first decides."""
    if TAG in case.tags:
        return False
    first = next((one for one in messages if one.author.role is Role.CUSTOMER), None)
    return first is not None and is_wish(case.subject, first.fresh_text or first.text)
