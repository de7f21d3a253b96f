"""The FHIR door (PDSm) under `/dmp/fhir`, on the operations of the SOAP door [DMP digest 4].

The DMP publishes no FHIR endpoint today: path and authentication are ours (`operations.identify_by_token`). `door` has
the routes, a module each interaction: `submit` (ITI-65, ITI-105), `change` (PATCH), `search` (ITI-66, ITI-67), `read`
(ITI-68 too), `existence` (TD0.2).
"""
