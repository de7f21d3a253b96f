"""The rules of Pro Santé Connect: what a request must say, what tokens and answers hold. No I/O, no clock."""
