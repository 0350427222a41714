"""Words and letters that languages are told apart by: the small words every sentence needs, and those of support mail.

A language that is not here is not recognised, never taken for another with confidence: its words score nothing.
"""

# ruff: noqa: E501 - tables and expressions, each on its own line

from __future__ import annotations

# The commonest function words, and words customers and agents write; folded, accents kept.
WORDS = {
    "en": """the of and to in is you that it he was for on are as with his they i at be this have from or had by not but
        what all were we when your can said there an which she do how their if will up other about out many then them these
        so some her would make him into has look more go see no way could my than been who its now did get may our me us
        i'm it's don't doesn't didn't can't won't isn't i've we've you're that's any after before please thank thanks
        hello hi dear order sorry where why does still yet just also only because should here again back am too very
        need want help sent received arrive arrived today tomorrow yesterday works working tried try money card both
        since got let know was left us over until""",
    "de": """der die das und ist in zu den mit nicht von sie ich es ein eine einen einem einer eines auf für an dem des im auch als wie
        wir war sich hat haben werden wird sind bei aus nach um noch nur oder aber wenn kann man mir mich ihr ihre ihren
        ihrem ihrer ihnen uns unser mein meine meinem meinen meiner sein bin bis durch über vor zum zur dann doch schon
        mehr sehr sollte soll kommen kommt bitte danke hallo guten tag morgen heute gestern bestellung paket rechnung konto wurde worden können
        müssen möchte habe hatte kein keine keinen warum wo wann was wer leider gerne grüße freundlichen liebe lieber
        sehr geehrte geehrter herr frau vielen dank geht funktioniert erhalten bekommen geld zurück immer weil dass ob
        läuft jetzt hier""",
    "es": """el la de que y en un una los las del se por con para no es su al lo como más o pero sus le ya este sí porque esta
        entre cuando muy sin sobre también me hasta hay donde quien desde todo nos durante todos uno les ni contra otros
        ese eso ante ellos e esto mí antes algunos qué unos yo otro otras otra él tanto esa estos mucho quienes nada cual
        fue ha han he hemos está están estoy era son soy ser tiene tengo puede puedo hola gracias buenos días tardes
        pedido paquete factura cuenta dinero ayuda usted ustedes mi hoy mañana ayer llegó llegar envío enviar saludo
        saludos favor cómo dónde cuándo estimado estimada todavía aún""",
    "fr": """le la les de des du un une et est en que qui dans pour pas sur au aux avec ce cette ces se son sa ses il elle nous
        vous je ne plus par ou mais si leur y tout bien été être fait comme ont sont a à même lui où mon ma mes votre vos
        notre nos c'est j'ai n'est d'un d'une qu'il l'on merci bonjour bonsoir commande colis facture compte argent
        s'il plaît aide quand pourquoi comment encore toujours aussi très peut peux suis avez avons était ai reçu envoyé
        aujourd'hui demain hier cordialement madame monsieur depuis sans jusqu'au deux ça rien chez""",
    "pt": """o a os as de da do das dos que e em um uma para com não por mais se como mas foi ao ele ela tem à seu sua ou ser
        quando muito há nos já está eu também só pelo pela até isso entre era depois sem mesmo aos ter seus quem nas me
        esse eles estão você vocês tinha foram essa num nem suas meu minha às numa pelos elas havia seja qual será nós
        tenho lhe deles este fosse dele olá obrigado obrigada bom dia boa tarde pedido encomenda fatura conta dinheiro
        ajuda hoje amanhã ontem chegou recebi enviar onde porque ainda posso pode gostaria segunda""",
    "it": """il lo la i gli le di da in con su per tra fra un uno una che non è e ma se come più anche o sono ho ha abbiamo hanno
        del della dei delle dello degli al alla ai alle dal dalla nel nella sul sulla questo questa questi mi ti ci vi si
        mio mia suo sua loro quando dove perché cosa chi molto già ancora grazie ciao buongiorno buonasera ordine pacco
        fattura conto soldi aiuto oggi domani ieri arrivato ricevuto gentile cordiali saluti prego posso può vorrei
        stato stata essere fatto tutto sempre solo""",
    "nl": """de het een en van in is dat op te zijn voor met niet die aan er om ook als bij maar uit door naar ik je u we wij
        hij zij ze mijn uw jouw onze ons hun was heb heeft hebben worden wordt kan kunnen moet zal zou nog wel geen meer
        dan deze dit wat waar wanneer waarom hoe hallo beste geachte bedankt dank vriendelijke groeten bestelling pakket
        factuur rekening geld hulp vandaag morgen gisteren ontvangen graag nu al over tot weer iets alles veel""",
    "tl": """ang ng sa na mga at ay ko po ako mo ka ito niya siya kung hindi para kayo ninyo namin natin amin atin inyo inyong
        aming ating nila sila kami tayo may mayroon wala pa lang din rin ba nga naman yung iyong aking ni si kay nasa
        isang kanyang ano saan kailan bakit paano sino dahil pero kapag upang nang noong ngayon bukas kahapon dito doon
        iyan iyon salamat maraming magandang araw umaga hapon gabi opo oo huwag wag gusto kailangan pwede puwede lahat
        bago tapos kasi daw raw talaga kaya hanggang mula bilang ibang iba bawat maging naging isa dalawa tatlo ho""",
    "pl": """i w na z do się nie jest to że jak ale o co po za od czy tak już dla przez by był była było są mnie mam masz ma
        mój moja moje twój pan pani państwo proszę dziękuję dzień dobry witam zamówienie paczka faktura konto pieniądze
        pomoc dziś dzisiaj jutro wczoraj gdzie kiedy dlaczego jeszcze tylko bardzo może można ten ta te tego tym który
        która które oraz lub ponieważ został została""",
    "sv": """och att det som en på är av för med den till i jag inte har ett om var så de men från vi kan när hade nu ska
        skulle eller min mitt mina din ditt er ert hur vad varför tack hej paket beställning faktura konto pengar hjälp idag
        imorgon igår också mycket bara efter utan där här blir blev någon inga""",
    "da": """og at det som en på er af for med den til i jeg ikke har et om var så de men fra vi kan når havde nu skal skulle
        eller min mit mine din dit hvordan hvad hvorfor tak hej pakke bestilling faktura konto penge hjælp dag morgen går også
        meget kun efter uden hvor her bliver blev nogen ingen hvis""",
    "tr": """ve bir bu da de için ile çok ne ben sen biz siz o ama var yok mi mı mu mü değil gibi daha kadar sonra önce şimdi
        nasıl neden nerede zaman merhaba teşekkür ederim lütfen sipariş siparişim kargo fatura hesap para yardım bugün
        yarın dün olarak olan oldu her şey hiç benim sizin""",
    "vi": """và là của có không cho được trong với một các người này khi đã để những từ tôi bạn anh chị em đến về như nhưng
        cũng thì rất nào gì sao ở đâu bao giờ xin chào cảm ơn đơn hàng tiền tài khoản hóa đơn giúp hôm nay mai qua chưa
        lại ra vào""",
    "id": """yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena tersebut bisa ada mereka lebih
        kata tahun sudah atau saat oleh menjadi orang kami kita anda apa kapan mengapa bagaimana mana terima kasih halo
        selamat pagi siang pesanan paket faktur akun uang bantuan hari besok kemarin belum sangat tolong mohon""",
    "hi-latn": """hai hain ka ki ke ko mein main se aur nahi nahin kya kyun kab kahan kaise yeh ye woh wo mera meri mere
        aap aapka aapki aapke aapko apna apni apne hum humein humara hamara hamare mujhe tum tumhara hoon ho tha thi
        raha rahi rahe gaya gayi gaye kar karo karke karna karein karun diya diye dijiye kijiye lijiye liye liya wala
        wali wale bhi abhi tak kal aaj subah shaam hafte mahine paise paisa chahiye sakta sakte sakti kripya
        dhanyavaad dhanyawad shukriya namaste ji haan theek thik accha kuch koi sab bahut jaldi phir fir lekin magar agar
        toh bhai milega milenge mila mili aaya aayi hua hui jayega jayegi jaye hogi hoga wapas saath baad pehle jab
        tarah bataye bataiye batao khatam""",
    "bn-latn": """ami amar amake amader apni apnar apnake apnader tumi tomar se tar ora oder ki keno kobe kothay kemon kivabe
        kibhabe ache achhe achi nei na hoyeche hoyechilo hobe hoy hocche korechi korechen korte korbo korben koren kori
        kore korun diyechi diyechen dite deben din dilam diyeche pabo peyechi pai asheni asheche ashbe ashar giyeche gele
        geche jabe jete ekhon ekhono aj kal gotokal kalke shokal shokale bikal shondha taka dhonnobad dhonyobad
        nomoshkar shubhechha er ta ti theke jonno shathe sathe moddhe kintu ebong ar abar age pore khub onek shob kichu
        keu jodi tahole bolte bolun janabo jani parchi parbo parben chai lagbe ei oi eta ota kaj hocche""",
    "ru": """и в не на я что он с как это по но они мы вы к у из за для от так же все она то о бы только уже если мне меня вас
        вам ваш ваша ваше мой моя моё мои был была было были есть нет да или когда где почему как здравствуйте спасибо
        добрый день пожалуйста заказ посылка счёт счет деньги сегодня завтра вчера ещё еще очень можно может который
        нам наш этот эта до при чтобы""",
    "uk": """і в не на я що він з як це по але вони ми ви до у із за для від так же всі вона те бо лише вже якщо мені мене вас
        вам ваш ваша ваше мій моя моє був була було були є немає або коли де чому вітаю дякую дякуємо добрий день
        будь ласка замовлення посилка рахунок гроші сьогодні завтра вчора ще дуже можна може який нам та воно""",
    "bg": """и в не на аз че той с как това по но те ние вие за от така все тя да само вече ако ми ме ви ваш моя моят беше
        бяха са е или кога къде защо здравейте благодаря добър ден моля поръчка пратка фактура пари днес утре вчера още
        много може който ни ще съм сме си до при се""",
    "hi": """है हैं का की के को में से पर और नहीं क्या क्यों कब कहाँ कैसे यह ये वह वो मेरा मेरी मेरे आप आपका आपकी आपके आपको
        हम हमारे मुझे मैं था थी थे रहा रही रहे गया गई गए कर करें दिया दीजिए लिए लिया भी अभी तक तो ने एक हो""",
    "mr": """आहे आहेत आणि चा ची चे च्या ला मध्ये मी तुम्ही आपण आम्ही माझा माझी माझे तुमचा तुमची तुमचे नाही काय का कधी कुठे कसे हे
        ही हा ते ती तो होते होती होता झाले झाली केले केली करा साठी पण आता""",
    "ne": """छ छन् को मा लाई र हो हुन्छ म तपाईं तपाईंको हामी मेरो हाम्रो छैन के किन कहिले कहाँ कसरी यो त्यो थियो भएको गर्न गर्नुहोस्
        पनि अहिले लागि""",
    "ar": """في من على إلى عن هذا هذه التي الذي أن ما لا لم هل هو هي كان قد مع أنا نحن أنت كيف متى أين لماذا شكرا مرحبا طلب لي""",
    "fa": """در از به با که این آن را است و برای من شما ما هم می نمی چه چرا کجا چگونه سلام ممنون سفارش شده کرده نیست های یک تا""",
    "ur": """ہے ہیں کا کی کے کو میں سے پر اور نہیں کیا کیوں کب کہاں یہ وہ میرا میری آپ آپ کا ہم تھا تھی گیا کر شکریہ ابھی تک نے""",
}  # fmt: skip

