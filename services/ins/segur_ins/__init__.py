"""INSi: the téléservice that gives a patient's national health identity from the traits of civil status [INS digest 2].

Owns: the register of identities of a sandbox (the synthetic patients and the published CNDA test people), the matching
rule, return codes 00, 01 and 02, the history of matricules. Does not own: the status of an identity in an editor's
software (récupérée, qualifiée), which is the software's business.

One SOAP 1.2 door, `/lps` on the national test hosts and `/insi/lps` elsewhere, with its contract at `?wsdl`. The path
of a call: `edges.soap_door` reads the envelope → `pipeline` says who calls (software number, certificate or card
assertion) → `operations.search_by_traits` checks the traits, looks in the register by index, tells
`ins.identity.searched` → the door writes the answer. A refusal is told as `ins.identity.refused` and shown as a fault.
"""
