"""The DMP (national health record) and Mon espace santé, the patient's side of it [DMP digest 1, 4, 6].

Doors: the XDS SOAP services under `/si-dmp-server/v2/services/`, PDSm (FHIR) under `/dmp/fhir`, the Web-PS site under
`/AccesDirect/`, the DMP's parameters under `/dmp/api/parametres`, and Mon espace santé under `/mes/`. SOAP, FHIR and
the site call the same operations and cause the same facts. Every act runs through `pipeline`: who calls, may they, do
it, tell it as a fact; a refusal is a fact too. Documents are blobs, stored once by digest and on disk before an entry
names them.
"""
