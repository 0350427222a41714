"""The words guards know: greetings, titles, promises of an attachment, facts of other programs' placeholders.

Languages are those customers are known to write in, and the commonest others. A list that lacks a language means a
guard stays silent there, never that it stops.
"""

# ruff: noqa: E501, ISC004 - an expression a language, each on its own line

from __future__ import annotations

# Longest first where one begins another; compared folded, without accents.
GREETINGS = (
    "good morning", "good afternoon", "good evening", "hello", "hey", "hi", "dear", "greetings",
    "sehr geehrter", "sehr geehrte", "guten morgen", "guten tag", "guten abend", "hallo", "liebe", "lieber", "moin",
    "servus", "bonjour", "bonsoir", "salut", "cher", "chere", "hola", "buenos dias", "buenas tardes", "buenas noches",
    "estimado", "estimada", "querido", "querida", "bom dia", "boa tarde", "boa noite", "ola", "oi", "caro", "cara",
    "prezado", "prezada", "ciao", "buongiorno", "buonasera", "gentile", "salve", "beste", "geachte", "goedemorgen",
    "goedemiddag", "goedendag", "kumusta", "kamusta", "magandang umaga", "magandang hapon", "magandang gabi",
    "magandang araw", "mahal na", "mahal kong", "hej", "hei", "kjære", "kära", "bästa", "moi", "czesc", "dzien dobry",
    "witam", "szanowny panie", "szanowna pani", "merhaba", "selam", "sayın", "sayin", "xin chao", "chao", "kinh gui",
    "здравствуйте", "добрый день", "доброе утро", "добрый вечер", "привет", "уважаемый", "уважаемая", "дорогой",
    "дорогая", "добрии день", "доброго дня", "вітаю", "шановний", "шановна", "γεια σας", "αγαπητε", "αγαπητη",
    "नमस्ते", "नमस्कार", "प्रिय", "हेलो", "हैलो", "आदरणीय", "নমস্কার", "প্রিয়", "হ্যালো", "হাই", "আসসালামু আলাইকুম", "ਸਤ ਸ੍ਰੀ ਅਕਾਲ",
    "ਸਤਿ ਸ੍ਰੀ ਅਕਾਲ", "ਨਮਸਕਾਰ", "ਪਿਆਰੇ", "ਪਿਆਰੀ", "ਹੈਲੋ", "ನಮಸ್ಕಾರ", "ನಮಸ್ತೆ", "ಪ್ರಿಯ", "ಹಲೋ", "ಆತ್ಮೀಯ", "வணக்கம்", "అన్నయ్య నమస్తే",
    "నమస్కారం", "مرحبا", "أهلا", "عزيزي", "عزيزتي", "السلام عليكم", "سلام", "שלום", "היי", "namaste", "namaskar",
    "nomoshkar", "sat sri akal", "namaskara",
)  # fmt: skip

# What may follow a greeting and is nobody's name.
_NO_NAMES = """
mr mrs ms miss mx dr prof sir madam maam there all everyone everybody both again team folks guys friend
friends customer valued user community support colleagues hi hello thanks thank sorry welcome from and
ladies gentlemen herr frau zusammen alle damen herren kunde kundin nochmal team und monsieur madame
mademoiselle tous toutes client cliente mme m et senor senora senorita sr sra srta don dona cliente
todos todas equipo y gracias senhor senhora tudo bem equipe e signor signora signore dottore dott tutti
team spett egregio meneer mevrouw heer allemaal klant en team po sir mam ginoong ginang g gng kaibigan
kayo sa inyong lahat pan pani panstwo wszyscy alla allihopa bey hanim hanım herkese anh chi chị em ban
bạn quy quý khach khách всем вас господин госпожа клиент коллеги जी श्री श्रीमती सर मैडम ग्राहक महोदय
महोदया दोस्त সবাই জনাব স্যার ম্যাডাম গ্রাহক মহোদয় আপু ভাই দাদা দিদি ਜੀ ਸ੍ਰੀ ਸ਼੍ਰੀਮਤੀ ਸਰ ਮੈਡਮ ਗਾਹਕ
ਸਾਹਿਬ ಸರ್ ಮೇಡಂ ಗ್ರಾಹಕರೇ ಗ್ರಾಹಕ ಶ್ರೀ ಶ್ರೀಮತಿ ಅವರೇ ಎಲ್ಲರಿಗೂ السيد السيدة العميل الجميع بك بكم سيدي سيدتي
ji sahab bhai didi saab
"""
NO_NAMES = frozenset(_NO_NAMES.split())

