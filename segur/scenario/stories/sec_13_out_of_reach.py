"""SEC-13: what no emulator can prove, said; and what it can: synthetic people, no production, sound TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl

from segur.kernel import tls
from segur.scenario.stage import Stage
from segur.scenario.story import story
from segur.vocab import oids

_SLOTS = (
    "gouvernance de la sécurité : documents de l'éditeur",
    "hébergement HDS : certificat de l'hébergeur",
    "test d'intrusion : société PASSI, rapport de moins d'un an, aucune faille haute, 10 moyennes au plus",
    "sauvegardes et restauration : procès-verbaux d'exercices",
)
"""Evidence to be brought from outside [wave 2 digest 3.3, SEC-13]."""

_VERSIONS = (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
_REFUSED_BY_THE_EDGE = ("TLSV1_ALERT_PROTOCOL_VERSION", "UNEXPECTED_EOF_WHILE_READING")
"""The other side's alert, or its hanging up on our hello; a refusal of our own client reads otherwise."""


@story(
    "SEC-13",
    "Preuves hors de portée de l'émulateur",
    pillar="psc",
    requirements=tuple(f"SSI/GEN.{number:02d}" for number in range(1, 23)),
)
async def out_of_reach(stage: Stage) -> None:
    """The list of what the editor must bring; then GEN.05, the refusal of production and the TLS of the edge."""
    async with stage.step("Preuves à apporter par l'éditeur : aucune n'est simulée", "vérificateur") as step:
        step.say(" ; ".join(_SLOTS))
    async with stage.step("GEN.05 : toutes les identités sont fictives, sous les OID de test", "éditeur") as step:
        found = {patient.ins.oid for patient in stage.country.patients}
        step.check(found <= {oids.INS_NIR_TEST, oids.INS_NIR_DEMO}, "des OID de test seulement", found)
        real = [str(one.rpps) for one in stage.country.professionals if one.rpps and not str(one.rpps).startswith("99")]
        step.check(not real, "des RPPS de test seulement (99…)", real[:3])
        step.say(f"{len(stage.country.patients)} patients, {len(stage.country.professionals)} professionnels fictifs")
    async with stage.step("Une adresse de production est refusée : 421", "éditeur") as step:
        answer = await stage.client().get(f"{stage.https}/auth", headers={"host": "auth.esw.esante.gouv.fr"})
        step.check(answer.status_code == 421, "421", answer.status_code)
        await stage.fact(step, "gateway.request.refused", code="production_host")
        step.say(answer.json()["detail"])
    await _tls(stage)


async def _tls(stage: Stage) -> None:
    async with stage.step("TLS : 1.2 et 1.3 acceptés, 1.1 refusé", "auditeur") as step:
        told = {version.name: await asyncio.to_thread(_handshake, stage, version) for version in _VERSIONS}
        step.check(told["TLSv1_1"] in _REFUSED_BY_THE_EDGE, "TLS 1.1 refusé", told)
        step.check((told["TLSv1_2"], told["TLSv1_3"]) == ("TLSv1.2", "TLSv1.3"), "TLS 1.2 et 1.3 acceptés", told)
        step.say(str(told))


def _handshake(stage: Stage, version: ssl.TLSVersion) -> str:
    """The version agreed upon, else why there is none."""
    context = tls.client_context(stage.authority.bundle)
    if version < ssl.TLSVersion.TLSv1_2:
        # A modern client would not even ask: lower its own bar, so that it is the edge that refuses.
        context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    try:
        with (
            socket.create_connection(("localhost", stage.ports.edge_tls), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as agreed,
        ):
            return str(agreed.version())
    except ssl.SSLError as error:
        return str(error.reason)
