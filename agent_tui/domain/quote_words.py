"""What mail programs write around quotes, in the languages they speak. Lower case, for comparison with casefold()."""

from __future__ import annotations


def _roles(words: dict[str, str]) -> dict[str, str]:
    return {word.strip().casefold(): role for role, listed in words.items() for word in listed.split("|")}


# fmt: off
ROLES: dict[str, str] = _roles({
    "sent": (
         "sent|date|sent at|date sent|gesendet|datum|gesendet am|envoyé|envoyé le|date d'envoi|enviado|"
         "enviado el|enviada em|enviado em|fecha|data|inviato|verzonden|verzonden op|sendt|dato|skickat|"
         "wysłano|data wysłania|отправлено|дата|надіслано|gönderilme tarihi|gönderildi|tarih|发送时间|"
         "發送時間|寄件日期|傳送時間|日期|时间|送信日時|日時|보낸 날짜|보낸날짜|날짜|보낸 시간|تاريخ|"
         "التاريخ|تم الإرسال|أرسلت|נשלח|תאריך|วันที่|ส่งเมื่อ|ส่ง|elküldve|dátum|küldve|odesláno|odoslané|"
         "trimis|lähetetty|päiväys|päivämäärä|ngày|đã gửi|dikirim|tanggal|दिनांक|भेजा गया|प्रेषित|তারিখ|"
         "পাঠানো হয়েছে|ਮਿਤੀ|ਭੇਜਿਆ|ದಿನಾಂಕ|petsa|ipinadala|ημερομηνία|στάλθηκε|изпратено|poslano|saatmisaeg|"
         "išsiųsta|nosūtīts"
    ),
    "to": (
         "to|an|à|para|aan|til|till|do|komu|кому|kime|alıcı|收件人|收件者|宛先|받는 사람|받는사람|إلى|אל|"
         "ถึง|vastaanottaja|címzett|către|kepada|đến|tới|प्रति|को|প্রতি|প্রাপক|ਨੂੰ|ಗೆ|para kay|προσ|до|za|"
         "kam|saaja|al|per|pour|destinataire"
    ),
    "subject": (
         "subject|betreff|objet|asunto|oggetto|assunto|onderwerp|emne|ämne|temat|тема|konu|主题|主題|主旨|"
         "件名|제목|الموضوع|נושא|เรื่อง|หัวเรื่อง|aihe|tárgy|předmět|predmet|subiect|subjek|perihal|chủ đề|"
         "tiêu đề|विषय|বিষয়|ਵਿਸ਼ਾ|ವಿಷಯ|paksa|θέμα|относно|zadeva|teema|tema|temats"
    ),
    "cc": (
         "cc|kopie|cópia|copia|kopi|kopia|копия|抄送|副本|参照|참조|bcc|bilgi"
    ),
    "from": (
         "from|von|de|da|van|fra|från|od|от|от кого|від|lähettäjä|kimden|gönderen|发件人|寄件者|寄件人|"
         "差出人|送信者|보낸 사람|보낸사람|من|מאת|จาก|feladó|nadawca|odesílatel|odosielateľ|expéditeur|"
         "remitente|mittente|afzender|avsändare|avsender|afsender|de la|από|dari|pengirim|từ|người gửi|"
         "प्रेषक|से|থেকে|প্রেরক|ਵੱਲੋਂ|ਤੋਂ|ಇಂದ|mula kay|mula sa|saatja|nuo|no|pošiljatelj"
    ),
})

VERBS: tuple[str, ...] = (
    "wrote", "writes", "schrieb", "a écrit", "escribió", "escribio", "ha scritto", "scrive:", "escreveu",
    "schreef", "skrev", "kirjoitti", "napisał", "pisze:", "napsal", "napísal", "написал", "пишет", "писал",
    "написав", "пише", "a scris", "írta", "yazdı", "έγραψε", "đã viết", "menulis", "sumulat", "nagsulat",
    "ay nagsulat", "写道", "寫道", "写到", "書きました", "のメール", "작성", "님이", "เขียน", "लिखा",
    "লিখেছেন", "লিখেছে", "ਲਿਖਿਆ", "ಬರೆದಿದ್ದಾರೆ", "ಬರೆದರು", "எழுதினார்", "వ్రాసారు", "എഴുതി", "લખ્યું",
    "كتب", "כתב", "נכתב", "kirjutas", "rašė", "rakstīja", "je napisao", "je napisal", "написа", "skreiv",
    "skrifaði", "schrijft", "пользователь", "идентификатор", "va escriure", "idatzi", "นับ:",
)

