"""Codecs of the national protocols: bytes in, values out, and back. No socket, no clock, no service.

`xml` reads XML safely; `multipart` and `mtom` split and build MIME packages; `soap` knows the envelope, `saml` the
VIHF, `hl7v3` and `insi` the messages of the DMP and of INSi. Each has the reading and the writing side, because servers
and test actors share them. What cannot be read raises the typed refusal of its module, naming field, rule and fix.
"""
