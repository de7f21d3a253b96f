"""Failures of Mon espace santé."""

from __future__ import annotations

from segur.kernel.faults import FaultPoint

MES_UNAVAILABLE = "dmp.mes.unavailable"
MES_UPLOAD = "dmp.mes.upload_refused"
MES_CODE_LOST = "dmp.mes.code_lost"
MES_ATTACHMENT = "dmp.mes.attachment_unavailable"

MES_POINTS = (
    FaultPoint(
        MES_UNAVAILABLE,
        "mes",
        "problem+json MES_UNAVAILABLE, page d'erreur, HTTP 503",
        "Mon espace santé est en maintenance ; rien n'est lu ni changé.",
    ),
    FaultPoint(
        MES_UPLOAD,
        "mes",
        "problem+json MES_UPLOAD « le contrôle antivirus n'a pas abouti », HTTP 400",
        "Le fichier qu'un patient ajoute ne passe pas le contrôle antivirus.",
    ),
    FaultPoint(
        MES_CODE_LOST,
        "mes",
        "HTTP 202, mais aucun e-mail ni SMS",
        "Le code à usage unique de l'activation se perd chez le fournisseur du patient.",
    ),
    FaultPoint(
        MES_ATTACHMENT,
        "mes",
        "problem+json MES_MESSAGING_AWAY, page d'erreur, HTTP 503",
        "La pièce jointe d'un message ne s'ouvre pas : elle n'est ni téléchargée, ni ajoutée aux documents.",
    ),
)
