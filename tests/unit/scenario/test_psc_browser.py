"""What a simulated browser reads of a page."""

from __future__ import annotations

from segur.scenario.actors.psc_browser import Page


def test_a_reader_sees_neither_styles_nor_scripts() -> None:
    page = Page(
        "<title>DMP</title><style>:root{--ink:#000}</style><p>Patient</p><script>let a = 1</script><b>sans DMP</b>"
    )
    assert page.text == "DMP Patient sans DMP"


def test_the_fields_of_a_form_go_with_the_button_pressed() -> None:
    page = Page('<form action="/ici"><input type="hidden" name="a" value="1"><button name="choice" value="x y">')
    pressed = page.with_button("choice", " y")
    assert pressed is not None
    form, fields = pressed
    assert (form.action, fields) == ("/ici", {"a": "1", "choice": "x y"})
