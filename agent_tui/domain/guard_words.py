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
    "nomoshkar", "sat sri akal", "namaskara", "priyo", "chère madame", "good day", "howdy", "您好", "你好",
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
ji sahab bhai didi saab done yes no
শুভেচ্ছা শুভেচ্ছান্তে সাদৰ सादर शुभकामनाएँ ਸ਼ੁਭ ਵੰਦਨੇਗਲੁ ವಂದನೆಗಳು ಶುಭಾಶಯಗಳು বন্ধু मित्र
"""
NO_NAMES = frozenset(_NO_NAMES.split())

# How a letter ends; compared folded, without accents, at the beginning of a line.
CLOSINGS = (
    "best wishes", "kind regards", "best regards", "warm regards", "regards", "best", "all the best", "yours", "sincerely", "cheers",
    "thanks", "thank you", "thanks for your patience", "many thanks", "take care", "freundliche grusse", "mit freundlichen grussen",
    "viele grusse", "beste grusse", "mit besten grussen", "liebe grusse", "danke", "un saludo", "saludos", "atentamente", "gracias",
    "cordialement", "bien cordialement", "bonne journee", "merci", "atenciosamente", "um abraco", "obrigado", "cordiali saluti",
    "met vriendelijke groet", "maraming salamat", "lubos na gumagalang", "salamat", "ধন্যবাদ", "শুভেচ্ছা", "শুভেচ্ছান্তে", "धन्यवाद",
    "सादर", "ਧੰਨਵਾਦ", "ਸ਼ੁਭ ਇੱਛਾਵਾਂ", "ವಂದನೆಗಳು", "ಧನ್ಯವಾದಗಳು", "с уважением", "祝好", "dhanyavaad", "shukriya", "dhonnobad", "shubhechha",
)  # fmt: skip

# The line a mail program puts above a quotation: "On Monday Ana wrote:".
ATTRIBUTION = (
    r".{0,200}\b(?:wrote|schrieb(?: .{0,60})?|escribi[óo]|a [ée]crit|escreveu|ha scritto|schreef|skrev|napisał\(?a?\)?|написала?)\s?:"
    r"|.{0,200}(?:লিখেছেন|ने लिखा|写道)\s?[:：]"
)

# Words of a sentence that speaks to the reader: "Thank you for your patience, Ana."
COURTESY = (
    r"\b(?:thank|thanks|sorry|apolog\w*|patience|weekend|day|evening|week|help|helps|understand|welcome|worr(?:y|ies)|luck|enjoy|promise|see you"
    r"|dank|geduld|leid|entschuldig\w*|wochenende|tag|gracias|paciencia|siento|disculp\w*|merci|patience|d[ée]sol[ée]e?|obrigad[oa]|desculp\w*"
    r"|salamat|pasensya|pag(?:hihintay|unawa)|dhanyav?w?aa?d|shukriya|maaf|dhonnobad|dukkhito)\b|ধন্যবাদ|দুঃখিত|धन्यवाद|माफ़|क्षमा|ਧੰਨਵਾਦ|ਮਾਫ਼|ಧನ್ಯವಾದ|ಕ್ಷಮಿಸಿ|спасибо|извините"
)

TITLES = r"(?i:mr|mrs|ms|miss|dr|herr|frau|monsieur|madame|mme|señora?|sra|sr|senhora?|signora?|sig)"

# Words that begin a sentence before a comma and are nobody's name.
OPENERS = """
unfortunately however therefore otherwise meanwhile instead finally first second third also besides sure okay fine great good right
well oh yes yeah no nope true indeed perfect excellent brilliant lovely understood agreed noted cheers regards greetings congratulations
next last then later again soon today tonight tomorrow yesterday monday tuesday wednesday thursday friday saturday sunday
january february march april may june july august september october november december
apologies update edit note hint tip ps regarding concerning leider natürlich schade klar genau also danke gerne stimmt
montag dienstag mittwoch donnerstag freitag samstag sonntag bueno claro perfecto lamentablemente desafortunadamente entonces primero
malheureusement enfin parfait effectivement ensuite infelizmente claro certo pronto pois
regards best wishes yours sincerely support team everybody folks guys friends all hope
"""

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
        r"|\b(?:see|in|find) (?:the |our |my |this )?attachments?\b|\bthe (?:\w+ ){0,2}(?:attached|enclosed)\b|\bas attached\b|\bp\.?f\.?a\.?\b"
        r"|\b(?:here(?:'s|’s| is| are)|copy|form|label|invoice|contract|photos?|files?|details)\b[^.!?\n]{0,40}\((?:attached|enclosed)\)"
        r"|\b(?:i|we)(?:'m|’m| am|'re|’re| are|'ve|’ve| have)? (?:\w+ )?(?:send|sending|added|add|adding|put|include|included|including) (?:you )?[^.!?\n]{0,50}\b(?:(?:with|to|in) (?:this|the) (?:e-?mail|mail|message|reply)|as an attachment)\b"
        r"|\b(?:\w+ )?(?:i|we) (?:just )?added to this (?:e-?mail|mail|message|reply)\b|\b(?:label|form|file|photos?|invoice|copy|scan|screenshot)s? enclosed\b",
        r"\byou(?:r|'ve|’ve)?\b[^.!?\n]{0,25}\b(?:attach|enclos)|\bplease (?:\w+ )?attach (?:the|a|an|your|any|it|them)\b|\bwithout\b"
        r"|\bthe attached[^.!?\n]{0,40} you\b|\battach(?:ed|ment|ments)?[^.!?\n]{0,20}(?:you sent|from you|\byour)"
        r"|\bno attachments?\b|\bnot attached\b|\b(?:isn't|aren't|wasn't|isn’t|wasn’t)\b|\b(?:if|when|once|was|were|had)\b[^.!?\n]{0,40}attached"
        r"|\battached (?:to|on|with) (?:the|your|a|an|its|our) (?!(?:e-?mail|mail|message|reply)\b)\w+"
        r"|\bnot? (?:see|find|open)\b[^.!?\n]{0,20}attach|\b(?:can't|cannot|couldn't|can’t|couldn’t|could not|did not|didn't)\b[^.!?\n]{0,25}attach",
    ),
    (r"\b(?:im|siehe|als) anhang\b|\banbei\b|\bbeigefügt\b|\bbeiliegend\b|\bbeigelegt\b|\bangehängt\b|\bin der anlage\b|\b(?:hänge|füge|lege) (?:ich|wir)\b"
     r"|\b(?:liegt|liegen|hängt|hängen) (?:dieser|der|an dieser|an der) (?:e-?mail|mail|nachricht)\b",
     r"\b(?:in |im )?ihr(?:e|en|em|er)? (?:anhang|anlage)|\bkein(?:e|en)? anh[aä]ng|\bsie\b[^.!?\n]{0,30}(?:angehängt|beigefügt) haben\b|\bhaben sie\b|\bhängen sie\b"),
    (r"\bci-joint(?:e|s|es)?\b|\ben pi[eè]ces? jointes?\b|\bvous trouverez[^.!?\n]{0,20}joint|\bje (?:vous )?joins\b|\bnous (?:vous )?joignons\b|\b(?:en|ci-) ?annexe\b|\bci-annexé|\bvoir la pi[eè]ce jointe\b",
     r"\bvotre pi[eè]ce jointe\b|\bvous avez joint|\bpas (?:pu|réussi)[^.!?\n]{0,20}ouvrir\b|\bvotre[^.!?\n]{0,25}ci-joint|\bveuillez joindre\b"),
    (r"\b(?:te |le |les )?(?:adjunto|adjuntamos|adjuntado)\b|\b(?:archivo|documento|factura) adjunt[oa]\b|\ben el adjunto\b|\b(?:env[ií]o|mando|enviamos) (?:en|con|junto a) este (?:correo|mensaje)\b",
     r"\bsu (?:archivo )?adjunto\b|\badjunte\b|\bpuede adjuntar\b|\bque (?:usted )?(?:nos )?(?:ha )?adjunt|\btu (?:archivo )?adjunto\b|\bno (?:pude|pudimos|puedo|podemos|se (?:puede|pudo))\b[^.!?\n]{0,20}abrir\b|\bno hace falta\b|\badjunto (?:de|en) (?:su|tu)\b"),
    (r"\b(?:em|segue|seguem) (?:em )?anexo\b|\banexei\b|\banexamos\b|\b(?:envio|enviamos|mando|segue|seguem) junto (?:a|com|neste|nesta) (?:este|esta|e-mail|mensagem)", r"\b(?:seu|teu) anexo\b|\banexe\b|\bno anexo que (?:voc|nos)"),
    (r"\bin allegato\b|\ballego\b|\balleghiamo\b|\btrova allegat", r"\b(?:suo|tuo) allegato\b|\balleghi\b"),
    (r"\bbijgevoegd\b|\bin de bijlage\b|\bals bijlage\b", r"\b(?:uw|jouw|je) bijlage\b"),
    (r"\b(?:kalakip|nakalakip|inilakip)\b(?! (?:ang|ng) inyong)|\b(?:naka|in|i)-?attach\b",
     r"\bpaki-?(?:attach|lakip)|\battachment (?:ninyo|mo|niyo)\b|\binyong (?:attachment|kalakip)|\binattach (?:mo|ninyo)"),
    (r"संलग्न|अटैच|नत्थी|इस (?:मेल|ईमेल|संदेश) के साथ[^।.!?\n]{0,20}(?:भेज|दे|रख)", r"(?:आपके|आपका|आपकी|आपने)[^।.!?\n]{0,30}(?:संलग्न|अटैच)|(?:संलग्न|अटैच) (?:करें|कीजिए|कर दें|करके)"),
    (r"সংযুক্ত|সংযুক্তি|অ্যাটাচ|এই (?:মেইল|ইমেইল|বার্তা)(?:ের|র)? (?:সঙ্গে|সাথে)[^।.!?\n]{0,20}(?:দিলাম|দিয়েছি|পাঠা)",
     r"আপনি[^।.!?\n]{0,30}(?:সংযুক্ত|অ্যাটাচ)|আপনার[^।.!?\n]{0,30}(?:সংযুক্ত|অ্যাটাচ)|(?:সংযুক্ত|অ্যাটাচ) (?:করুন|করে দিন|করবেন)"),
    (r"ਨੱਥੀ|ਅਟੈਚ", r"ਤੁਹਾਡ[^।.!?\n]{0,30}(?:ਨੱਥੀ|ਅਟੈਚ)|(?:ਨੱਥੀ|ਅਟੈਚ) (?:ਕਰੋ|ਕਰ ਦਿਓ|ਕਰਕੇ)"),
    (r"ಲಗತ್ತಿಸ(?:ಲಾ|ಿದ್ದೇ)|ಲಗತ್ತಿನಲ್ಲಿ|ಲಗತ್ತಿಸಿದ|ಅಟ್ಯಾಚ್ ಮಾಡ(?:ಿದ್ದೇ|ಲಾ)", r"ನಿಮ್ಮ[^.!?\n]{0,30}ಲಗತ್ತ|ನೀವು[^.!?\n]{0,30}ಲಗತ್ತ"),
    (r"\b(?:attach|enclose) k(?:ar|or)(?:e|i|te)? (?:raha|rahi|rahe|di[ay]\w*|deta|deti|dil\w*|dicchi|dewa)\b|\b(?:mail|message) ke saath (?:attach|bhej)", r"\baap(?:ne|ka|ki|ke)\b|\bapn(?:i|ar)\b|\bki thi\b|\bdijiye\b(?<!bhej dijiye)"),
    (r"во вложении|прилага(?:ю|ем)|прикрепил|прикрепля(?:ю|ем)|вложенн(?:ым|ом|ый) файл", r"ваш[^.!?\n]{0,20}вложени|вы прикрепил|прикрепите"),
    (r"w załączniku|załączam|załączamy", r"(?:pana|pani|twoim|twój) załącznik|proszę załączyć"),
    (r"đính kèm", r"bạn (?:đã )?đính kèm|vui lòng đính kèm|hãy đính kèm"),
    (r"\bekte\b|\bekteki\b", r"\bekteki .{0,20}gönderdiğiniz"),
    (r"见附件|附件(?:是|为|中)|附上|随信附", r"您(?:的|发|提供)[^。\n]{0,10}附件|请(?:您)?(?:附|上传)"),
    (r"添付(?:いたし|し|の(?:ファイル|資料|書類|通り))|添付ファイルを(?:ご)?", r"お客様[^。\n]{0,15}添付|添付(?:して)?(?:ください|いただけ|頂け)|添付いただいた"),
    (r"첨부(?:했|합|해 드|된|드)", r"첨부해 ?주|보내주신 첨부|고객님[^.\n]{0,15}첨부"),
    (r"مرفق|المرفق", r"أرفق|المرفق الذي أرسل|مرفقك|إرفاق"),
)  # fmt: skip

# Whom a bracket in a greeting stands for, in the languages of help desks.
WHOM = (
    r"(?:customer|client|name|colleague|company|salutation|prénom|nom|nombre|apellidos?|cliente|nachname|vorname|kunde|kundin|anrede"
    r"|nome|sobrenome|cognome|naam|voornaam|pangalan|imię|имя|नाम|নাম|ਨਾਮ|ਨਾਂ|ಹೆಸರು|姓名|客户姓名)"
)

FACT = (
    r"(?:(?:customer|client|first|last|full|agent|order|ticket|case|your|company|product|account|invoice)"
    r"[ _.\-]?(?:name|first[ _]?name|last[ _]?name|id|number|no|email|e-mail|date|link|title|subject)"
    r"|user[ _]name|name|firstname|lastname|greeting|salutation)"
)

# What says that we shall do something, and until when; one pair a language, both in one sentence.
PROMISES = (
    r"\b(?:i|we|you)(?:'ll|’ll| will| shall| promise to| am going to| are going to)\b|\b(?:i|we) promise\b",
    r"\b(?:ich|wir)\b|\b(?:melde|rufe|schicke|sende|schreibe|kümmere)n?\b",
    r"\ble (?:llamo|llamamos|escrib\w+|env\w+|aviso|avisamos|mando|contacto)\b|\bte (?:llamo|escribo|envío|mando)\b|\b(?:llamaré|escribiré|enviaré|avisaré)(?:mos)?\b",
    r"\b(?:je|nous) (?:vous |te |reviens|revenons)[^.!?\n]{0,20}|\bje (?:vous )?(?:appelle|écris|récris|envoie|rappelle)\b",
    r"\b(?:ligo|escrevo|envio|retorno|aviso|entraremos|ligaremos|responderei|enviarei)\b",
    r"(?:बताऊँगा|बताऊंगा|बताएँगे|बताएंगे|बताऊँगी|करूँगा|करूंगा|करूँगी|करेंगे|भेजूँगा|भेजेंगे|दूँगा|देंगे)",
    r"(?:জানাব|জানাবো|করব|করবো|পাঠাব|পাঠাবো|দেব|দেবো)",
    r"(?:ਦੱਸਾਂਗਾ|ਦੱਸਾਂਗੇ|ਦੱਸਾਂਗੀ|ਕਰਾਂਗਾ|ਕਰਾਂਗੇ|ਕਰਾਂਗੀ|ਭੇਜਾਂਗਾ|ਭੇਜਾਂਗੇ)",
    r"(?:ತಿಳಿಸುತ್ತೇ|ಮಾಡುತ್ತೇ|ಕಳುಹಿಸುತ್ತೇ|ಕೊಡುತ್ತೇ)",
    r"\b(?:tatawagan|babalitaan|ipapadala|sasagutin|aayusin|ibabalik|susulatan)\b",
    r"\b(?:bataunga|bataungi|batayenge|karunga|karungi|karenge|bhejunga|bhejenge|dunga|denge)\b",
    r"\b(?:janabo|korbo|pathabo|debo|jogajog korbo)\b",
    r"\b(?:позвоню|напишу|отправлю|сообщу|свяжемся|напишем|перезвоню)\b",
    r"(?:我|我们)(?:会|将)",
)
_DAY = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
TIMES = (
    rf"\b(?:by|before|until|on|no later than)\s+(?:the\s+)?(?:end of (?:the |next |this )?(?:day|week|month)|{_DAY}(?: morning| afternoon| evening)?(?: at the latest)?|tomorrow|noon|\d{{1,2}}(?:st|nd|rd|th)?\b[^.!?\n]{{0,12}})"
    r"|\bwithin (?:the next )?(?:\w+[\s-])(?:working |business )?(?:hours?|days?|weeks?)|\b(?:tomorrow|tonight|later today|next week|this week|first thing in the morning)\b",
    r"\bbis (?:zum |spätestens )?(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|morgen|ende \w+|\d{1,2}\.)|\b(?:nächste woche|morgen|heute noch|am (?:montag|dienstag|mittwoch|donnerstag|freitag))\b|\binnerhalb (?:von )?\w+ \w+",
    r"\bantes del? \w+|\b(?:mañana|la semana que viene|la próxima semana|hoy mismo)\b|\b(?:el|para el) (?:lunes|martes|miércoles|jueves|viernes)(?: a más tardar)?",
    r"\bavant (?:la fin \w+ \w+|\w+)|\b(?:demain|la semaine prochaine|dès \w+|d'ici \w+)\b",
    r"\baté (?:a |o )?(?:próxima )?(?:segunda|terça|quarta|quinta|sexta|amanhã|fim)[\w-]*|\b(?:amanhã|na próxima semana)\b",
    r"(?:सोमवार|मंगलवार|बुधवार|गुरुवार|शुक्रवार|शनिवार|कल|हफ़्ते|हफ्ते|शाम)(?: तक)?",
    r"(?:সোমবার|মঙ্গলবার|বুধবার|বৃহস্পতিবার|শুক্রবার|শনিবার|আগামীকাল|আগামী সপ্তাহে|কাল)(?:ের মধ্যে)?",
    r"(?:ਸੋਮਵਾਰ|ਮੰਗਲਵਾਰ|ਬੁੱਧਵਾਰ|ਵੀਰਵਾਰ|ਸ਼ੁੱਕਰਵਾਰ|ਸ਼ਨੀਵਾਰ|ਕੱਲ੍ਹ|ਹਫ਼ਤੇ)(?: ਤੱਕ)?",
    r"(?:ಸೋಮವಾರ|ಮಂಗಳವಾರ|ಬುಧವಾರ|ಗುರುವಾರ|ಶುಕ್ರವಾರ|ಶನಿವಾರ|ನಾಳೆ|ವಾರ)[\u0c80-\u0cff]*",
    r"\bbago (?:mag-?)?\w+|\b(?:bukas|sa \w+ na linggo|sa (?:lunes|martes|miyerkules|huwebes|biyernes))\b",
    r"\b(?:somvar|mangalvar|budhvar|guruvar|shukravar|shanivar|kal|agle hafte)(?: tak)?\b",
    r"\b(?:sombar|mongolbar|budhbar|brihospotibar|shukrobar|kal|agami\s?kal|agami shoptahe)(?:er moddhe)?\b",
    r"\bдо (?:понедельника|вторника|среды|четверга|пятницы|завтра|конца \w+)|\b(?:завтра|на следующей неделе)\b",
    r"(?:周|星期|礼拜)[一二三四五六日天]?(?:之前|前)|明天|下周|今天内",
)
