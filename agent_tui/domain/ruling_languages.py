"""In which words a reply grants or refuses, in languages other than English. Pure.

A sentence grants where it names a matter and has a verb that says it is done, being done or promised, and refuses where
it names one and has a word that denies; asked, conditional and open sentences ("whether you get it or not") do neither.
"""

from __future__ import annotations

import re
import unicodedata

from agent_tui.domain.frozen import dataclass


@dataclass(frozen=True, slots=True)
class RulingWords:
    """Patterns of one language, over one sentence.

    Args:
        matter: what is ruled on; granted: verbs that grant it; denied: words that refuse it.
        neither: what makes a sentence a question or a condition.
    """

    matter: re.Pattern[str]
    granted: re.Pattern[str]
    denied: re.Pattern[str]
    neither: re.Pattern[str]

    def read(self, sentence: str) -> str:
        """``granted``, ``refused`` or nothing."""
        if not self.matter.search(sentence) or self.neither.search(sentence):
            return ""
        if self.denied.search(sentence):
            return "refused"
        return "granted" if self.granted.search(sentence) else ""


def _words(matter: str, granted: str, denied: str, neither: str) -> RulingWords:
    return RulingWords(*(re.compile(unicodedata.normalize("NFKC", one)) for one in (matter, granted, denied, neither)))


LANGUAGES = (
    _words(  # Hindi
        "पैसे|राशि|रकम|रिफंड|रिफ़ंड|शुल्क|फीस|अनुरोध|दाव[ाे]|वापस|लौटा|बदल|वारंटी|माफ|माफ़|सदस्यता|मुफ्त|मुफ़्त|पात्र",
        "(?:कर|बढ़ा|लौटा|बदल|दे) (?:दिए|दिया|दी)|कर लिया|हो ग(?:या|ई|ए)|(?:भेज|लौटा|कर|दे|बदल) रहे हैं|देंगे|करेंगे|"
        "(?:जाएगा|जाएगी|जाएंगे|मिलेगा|मिलेगी|मिलेंगे)",
        "नहीं|अस्वीकार|खारिज|इनकार",
        r"\?|^क्या |अगर|यदि|या नहीं",
    ),
    _words(  # Bengali
        "টাকা|রিফান্ড|ফেরত|ফি |মওকুফ|আবেদন|অনুরোধ|বদল|ওয়ারেন্টি|বিনামূল্যে|ক্ষতিপূরণ",
        "দিয়েছি|হয়েছে|করেছি|দেব|দেবো|দিচ্ছি|পাঠাচ্ছি|পাঠাব|পাবেন|করব|হবে",
        "(?:^| )না(?: |$)|(?:^| )নয়|প্রত্যাখ্যান|বাতিল",
        r"\?|(?:^| )কি(?: |$)|কিনা|যদি",
    ),
    _words(  # Punjabi
        "ਪੈਸੇ|ਰਕਮ|ਰਿਫੰਡ|ਵਾਪਸ|ਫੀਸ|ਫ਼ੀਸ|ਮੁਆਫ|ਬਦਲ|ਬੇਨਤੀ|ਵਾਰੰਟੀ|ਮੁਫ਼ਤ|ਮੁਫਤ|ਮੋੜ",
        "ਦਿੱਤ[ੇੀਾ]|ਹੋ ਗ(?:ਿਆ|ਈ|ਏ)|(?:ਭੇਜ|ਕਰ|ਦੇ|ਮੋੜ|ਬਦਲ) ਰਹੇ|ਕਰਾਂਗੇ|ਦੇਵਾਂਗੇ|ਦਿਆਂਗੇ|ਮੋੜਾਂਗੇ|ਮਿਲੇਗ[ੀਾ]|ਮਿਲਣਗੇ|ਮਿਲ ਜਾ|ਲਈ ਗਈ",
        "ਨਹੀਂ|ਨਹੀ|ਰੱਦ|ਇਨਕਾਰ",
        r"\?|^ਕੀ |(?:^| )ਜੇ(?:ਕਰ)? |ਜਾਂ ਨਹੀਂ",
    ),
    _words(  # Kannada
        "ಹಣ|ಮರುಪಾವತಿ|ಶುಲ್ಕ|ಮನವಿ|ಬದಲಾಯಿಸ|ವಾಪಸ್|ಹಿಂತಿರುಗಿಸ|ಮನ್ನಾ|ಉಚಿತ|ವಾರಂಟಿ",
        "(?<!ತಿಳಿ)ಸಿದ್ದೇವೆ|ಮಾಡಿದ್ದೇವೆ|ಲಾಗಿದೆ|(?<!ತಿಳಿ)ಸುತ್ತೇವೆ|(?:ಕೊಡು|ಮಾಡು|ನೀಡು)ತ್ತೇವೆ|ಸಿಗು(?:ತ್ತದೆ|ವುದು)|ಸಿಗಲಿದೆ",
        "ಲ್ಲ(?![\\u0C80-\\u0CFF])|ತಿರಸ್ಕರಿಸ|ನಿರಾಕರಿಸ",
        r"\?|ದರೆ(?![\u0C80-\u0CFF])|ಯೇ(?![\u0C80-\u0CFF])",
    ),
    _words(  # Filipino
        r"refund|bayad|\bpera\b|halaga|\bfee\b|palit|hiling|warranty|libre|balik|reklamo|gift card|order",
        r"\b(?:i(?:bi)?nalik|naibalik|na?aprubahan|inaprubahan|tinanggal|pinalitan|na-?refund|ni-?refund|pinayagan)\b"
        r"(?: po)? na\b|"
        r"\b(?:papalitan|ire-?refund|ibabalik|tatanggalin|babayaran|padadalhan)\b(?: po)?(?: na)? (?:namin|ko)|"
        r"\bmakakatanggap\b(?: po)? kayo|\bmakukuha\b(?: po)? ninyo",
        r"\bhindi\b|\btinanggihan\b|\bwalang\b",
        r"\?|\bkung\b|\bba\b|\bkapag\b",
    ),
)
