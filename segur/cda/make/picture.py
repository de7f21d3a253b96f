"""A picture of a text, as a scanned sheet would be: body of a level 1 document in JPEG."""

from __future__ import annotations

import io


def picture(words: str) -> bytes:
    """A small grey JPEG of the text. The same words give the same bytes."""
    # an image library takes a moment to load: only those who make pictures pay for it
    from PIL import Image, ImageDraw

    lines = words.splitlines()
    image = Image.new("L", (900, 40 + 18 * max(len(lines), 1)), 255)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        # the built-in letters know Latin-1 only
        draw.text((20, 20 + 18 * number), line.encode("latin-1", "replace").decode("latin-1"), fill=0)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return out.getvalue()