# Letters that only some languages of a script write: (letters, languages, weight of one).
LETTERS = (
    ("ß", ("de",), 3.0), ("äöü", ("de", "sv", "tr"), 0.7), ("ñ¿¡", ("es",), 3.0), ("ñ", ("tl",), 1.0), ("ãõ", ("pt", "vi"), 2.0),
    ("ç", ("fr", "pt", "tr"), 1.2), ("êèâîôûœë", ("fr", "pt", "vi"), 0.6), ("œ", ("fr",), 2.0), ("ł", ("pl",), 3.0), ("ąęśźżćń", ("pl",), 2.0),
    ("åä", ("sv",), 1.0), ("øæ", ("da",), 2.5), ("å", ("da", "sv"), 1.0), ("ışğ", ("tr",), 3.0), ("ơưđăạảấầẩậắằặẹẻẽếềểệỉịọỏốồổộớờởợụủứừửựỳỵỷỹ", ("vi",), 3.0),
    ("ìò", ("it",), 1.5), ("à", ("fr", "it", "pt"), 0.8), ("é", ("fr", "es", "pt", "it"), 0.4), ("íóú", ("es", "pt"), 0.6), ("á", ("es", "pt"), 0.6),
    ("ыэъё", ("ru",), 1.5), ("іїєґ", ("uk",), 3.0), ("ъ", ("bg",), 1.0), ("ळ", ("mr",), 2.0), ("ی‌ک", ("fa", "ur"), 0.5), ("ٹڈڑےھں", ("ur",), 3.0),
    ("پچژگ", ("fa", "ur"), 0.7), ("ةىأإ", ("ar",), 2.0),
)  # fmt: skip

