"""The DMP (national health record) and Mon espace santé, the patient's side of it [DMP digest 1, 6].

Doors: the XDS SOAP services under `/si-dmp-server/v2/services/` and a REST JSON door for Mon espace santé under
`/mes/api/`. Every act runs through `pipeline`: who calls, may they, do it, tell it as a fact.
"""
