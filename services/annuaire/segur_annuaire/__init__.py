"""The Annuaire Santé: who practises where, and at which MSSanté addresses [PSC digest 3].

Owns: the FHIR R4 resources Practitioner, PractitionerRole and Organization of the synthetic country, read by id and
searched under `/fhir/v2/` (and the unversioned `/fhir/`). Knows HealthcareService and Device, of which this country has
none. Does not own: mailboxes (mssante), logins (psc).

The rules of the national gateway in front (key, calls per second) are in `edges.national_gateway`.
Entered by `edges.fhir_door`; tells `annuaire.professional.registered` for each professional of a new sandbox.
"""
