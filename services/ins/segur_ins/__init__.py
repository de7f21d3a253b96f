"""INSi: the téléservice that gives a patient's national health identity, by traits or by Vitale card [INS digest 2].

Owns: the register of identities of a sandbox (the synthetic patients, some lookalikes and, on demand, the published
CNDA test people), the matching rules, return codes 00, 01 and 02, the history of matricules, verification. Does not
own: the status of an identity in an editor's software (récupérée, qualifiée), which is the software's business; its
rules are in `segur.vocab.identity_status`.

One SOAP 1.2 door, `/lps` on the national test hosts and `/insi/lps` elsewhere, with its contract at `?wsdl`. The path
of a call: `edges.soap_door` reads the envelope → `pipeline` says who calls (software number, certificate or card
assertion) → `operations.search_by_traits` (INS2) or `search_by_card` (INS1) looks in the register by index →
`operations.answering` tells `ins.identity.searched` → the door writes the answer in the prefixes of the day. A refusal
is told as `ins.identity.refused` and shown as a fault. `edges.verification_door` verifies INS one by one and by the
file, in a contract of ours.
"""
