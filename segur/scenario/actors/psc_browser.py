"""A professional's browser in front of Pro Santé Connect: pages read, buttons pressed, cookies kept [PSC 1.5]."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

_UNREAD = ("style", "script")


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes, its hidden fields, its buttons as (name, value)."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """The forms and the words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._unread = False
        self.feed(text)

    @property
    def text(self) -> str:
        """What a reader sees, in one line."""
        return " ".join(" ".join(self.words).split())

    def handle_data(self, data: str) -> None:
        """Collect what is shown: not styles nor scripts."""
        if not self._unread:
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Read on after a style or a script."""
        if tag in _UNREAD:
            self._unread = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect."""
        values = {name: value or "" for name, value in attrs}
        self._unread = self._unread or tag in _UNREAD
        if tag == "form":
            self.forms.append(Form(values.get("action", "")))
        elif self.forms and tag == "input" and values.get("type") == "hidden":
            self.forms[-1].fields[values["name"]] = values.get("value", "")
        elif self.forms and tag == "button":
            self.forms[-1].buttons.append((values.get("name", ""), values.get("value", "")))

    def with_button(self, name: str, ending: str = "") -> tuple[Form, dict[str, str]] | None:
        """The form, and the fields it sends when the button of that name and value's ending is pressed."""
        for form in self.forms:
            for button, value in form.buttons:
                if button == name and value.endswith(ending):
                    return form, {**form.fields, button: value}
        return None


class NoSuchButton(LookupError):
    """The page has no such button; the text says which and what the page is."""


@dataclass(slots=True)
class Browser:
    """One browser; its cookies are those of `http`, which nobody else uses."""

    http: httpx.AsyncClient

    async def open(self, url: str, params: dict[str, str] | None = None) -> httpx.Response:
        """Follow a link."""
        return await self.http.get(url, params=params)

    async def press(self, page: httpx.Response, name: str, ending: str = "", **typed: str) -> httpx.Response:
        """Press the first button of that name whose value ends so, with what was typed; raise `NoSuchButton`."""
        found = Page(page.text).with_button(name, ending)
        if found is None:
            raise NoSuchButton(f"no button {name}={ending} on {page.url.path} ({page.status_code}) {page.text[:200]}")
        form, fields = found
        return await self.http.post(urljoin(str(page.url), form.action), data={**fields, **typed})

    async def choose(self, page: httpx.Response, id_nat: str, means: str = "") -> httpx.Response:
        """Sign in on the login page as this professional, by `means` (CARD, MOBILE, empty for the first there is)."""
        ending = f"{means} {id_nat}"
        if Page(page.text).with_button("choice", ending) is None:
            form = next(form for form in Page(page.text).forms if form.fields)
            fields = {**form.fields, "search": id_nat}
            page = await self.http.post(urljoin(str(page.url), form.action), data=fields)
        return await self.press(page, "choice", ending)


def returned(answer: httpx.Response) -> dict[str, str]:
    """What an answer's redirect hands to the service, from its query or its fragment; empty when it is no redirect."""
    location = urlsplit(answer.headers.get("location", ""))
    told: dict[str, Any] = parse_qs(location.query or location.fragment)
    return {name: str(values[0]) for name, values in told.items()}
