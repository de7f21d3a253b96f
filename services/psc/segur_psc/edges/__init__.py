"""The doors of Pro Santé Connect: browser, back channel, and the pages that stand for a professional's phone."""
