"""The SOAP services of the DMP: one path, routed on the element in the body [DMP digest 0, 1].

`door` reads the envelope, has the caller identified and hands over to the transaction of the body's element; the
modules `patients`, `habilitations`, `registry` and `repository` hold the transactions, as the national services do.
`answers` writes envelopes, registry errors and faults.
"""
