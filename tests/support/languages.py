"""Short sentences in several languages and scripts, written for the tests: of shops, food, travel and the weather."""

from __future__ import annotations

ENGLISH = (
    "The tea in this shop is always warm and sweet.", "My sister bought a red umbrella yesterday.",
    "The train was late, so we walked home.", "This film was far too long for me.",
    "Please bring two loaves of bread and some butter.", "The children are playing near the river.",
    "Our room was clean, but the food was cold.", "It will rain in the evening, says the radio.",
    "The new phone is light and its battery lasts long.", "He waited an hour for the bus to the market.",
)  # fmt: skip
HINDI = (
    "इस दुकान की चाय हमेशा गरम और मीठी होती है।", "मेरी बहन ने कल एक लाल छाता खरीदा।",
    "रेलगाड़ी देर से आई, इसलिए हम पैदल घर गए।", "यह फ़िल्म मुझे बहुत लंबी और उबाऊ लगी।",
    "कृपया दो रोटियाँ और थोड़ा मक्खन ले आना।", "बच्चे नदी के किनारे खेल रहे हैं।",
    "हमारा कमरा साफ़ था, लेकिन खाना ठंडा था।", "रेडियो कहता है कि शाम को बारिश होगी।",
    "नया फ़ोन हल्का है और उसकी बैटरी देर तक चलती है।", "उसने बाज़ार जाने वाली बस का एक घंटा इंतज़ार किया।",
)  # fmt: skip
MARATHI = (
    "या दुकानातला चहा नेहमी गरम आणि गोड असतो.", "माझ्या बहिणीने काल एक लाल छत्री विकत घेतली.",
    "गाडी उशिरा आली म्हणून आम्ही चालत घरी गेलो.", "हा चित्रपट मला खूप लांबलेला आणि कंटाळवाणा वाटला.",
    "कृपया दोन भाकरी आणि थोडे लोणी घेऊन ये.", "मुले नदीच्या काठावर खेळत आहेत.",
    "आमची खोली स्वच्छ होती, पण जेवण थंड होते.", "संध्याकाळी पाऊस पडेल असे रेडिओवर सांगतात.",
    "नवा फोन हलका आहे आणि त्याची बॅटरी खूप वेळ टिकते.", "बाजारात जाणाऱ्या बसची त्याने तासभर वाट पाहिली.",
)  # fmt: skip
MIXED = (
    "इस shop की चाय बहुत tasty है, I liked it.", "Yesterday मेरी बहन ने red umbrella खरीदा।",
    "Train फिर से late थी, so हम पैदल गए।", "यह movie मुझे बहुत boring लगी, sorry.",
    "Please दो रोटियाँ and थोड़ा butter ले आना।", "बच्चे river के किनारे football खेल रहे हैं।",
    "Room साफ़ था but खाना totally ठंडा था।", "Weather app कहता है शाम को बारिश होगी।",
    "नया phone light है और battery देर तक चलती है।", "उसने market वाली bus का one hour इंतज़ार किया।",
)  # fmt: skip
ROMANISED = (
    "Is dukaan ki chai hamesha garam aur meethi hoti hai.", "Meri behen ne kal ek laal chhaata khareeda.",
    "Gaadi der se aayi, isliye hum paidal ghar gaye.", "Yeh film mujhe bahut lambi aur ubaau lagi.",
    "Kripya do rotiyaan aur thoda makkhan le aana.", "Bachche nadi ke kinaare khel rahe hain.",
    "Hamara kamra saaf tha, lekin khaana thanda tha.", "Radio kehta hai ki shaam ko baarish hogi.",
    "Naya phone halka hai aur uski battery der tak chalti hai.",
    "Usne bazaar jaane wali bus ka ek ghanta intezaar kiya.",
)  # fmt: skip
GERMAN = (
    "Der Tee in diesem Laden ist immer warm und süß.", "Meine Schwester hat gestern einen roten Schirm gekauft.",
    "Der Zug kam zu spät, also gingen wir zu Fuß nach Hause.", "Dieser Film war mir viel zu lang.",
    "Bring bitte zwei Brote und etwas Butter mit.", "Die Kinder spielen in der Nähe des Flusses.",
    "Unser Zimmer war sauber, aber das Essen war kalt.", "Am Abend wird es regnen, sagt das Radio.",
    "Das neue Telefon ist leicht und der Akku hält lange.", "Er wartete eine Stunde auf den Bus zum Markt.",
)  # fmt: skip
RUSSIAN = (
    "Чай в этом магазине всегда тёплый и сладкий.", "Моя сестра вчера купила красный зонт.",
    "Поезд опоздал, и мы пошли домой пешком.", "Этот фильм показался мне слишком длинным.",
    "Принеси, пожалуйста, две буханки хлеба и немного масла.", "Дети играют возле реки.",
    "Наша комната была чистой, но еда была холодной.", "Вечером будет дождь, говорит радио.",
    "Новый телефон лёгкий, и батарея держится долго.", "Он час ждал автобуса до рынка.",
)  # fmt: skip
CHINESE = (
    "这家店的茶总是又热又甜。", "我妹妹昨天买了一把红伞。", "火车晚点了，所以我们走路回家。",
    "这部电影对我来说太长了。", "请带两个面包和一些黄油来。", "孩子们在河边玩。",
    "我们的房间很干净，但是饭菜是凉的。", "广播里说晚上会下雨。",
    "新手机很轻，电池也很耐用。", "他等了一个小时去市场的公共汽车。",
)  # fmt: skip
LANGUAGES = {
    "en": ENGLISH, "de": GERMAN, "hi-Latn": ROMANISED, "hi": HINDI, "mr": MARATHI, "mul (hi, en)": MIXED,
    "ru": RUSSIAN, "zh": CHINESE,
}  # fmt: skip
"""By tag, as cards say it."""