# Word ends (a language's own way of making words), looked at in words of six letters and more.
ENDINGS = {
    "de": ("ungen", "ung", "keit", "lich", "isch", "schaft", "gen", "ten"), "es": ("ción", "ciones", "mente", "idad", "ando", "iendo", "aron", "ados"),
    "fr": ("tion", "ement", "eaux", "aient", "ité", "eur", "euse", "ère"), "pt": ("ção", "ções", "mente", "dade", "ando", "endo", "aram"),
    "it": ("zione", "mente", "ità", "ando", "endo", "ato", "ata", "etto"), "en": ("tion", "ing", "ness", "able", "ment", "ould", "ight", "ally"),
    "nl": ("heid", "lijk", "ingen", "tie", "eren", "aar"), "tl": ("ngan", "hang", "yang", "han", "nin"), "pl": ("ować", "ości", "anie", "ego", "ych", "ami"),
    "sv": ("ningen", "arna", "erna", "lig", "het"), "tr": ("lar", "ler", "iyor", "dır", "dir", "mak", "mek", "siniz"), "id": ("kan", "nya", "lah"),
}  # fmt: skip

# Scripts that one language known here is written in.
ONE_LANGUAGE = {
    "BENGALI": "bn", "GURMUKHI": "pa", "KANNADA": "kn", "TAMIL": "ta", "TELUGU": "te", "MALAYALAM": "ml", "GUJARATI": "gu", "ORIYA": "or",
    "SINHALA": "si", "THAI": "th", "LAO": "lo", "KHMER": "km", "MYANMAR": "my", "HANGUL": "ko", "KANA": "ja", "CJK": "zh", "GREEK": "el",
    "HEBREW": "he", "ARMENIAN": "hy", "GEORGIAN": "ka", "ETHIOPIC": "am",
}  # fmt: skip
OF_SCRIPT = {
    "LATIN": ("en", "de", "es", "fr", "pt", "it", "nl", "tl", "pl", "sv", "da", "tr", "vi", "id", "hi-latn", "bn-latn"),
    "CYRILLIC": ("ru", "uk", "bg"), "DEVANAGARI": ("hi", "mr", "ne"), "ARABIC": ("ar", "fa", "ur"),
}  # fmt: skip
COMMONEST = {"CYRILLIC": "ru", "DEVANAGARI": "hi", "ARABIC": "ar"}

NAMES = {
    "en": "English", "de": "German", "es": "Spanish", "fr": "French", "pt": "Portuguese", "it": "Italian", "nl": "Dutch",
    "tl": "Filipino", "pl": "Polish", "sv": "Swedish", "da": "Danish", "tr": "Turkish", "vi": "Vietnamese", "id": "Indonesian",
    "hi-latn": "Hindi in Latin letters", "bn-latn": "Bengali in Latin letters", "ru": "Russian", "uk": "Ukrainian", "bg": "Bulgarian",
    "hi": "Hindi", "mr": "Marathi", "ne": "Nepali", "ar": "Arabic", "fa": "Persian", "ur": "Urdu", "bn": "Bengali", "pa": "Punjabi",
    "kn": "Kannada", "ta": "Tamil", "te": "Telugu", "ml": "Malayalam", "gu": "Gujarati", "or": "Odia", "si": "Sinhala", "th": "Thai",
    "lo": "Lao", "km": "Khmer", "my": "Burmese", "ko": "Korean", "ja": "Japanese", "zh": "Chinese", "el": "Greek", "he": "Hebrew",
    "hy": "Armenian", "ka": "Georgian", "am": "Amharic",
}  # fmt: skip