# Places no answer is read: the part before the @, dots and dashes taken out.
NO_REPLY = ("noreply", "donotreply", "mailerdaemon", "bounce", "bounces", "notreply", "nepasrepondre", "nichtantworten",
            "noresponder", "naoresponda", "postmaster")  # fmt: skip

# (what says that something is attached, what turns that into the reader's own or asked-for attachment)
ATTACHED = (
    (
        r"\b(?:i|we)(?:'ve|’ve| have| am| are|'m|’m|'re|’re)?(?: also| just| now)? (?:attach|attached|attaching|enclose|enclosed)\b"
        r"|\b(?:find|see|check|open|review|sign|read|using|use|follow)(?: the| our| my)? (?:\w+ )?(?:attached|enclosed)\b"
        r"|\b(?:attached|enclosed) (?:is|are|you(?:'ll| will)? find|please|herewith|to this|in this|here|below)\b"
        r"|\b(?:is|are|'s) (?:also )?(?:attached|enclosed)\b(?! to (?:your|the|a|an|that|it)\b)"
        r"|\b(?:see|in|find) (?:the |our |my |this )?attachments?\b|\bthe attached\b|\bas attached\b|\bp\.?f\.?a\.?\b",
        r"\byou(?:r|'ve|’ve)?\b[^.!?\n]{0,25}\battach|\bplease (?:\w+ )?attach (?:the|a|an|your|any|it|them)\b|\bwithout\b"
        r"|\bthe attached[^.!?\n]{0,40} you\b|\battach(?:ed|ment|ments)?[^.!?\n]{0,20}(?:you sent|from you|\byour)"
        r"|\bno attachments?\b|\bnot attached\b|\b(?:isn't|aren't|wasn't|isn’t|wasn’t)\b|\b(?:if|when|once|was|were)\b[^.!?\n]{0,30}attached"
        r"|\bnot? (?:see|find|open)\b[^.!?\n]{0,20}attach|\b(?:can't|cannot|couldn't|can’t|couldn’t|could not|did not|didn't)\b[^.!?\n]{0,25}attach",
    ),
    (r"\bim anhang\b|\banbei\b|\bbeigefügt\b|\bangehängt\b|\bin der anlage\b|\bhänge (?:ich|wir)\b",
     r"\bihr(?:e|en|em|er)? (?:anhang|anlage)|\bsie\b[^.!?\n]{0,30}(?:angehängt|beigefügt) haben\b|\bhaben sie\b|\bhängen sie\b"),
    (r"\bci-joint(?:e|s|es)?\b|\ben pi[eè]ces? jointes?\b|\bvous trouverez[^.!?\n]{0,20}joint|\bje joins\b|\bnous joignons\b",
     r"\bvotre pi[eè]ce jointe\b|\bvotre[^.!?\n]{0,25}ci-joint|\bveuillez joindre\b"),
    (r"\b(?:te |le |les )?(?:adjunto|adjuntamos|adjuntado)\b|\b(?:archivo|documento|factura) adjunt[oa]\b|\ben el adjunto\b",
     r"\bsu (?:archivo )?adjunto\b|\badjunte\b|\bpuede adjuntar\b|\bque (?:usted )?(?:nos )?(?:ha )?adjunt|\btu (?:archivo )?adjunto\b"),
    (r"\b(?:em|segue|seguem) (?:em )?anexo\b|\banexei\b|\banexamos\b", r"\b(?:seu|teu) anexo\b|\banexe\b|\bno anexo que (?:voc|nos)"),
    (r"\bin allegato\b|\ballego\b|\balleghiamo\b|\btrova allegat", r"\b(?:suo|tuo) allegato\b|\balleghi\b"),
    (r"\bbijgevoegd\b|\bin de bijlage\b|\bals bijlage\b", r"\b(?:uw|jouw|je) bijlage\b"),
    (r"\b(?:kalakip|nakalakip|inilakip)\b(?! (?:ang|ng) inyong)|\b(?:naka|in)-?attach\b",
     r"\bpaki-?(?:attach|lakip)|\binyong (?:attachment|kalakip)|\binattach (?:mo|ninyo)"),
    (r"संलग्न|अटैच|नत्थी", r"(?:आपके|आपका|आपकी|आपने)[^।.!?\n]{0,30}(?:संलग्न|अटैच)|(?:संलग्न|अटैच) (?:करें|कीजिए|कर दें|करके)"),
    (r"সংযুক্ত|সংযুক্তি|অ্যাটাচ", r"আপনার[^।.!?\n]{0,30}(?:সংযুক্ত|অ্যাটাচ)|(?:সংযুক্ত|অ্যাটাচ) (?:করুন|করে দিন|করবেন)"),
    (r"ਨੱਥੀ|ਅਟੈਚ", r"ਤੁਹਾਡ[^।.!?\n]{0,30}(?:ਨੱਥੀ|ਅਟੈਚ)|(?:ਨੱਥੀ|ਅਟੈਚ) (?:ਕਰੋ|ਕਰ ਦਿਓ|ਕਰਕੇ)"),
    (r"ಲಗತ್ತಿಸ(?:ಲಾ|ಿದ್ದೇ)|ಲಗತ್ತಿನಲ್ಲಿ|ಲಗತ್ತಿಸಿದ", r"ನಿಮ್ಮ[^.!?\n]{0,30}ಲಗತ್ತ|ನೀವು[^.!?\n]{0,30}ಲಗತ್ತ"),
    (r"во вложении|прилага(?:ю|ем)|прикрепил|прикрепля(?:ю|ем)", r"ваш[^.!?\n]{0,20}вложени|вы прикрепил|прикрепите"),
    (r"w załączniku|załączam|załączamy", r"(?:pana|pani|twoim|twój) załącznik|proszę załączyć"),
    (r"đính kèm", r"bạn (?:đã )?đính kèm|vui lòng đính kèm|hãy đính kèm"),
    (r"\bekte\b|\bekteki\b", r"\bekteki .{0,20}gönderdiğiniz"),
    (r"见附件|附件(?:是|为|中)|附上|随信附", r"您(?:的|发|提供)[^。\n]{0,10}附件|请(?:您)?(?:附|上传)"),
    (r"添付(?:いたし|し|の(?:ファイル|資料|書類|通り))|添付ファイルを(?:ご)?", r"お客様[^。\n]{0,15}添付|添付(?:して)?(?:ください|いただけ|頂け)|添付いただいた"),
    (r"첨부(?:했|합|해 드|된|드)", r"첨부해 ?주|보내주신 첨부|고객님[^.\n]{0,15}첨부"),
    (r"مرفق|المرفق", r"أرفق|المرفق الذي أرسل|مرفقك|إرفاق"),
)  # fmt: skip

FACT = (
    r"(?:(?:customer|client|first|last|full|agent|order|ticket|case|your|company|product|account|invoice)"
    r"[ _.\-]?(?:name|first[ _]?name|last[ _]?name|id|number|no|email|e-mail|date|link|title|subject)"
    r"|user[ _]name|name|firstname|lastname|greeting|salutation)"
)
