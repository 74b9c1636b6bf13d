"""What codes are called: divisions, organs, items, and the words of enumerations, in both
languages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cachetools import TTLCache

from services.gateway.visitor import AskRaw
from shared.context import Headers, new_id
from shared.contracts.base import Ask
from shared.contracts.digital_government import ItemByCode, OneThingsOffered
from shared.contracts.identity_data import DivisionsBelow, OrganById
from shared.tables import rows

PROVINCE: Final = "33"
SECONDS: Final = 600.0
"""For so long a name is remembered. Names change with mergers of divisions and seldom else."""

Name = tuple[str, str]
"""Chinese and English; the Chinese twice where there is no English."""

WORDS: Final[dict[str, Name]] = {
    code: (zh, en) for code, zh, en in rows(Path(__file__).parent / "words.tsv")
}
"""What the values and fields of contracts are called that have no label of their own."""


def word(code: str) -> Name:
    """The words for a value or a field of a contract; the code itself where there are none."""
    plain = code.replace("_", " ")
    return WORDS.get(code, (plain, plain))


class Names:
    """Asks for names once and remembers them; none of them is anybody's secret."""

    def __init__(self, ask_raw: AskRaw) -> None:
        self._ask_raw = ask_raw
        self._known: TTLCache[str, Name] = TTLCache(20_000, SECONDS)
        self._below: TTLCache[str, tuple[dict[str, Any], ...]] = TTLCache(2_000, SECONDS)

    def _ask(self, message: Ask[Any]) -> dict[str, Any] | None:
        answer = self._ask_raw(
            message.SERVICE, message.NAME, message.dump(), Headers(requestid=new_id())
        )
        # A page that shows a code where a name belongs is better than none.
        return answer.get("reply")

    def divisions_below(self, code: str) -> tuple[dict[str, Any], ...]:
        """The divisions directly below one, by code."""
        if code not in self._below:
            reply = self._ask(DivisionsBelow(code=code)) or {"divisions": ()}
            for one in reply["divisions"]:
                self._known[f"division {one['code']}"] = _both(one)
            self._below[code] = tuple(one for one in reply["divisions"] if one["code"] != code)
        return self._below[code]

    def division(self, code: str) -> Name:
        """What a division is called."""
        key = f"division {code}"
        if key not in self._known:
            self.divisions_below(code)
        return self._known.get(key, (code, code))

    def organ(self, organ: str) -> Name:
        """What an organ is called."""
        key = f"organ {organ}"
        if key not in self._known:
            reply = self._ask(OrganById(organ_id=organ))
            if reply is None:
                return organ, organ
            self._known[key] = _both(reply)
        return self._known[key]

    def item(self, code: str) -> Name:
        """What a service item or a one-thing is called."""
        key = f"item {code}"
        if key not in self._known:
            things = self._ask(OneThingsOffered()) or {"things": ()}
            for one in things["things"]:
                self._known[f"item {one['code']}"] = (one["name"], one["name_en"])
        if key not in self._known:
            reply = self._ask(ItemByCode(code=code))
            if reply is None:
                return code, code
            definition = reply["definition"]
            self._known[key] = (definition["name"], definition["name_en"])
        return self._known[key]

    def counties(self) -> list[tuple[Name, list[tuple[str, Name]]]]:
        """The counties by city, for whoever chooses a place."""
        found = []
        for city in self.divisions_below(PROVINCE):
            counties = self.divisions_below(city["code"])
            found.append((_both(city), [(one["code"], _both(one)) for one in counties]))
        return found


def _both(named: Mapping[str, Any]) -> Name:
    return named["name"], named["name_en"] or named["name"]
