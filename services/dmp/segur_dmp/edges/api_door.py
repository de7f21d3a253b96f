"""What SégurStack adds to the DMP: its parameters as JSON, which software fetches instead of hard-coding them.

The national form of the parameters is not public: path and form are ours, the names are the DMP's [DMP digest 8.2].

    GET /dmp/api/parametres
    {"fonctions-gestion-mineurs": true, "age-majorite": 18, "cumul-invisible_patient-masque_ps": false,
     "vihf-strict": false, "certificats-revoques": [], "version-precedente-stricte": false,
     "signature-du-lot": "signaler", "structure-minimale": "signaler", "regles-officielles": "signaler",
     "controles": {"jeux-de-valeurs": true, …},
     "matrice-habilitation": "profession\\tdocuments\\tread\\t…"}

    PUT /dmp/api/parametres   the same names, those to change; the answer is the whole as it is now

Each sandbox has its own; `matrice-habilitation` empty stands for the table that comes with us.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from segur_dmp.context import Context
from segur_dmp.domain.parameters import Control, Parameters, Reaction, SignaturePolicy
from segur_dmp.domain.rights import MatrixRefused, matrix_of
from segur_dmp.operations.mes.plan_majority import plan_majority

PATH = "/dmp/api/parametres"


class _Change(BaseModel):
    """What a PUT may say; an absent name stays as it is."""

    model_config = ConfigDict(extra="forbid")

    minors_managed: bool | None = Field(default=None, alias="fonctions-gestion-mineurs")
    majority_age: int | None = Field(default=None, alias="age-majorite", ge=0, le=130)
    hidden_and_masked: bool | None = Field(default=None, alias="cumul-invisible_patient-masque_ps")
    strict: bool | None = Field(default=None, alias="vihf-strict")
    revoked: list[str] | None = Field(default=None, alias="certificats-revoques", max_length=1_000)
    document_matrix: str | None = Field(default=None, alias="matrice-habilitation", max_length=200_000)
    strict_versions: bool | None = Field(default=None, alias="version-precedente-stricte")
    signatures: SignaturePolicy | None = Field(default=None, alias="signature-du-lot")
    minimal_structure: Reaction | None = Field(default=None, alias="structure-minimale")
    official_rules: Reaction | None = Field(default=None, alias="regles-officielles")
    unchecked: dict[Control, bool] | None = Field(default=None, alias="controles")


class ApiDoor:
    """The parameters of the sandbox of the call."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The routes under `/dmp/api`."""
        return [Route(PATH, self.read), Route(PATH, self.change, methods=["PUT"])]

    async def read(self, request: Request) -> Response:
        """The parameters as they are."""
        return JSONResponse(shown(await self._context.records.parameters.now()))

    async def change(self, request: Request) -> Response:
        """Change some of them; 400 says which one cannot be so."""
        table = self._context.records.parameters
        try:
            asked = _Change.model_validate_json(await request.body())
            changes: dict[str, Any] = asked.model_dump(exclude_none=True)
            matrix_of(str(changes.get("document_matrix", "")))
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = ".".join(str(part) for part in found["loc"])
            return _refused(where or "body", found["msg"])
        except MatrixRefused as error:
            return _refused("matrice-habilitation", str(error))
        if "revoked" in changes:
            changes["revoked"] = tuple(one.lower().replace(":", "") for one in changes["revoked"])
        before = await table.now()
        if "unchecked" in changes:
            controls = {control: before.checks(control) for control in Control} | changes["unchecked"]
            changes["unchecked"] = tuple(str(name) for name, on in controls.items() if not on)
        now = replace(before, **changes)
        await table.set(now)
        if (now.majority_age, now.minors_managed) != (before.majority_age, before.minors_managed):
            await plan_majority(self._context)
        return JSONResponse(shown(now))


def shown(parameters: Parameters) -> dict[str, object]:
    """The parameters by their names in the document."""
    return {
        "fonctions-gestion-mineurs": parameters.minors_managed,
        "age-majorite": parameters.majority_age,
        "cumul-invisible_patient-masque_ps": parameters.hidden_and_masked,
        "vihf-strict": parameters.strict,
        "certificats-revoques": list(parameters.revoked),
        "version-precedente-stricte": parameters.strict_versions,
        "signature-du-lot": parameters.signatures,
        "structure-minimale": parameters.minimal_structure,
        "regles-officielles": parameters.official_rules,
        "controles": {str(control): parameters.checks(control) for control in Control},
        "matrice-habilitation": parameters.document_matrix,
    }


def _refused(field: str, reason: str) -> Response:
    problem = {"title": "Paramètre incorrect", "status": 400, "detail": f"[{field}] {reason}"}
    return JSONResponse(problem, 400, media_type="application/problem+json")
