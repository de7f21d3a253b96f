"""Hours of the day in which a resynchronisation waits: `08:00-19:00, 22:30-01:00` [DB/SO.28]."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

_PAUSE = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_DAYS_TRIED = 2

Pauses = tuple[tuple[time, time], ...]


def read_pauses(text: str) -> Pauses:
    """The pauses of a setting, none for an empty one; raise `ValueError` naming what is no pause."""
    pauses = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        found = _PAUSE.fullmatch(part)
        if found is None:
            raise ValueError(f"{part!r}: a pause is HH:MM-HH:MM, several are separated by commas")
        first, last = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
        if first == last:
            raise ValueError(f"{part!r}: a pause begins and ends at two hours")
        pauses.append((first, last))
    return tuple(pauses)


def resumes_at(pauses: Pauses, now: datetime) -> datetime:
    """`now` outside of every pause, else the end of the pause it is in, of the next one too when they touch.

    Raise `ValueError` when the pauses leave no time at all.
    """
    moment, limit = now, now + timedelta(days=_DAYS_TRIED)
    while (pause := next((one for one in pauses if _holds(one, moment.time())), None)) is not None:
        end = moment.replace(hour=pause[1].hour, minute=pause[1].minute, second=0, microsecond=0)
        moment = end if end > moment else end + timedelta(days=1)
        if moment > limit:
            raise ValueError("the pauses cover the whole day: a resynchronisation would never begin")
    return moment


def _holds(pause: tuple[time, time], at: time) -> bool:
    first, last = pause
    return first <= at < last if first < last else at >= first or at < last
