"""SégurStack: the French national e-health platform, on one laptop.

`vocab` and `contracts` say what things are called; `wire` turns bytes into values and back; `personas` are the people;
`kernel` runs a service; `platform` runs all of them; `scenario` tells stories with them; `console` shows them; `cli` is
what a person types. A storey uses those below it, never the reverse (see docs/tour.md).
"""

__version__ = "0.1.0"