DIVIDERS: frozenset[str] = frozenset({
    "original message", "forwarded message", "original mail", "original e-mail", "original email",
    "reply message", "original appointment", "ursprüngliche nachricht", "originalnachricht",
    "weitergeleitete nachricht", "urspr. nachricht", "original-nachricht", "message d'origine",
    "message original", "message d’origine", "message transféré", "mensaje original", "mensaje reenviado",
    "mensagem original", "mensagem encaminhada", "mensagem reencaminhada", "messaggio originale",
    "messaggio inoltrato", "oorspronkelijk bericht", "doorgestuurd bericht", "origineel bericht",
    "oprindelig meddelelse", "oprindelig besked", "videresendt meddelelse", "opprinnelig melding",
    "videresendt melding", "ursprungligt meddelande", "originalmeddelande", "vidarebefordrat meddelande",
    "alkuperäinen viesti", "välitetty viesti", "wiadomość oryginalna", "oryginalna wiadomość",
    "wiadomość przekazana", "původní zpráva", "přeposlaná zpráva", "pôvodná správa", "исходное сообщение",
    "пересланное сообщение", "пересылаемое сообщение", "оригінальне повідомлення",
    "переслане повідомлення", "orijinal mesaj", "iletilen mesaj", "özgün ileti", "eredeti üzenet",
    "továbbított üzenet", "mesaj original", "mesaj redirecționat", "αρχικό μήνυμα", "προωθημένο μήνυμα",
    "原始邮件", "转发邮件信息", "转发的邮件", "原始郵件", "轉寄郵件", "元のメッセージ", "転送メッセージ",
    "원본 메시지", "원본 메일", "전달된 메시지", "الرسالة الأصلية", "رسالة معاد توجيهها", "הודעה מקורית",
    "הודעה שהועברה", "tin nhắn gốc", "thư gốc", "pesan asli", "pesan terusan", "orihinal na mensahe",
    "मूल संदेश", "मूल मैसेज", "अग्रेषित संदेश", "মূল বার্তা", "ফরওয়ার্ড করা বার্তা", "ਮੂਲ ਸੁਨੇਹਾ",
    "ಮೂಲ ಸಂದೇಶ", "ข้อความต้นฉบับ", "begin forwarded message", "start of forwarded message",
    "anfang der weitergeleiteten nachricht", "début du message transféré", "début du message réexpédié",
    "inicio del mensaje reenviado", "início da mensagem reencaminhada", "inizio messaggio inoltrato",
    "begin doorgestuurd bericht", "vidarebefordrat brev", "начало переадресованного сообщения",
    "转发的消息", "開始轉寄郵件", "here is the original message", "reply to message", "original post",
})

SENT_FROM: tuple[str, ...] = (
    "sent from my ", "sent from mail for", "sent from outlook", "sent from yahoo", "sent from proton",
    "sent from samsung", "sent via ", "sent with proton", "sent with aqua", "get outlook for",
    "sent using ", "sent by my ", "von meinem ", "gesendet von ", "gesendet mit ",
    "diese nachricht wurde von meinem", "von mobil gesendet", "envoyé de mon", "envoyé depuis",
    "envoyé à partir de", "envoyé avec", "obtenir outlook", "enviado desde", "enviado do meu",
    "enviado de mi", "enviado a partir", "obtener outlook", "obter o outlook", "inviato da", "inviato dal",
    "ottieni outlook", "verzonden vanaf", "verstuurd vanaf", "verzonden met", "download outlook",
    "sendt fra min", "sendt fra", "skickat från", "skickades från", "lähetetty ", "wysłane z", "wysłano z",
    "odesláno z", "odoslané z", "отправлено с", "отправлено из", "надіслано з", "iphone'umdan",
    "iphone'dan gönderildi", "trimis de pe", "elküldve az", "στάλθηκε από", "发自我的", "從我的",
    "iphoneから送信", "android から送信", "나의 iphone", "내 iphone", "أرسلت من", "مرسل من", "נשלח מה",
    "gửi từ", "dikirim dari", "ipinadala mula", "मेरे iphone", "আমার iphone থেকে", "ਮੇਰੇ iphone",
    "ನನ್ನ iphone", "ส่งจาก",
)
# fmt: on
