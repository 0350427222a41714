"""When to be reminded of a promise: the words that say until when, as an instant a little before it. Pure."""

# ruff: noqa: E501 - tables of words, each row on its own line

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from agent_tui.domain.dates import parse_when
from agent_tui.domain.words import folded

_WEEKDAYS = (
    "monday montag lunes lundi segunda सोमवार সোমবার ਸੋਮਵਾਰ ಸೋಮವಾರ somvar sombar понедельник 周一 星期一 礼拜一",
    "tuesday dienstag martes mardi terça मंगलवार মঙ্গলবার ਮੰਗਲਵਾਰ ಮಂಗಳವಾರ mangalvar mongolbar вторник 周二 星期二 礼拜二",
    "wednesday mittwoch miércoles miyerkules mercredi quarta बुधवार বুধবার ਬੁੱਧਵਾਰ ಬುಧವಾರ budhvar budhbar сред 周三 星期三 礼拜三",
    "thursday donnerstag jueves huwebes jeudi quinta गुरुवार বৃহস্পতিবার ਵੀਰਵਾਰ ಗುರುವಾರ guruvar brihospotibar четверг 周四 星期四 礼拜四",
    "friday freitag viernes biyernes vendredi sexta शुक्रवार শুক্রবার ਸ਼ੁੱਕਰਵਾਰ ಶುಕ್ರವಾರ shukravar shukrobar пятниц 周五 星期五 礼拜五",
    "saturday samstag sábado sabado samedi शनिवार শনিবার ਸ਼ਨੀਵਾਰ ಶನಿವಾರ shanivar суббот 周六 星期六 礼拜六",
    "sunday sonntag domingo linggo dimanche रविवार রবিবার ਐਤਵਾਰ ಭಾನುವಾರ ravivar robibar воскресень 周日 星期日 周天 星期天",
)
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TOMORROW = re.compile(r"tomorrow|\bmorgen\b|mañana|demain|amanhã|bukas|завтра|明天|আগামীকাল|agami ?kal|ನಾಳೆ|first thing in the morning")
_NEXT_WEEK = re.compile(r"next week|nächste woche|semana que viene|próxima semana|semaine prochaine|следующей неделе|下周|আগামী সপ্তাহে|agle hafte|agami shoptahe|sa susunod na linggo")
_TODAY = re.compile(r"later today|tonight|heute noch|hoy mismo|今天内|end of (?:the |this )?day")
_END_OF_WEEK = re.compile(r"end of (?:the |this )?week|ende der woche")
_NUMBERS = {word: number for number, words in enumerate((
    "a an one ein eine einem einer", "two zwei", "three drei", "four vier", "five fünf", "six sechs", "seven sieben", "eight acht", "nine neun", "ten zehn",
), 1) for word in words.split()}  # fmt: skip
_SPAN = re.compile(r"(\d{1,3}|[^\W\d_]+)[\s-]+((?:working|business) )?(hour|day|week|stunde|tag|woche|werktag|arbeitstag)")


def reminder(words: str, now: int, timezone: str) -> int | None:
    """When to look at it again; None where the words don't say.

    Nine in the morning of the day that was named; of hours, when three quarters have passed; of today, in two hours.

    Args:
        words: as the guard ``promise`` found them, for example ``by Friday`` or ``within two days``.
        now: milliseconds; timezone: where days begin.
    """
    text = " ".join(folded(words).split())
    if _TODAY.search(text):
        return now + 2 * 3_600_000
    if (span := _SPAN.search(text)) is not None:
        number = int(span[1]) if span[1].isdecimal() else _NUMBERS.get(span[1], 0)
        if number:
            return _after(number, span[3], bool(span[2]) or span[3] in {"werktag", "arbeitstag"}, now, timezone)
    if _NEXT_WEEK.search(text):
        return parse_when("next week", now, timezone)
    for name, spellings in zip(_NAMES, _WEEKDAYS, strict=True):
        if any(one in text for one in map(folded, spellings.split())):
            return parse_when(name, now, timezone)
    if _END_OF_WEEK.search(text):
        return parse_when("friday", now, timezone)
    return parse_when("tomorrow", now, timezone) if _TOMORROW.search(text) else None


def _after(number: int, unit: str, working: bool, now: int, timezone: str) -> int:
    if unit in {"hour", "stunde"}:
        return now + number * 45 * 60_000
    here = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(timezone))
    day, left = here.date(), number * 7 if unit in {"week", "woche"} else number
    while left:
        day += timedelta(days=1)
        left -= not (working and day.weekday() >= 5)
    return parse_when(f"{day.isoformat()} 9:00", now, timezone)
