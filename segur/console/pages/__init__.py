"""The console's pages: plain HTML without scripts, French first, English on request (`?lang=en`)."""

from segur.console.pages.routes import Pages

__all__ = ["Pages"]
