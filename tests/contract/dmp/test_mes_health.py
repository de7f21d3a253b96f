"""Folders, attachments, measures, medical profile and recommended examinations, by REST."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from segur_dmp import faults
from segur_dmp.domain.mes.notices import PREVENTION_CODES
from segur_dmp.domain.mes.prevention import next_reminder, to_remind_of

from segur.cda import make
from segur.kernel.ids import new_oid, new_urn_uuid
from segur.personas import roles
from segur.scenario.actors.lps import submission_of
from segur.wire import cda, xds_uuids
from segur.wire.xds import Association
from tests.contract.dmp.conftest import Dmp
from tests.contract.dmp.registry_software import provide
from tests.contract.dmp.test_mes_documents import call, found, upload
from tests.contract.dmp.test_mes_faults import broken
from tests.contract.dmp.test_mes_pages import Browser
from tests.contract.dmp.test_mes_spaces import CHILD, later, mails, meet, told

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def added(dmp: Dmp, title: str) -> str:
    return str((await call(dmp, "POST", "/documents", upload(title))).json()["uniqueId"])


async def folder(dmp: Dmp, name: str) -> str:
    return str((await call(dmp, "POST", "/folders", {"folderName": name})).json()["id"])


async def folders(dmp: Dmp) -> dict[str, list[str]]:
    found = (await call(dmp, "GET", "/folders")).json()["folders"]
    return {one["title"]: one["documents"] for one in found}


async def test_a_document_lies_in_one_folder_and_survives_it(dmp: Dmp) -> None:
    document = await added(dmp, "Radio du bras")
    arm, other = await folder(dmp, "Mon bras"), await folder(dmp, "Sport")
    path = f"/documents/{document}/folder"
    assert (await call(dmp, "PUT", path, {"folderId": arm})).json() == {"changed": True}
    assert (await call(dmp, "PUT", path, {"folderId": arm})).json() == {"changed": False}
    assert (await call(dmp, "PUT", path, {"folderId": other})).json() == {"changed": True}
    assert await folders(dmp) == {"Mon bras": [], "Sport": [document]}
    assert (await call(dmp, "PATCH", f"/folders/{other}", {"folderName": "Sport 2026"})).json()["title"] == "Sport 2026"
    assert (await call(dmp, "DELETE", f"/folders/{other}")).status_code == 204
    assert (await call(dmp, "GET", f"/documents/{document}")).status_code == 200
    assert await folders(dmp) == {"Mon bras": []}
    filed = await dmp.facts("mes.document.filed", document_id=document)
    assert [one["folder_id"] for one in filed] == [arm, other]
    actions = [one["action"] for one in (await call(dmp, "GET", "/history")).json()["traces"]]
    assert {"mes.folder.created", "mes.folder.renamed", "mes.folder.deleted", "mes.document.filed"} <= set(actions)
    assert "Sport" not in str(await dmp.facts("mes.folder.renamed"))


@pytest.mark.parametrize("name", ["", "  ", "x" * 51, "a/b", "É (2026)", "mon BRAS 2"])
async def test_a_folder_without_a_usable_name_is_refused(dmp: Dmp, name: str) -> None:
    await call(dmp, "POST", "/folders", {"folderName": "Mon bras 2"})
    refused = await call(dmp, "POST", "/folders", {"folderName": name})
    assert (refused.status_code, refused.json()["title"]) == (400, "MES_REQUEST")


async def test_folders_that_are_gone_and_documents_of_others_are_not_found(dmp: Dmp) -> None:
    document = await added(dmp, "Sans dossier")
    for method, path, body in (
        ("DELETE", "/folders/none", None),
        ("PATCH", "/folders/none", {"folderName": "Autre"}),
        ("PUT", f"/documents/{document}/folder", {"folderId": "none"}),
        ("PUT", "/documents/1.2.3/folder", {"folderId": ""}),
    ):
        assert (await call(dmp, method, path, body)).status_code == 404, path


async def test_the_file_of_a_message_is_read_and_becomes_a_document_professionals_find(dmp: Dmp) -> None:
    files = (await call(dmp, "GET", "/messages/01MAIL")).json()["files"]
    assert [(one["name"], one["canAddToDMP"]) for one in files] == [
        ("Résultats d'été.pdf", True),
        ("IHE_XDM.ZIP", False),
    ]
    read = await call(dmp, "GET", "/messages/01MAIL/files/1")
    assert (read.content, read.headers["content-security-policy"]) == (b"%PDF-1.4 fictif", "sandbox")
    kept = await call(dmp, "POST", "/messages/01MAIL/files/1/document", {"category": "BIOLOGIE"})
    assert (kept.status_code, kept.json()["title"], kept.json()["typeCode"]) == (201, "Résultats d'été", "DOCPAT05")
    unique_id = kept.json()["uniqueId"]
    assert await found(dmp, unique_id)
    content = (await call(dmp, "GET", f"/documents/{unique_id}/content")).content
    assert cda.read_embedded_file(content).content == b"%PDF-1.4 fictif"  # type: ignore[union-attr]
    assert await dmp.facts("mes.attachment.kept", document_id=unique_id, message_id="01MAIL")
    assert not [one for one in await told(dmp) if one["documentId"] == unique_id]


async def test_what_cannot_be_kept_of_a_message_is_refused_and_changes_nothing(dmp: Dmp) -> None:
    before = await dmp.held()
    refused = await call(dmp, "POST", "/messages/01MAIL/files/2/document", {"category": "BIOLOGIE"})
    assert (refused.status_code, refused.json()["title"]) == (400, "MES_UPLOAD")
    assert "trop lourde ou de type non supporté" in refused.json()["detail"]
    assert (await call(dmp, "POST", "/messages/01MAIL/files/1/document", {"category": "REMB"})).status_code == 400
    assert (await call(dmp, "GET", "/messages/01MAIL/files/7")).status_code == 404
    assert (await call(dmp, "GET", "/messages/none/files/1")).status_code == 404
    with broken(dmp, faults.MES_ATTACHMENT):
        away = await call(dmp, "POST", "/messages/01MAIL/files/1/document", {"category": "BIOLOGIE"})
    assert (away.status_code, away.json()["title"]) == (503, "MES_MESSAGING_AWAY")
    assert away.json()["detail"] == "La messagerie ne répond pas, réessayez dans un instant. [file]"
    assert await dmp.held() == before


def _weighing(dmp: Dmp, patient: str = roles.PATIENT, **changed: str) -> bytes:
    """A structured report that holds a weight, a height, a glucose and an HbA1c."""
    author = dmp.country.professional(roles.RADIOLOGIST)
    wanted = make.Request(
        "11502-2", dmp.patient(patient), author, datetime.now(UTC), 3, author.structure, document_id=new_oid(1)
    )
    document = make.make(wanted)
    values = {"29463-7": ("72500", "g"), "8302-2": ("178", "cm"), "14749-6": ("5.5", "mmol/L"), "4548-4": ("6.1", "%")}
    entries = "".join(
        f'<entry><observation classCode="OBS" moodCode="EVN"><code code="{code}" codeSystem="2.16.840.1.113883.6.1"/>'
        f'<statusCode code="completed"/><effectiveTime value="20260105101500+0000"/>'
        f'<value xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="PQ" value="{value}" unit="{unit}"/>'
        "</observation></entry>"
        for code, (value, unit) in values.items()
    )
    text = document.decode().replace("</section>", f"{entries}</section>", 1)
    for old, new in changed.items():
        text = text.replace(old, new)
    return text.encode()


async def replaced(dmp: Dmp, unique_id: str, document: bytes) -> str:
    """Replace a document (RPLC); give the uniqueId of the new one."""
    software = dmp.software()
    [old] = [one for one in await software.find(dmp.patient()) if one.unique_id == unique_id]
    submission = submission_of(document, software.user)
    [new] = submission.entries
    link = Association(new_urn_uuid(), xds_uuids.REPLACES, new.entry_uuid, old.entry_uuid)
    answer = await provide(software, replace(submission, associations=(*submission.associations, link)), document)
    assert answer.status.endswith("Success"), answer
    return new.unique_id


async def measures(dmp: Dmp, patient: str = roles.PATIENT, who: str = "") -> list[dict[str, Any]]:
    return list((await call(dmp, "GET", "/measures", patient=patient, who=who)).json()["measures"])


async def test_measures_of_a_structured_document_are_copied_and_told_without_saying_which_outside(dmp: Dmp) -> None:
    entry, _ = await dmp.software().submit(_weighing(dmp))
    copied = [one for one in await measures(dmp) if one["idDocument"] == entry.unique_id]
    shown = {one["code"]: (one["formattedMetricValue"], one["metrics"][0]["unit"]) for one in copied}
    assert shown == {
        "WEIGHT": ("72,5", "kg"),
        "HEIGHT": ("1,78", "m"),
        "GLUCOSE": ("99", "mg/dL"),
        "GLYCATED_HEMOGLOBIN": ("6,1", "%"),
    }
    news = {one["code"]: one for one in await told(dmp) if one["documentId"] == entry.unique_id}
    assert news.keys() == {
        "AJOUT_DOCUMENT",
        "COPIE_DOC_AJOUT_POIDS",
        "COPIE_DOC_AJOUT_TAILLE",
        "COPIE_DOC_AJOUT_GLYCEMIE",
        "COPIE_DOC_AJOUT_HBA1C",
    }
    assert news["COPIE_DOC_AJOUT_POIDS"]["urn"].startswith("urn:mesure:")
    letters = str(await mails(dmp))
    assert "Une mesure a été ajoutée" in letters
    assert "glycémie" not in letters
    assert len(await dmp.facts("mes.measure.copied", document_id=entry.unique_id)) == 4
    index = next(one for one in await measures(dmp) if one["code"] == "BODY_MASS_INDEX")
    assert (index["formattedMetricValue"], index["permissions"]) == ("22,9", {"add": False, "delete": False})
    refused = await call(dmp, "DELETE", f"/measures/{copied[0]['id']}")
    assert refused.status_code == 400
    history = (await call(dmp, "GET", "/history")).json()["traces"]
    assert [one["action"] for one in history].count("mes.measure.copied") == 4

    # what replaces the document brings its own
    again = await replaced(dmp, entry.unique_id, _weighing(dmp, **{'value="72500"': 'value="71000"'}))
    weights = [one for one in await measures(dmp) if one["code"] == "WEIGHT"]
    assert [(one["idDocument"], one["formattedMetricValue"]) for one in weights] == [(again, "71")]


async def test_what_a_document_hides_its_measures_hide_too(dmp: Dmp) -> None:
    entry, _ = await dmp.software().submit(_weighing(dmp, "P2"), masks=("INVISIBLE_PATIENT",))
    assert await measures(dmp, "P2") == []
    assert not [one for one in await told(dmp, "P2") if one["code"].startswith("COPIE_DOC")]
    with later(dmp, days=15):
        await meet(dmp)
    assert {one["idDocument"] for one in await measures(dmp, "P2")} >= {entry.unique_id}
    hidden, _ = await dmp.software().submit(_weighing(dmp, CHILD), masks=("INVISIBLE_REPRESENTANTS_LEGAUX",))
    assert [one for one in await measures(dmp, CHILD) if one["idDocument"] == hidden.unique_id]
    assert await measures(dmp, CHILD, "rl0") == []
    assert not [one for one in await told(dmp, CHILD, "rl0") if one["code"].startswith("COPIE_DOC")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('moodCode="EVN"><code code="29463-7"', 'moodCode="INT"><code code="29463-7"'),
        ('unit="g"', 'unit="[stone]"'),
        ('value="72500"', 'value="NaN"'),
        ('value="72500"', 'value="9999999"'),
    ],
)
async def test_a_number_that_is_no_measure_is_not_copied(dmp: Dmp, old: str, new: str) -> None:
    entry, _ = await dmp.software().submit(_weighing(dmp, **{old: new}))
    codes = {one["code"] for one in await measures(dmp) if one["idDocument"] == entry.unique_id}
    assert codes == {"HEIGHT", "GLUCOSE", "GLYCATED_HEMOGLOBIN"}


async def test_a_patient_writes_measures_down_and_removes_them(dmp: Dmp) -> None:
    pressure = {"SYSTOLIC_BLOOD_PRESSURE": 128, "DIASTOLIC_BLOOD_PRESSURE": 79}
    noted = await call(dmp, "POST", "/measures", {"code": "BLOOD_PRESSURE", "metrics": pressure}, patient="P10")
    assert (noted.status_code, noted.json()["formattedMetricValue"]) == (201, "128/79")
    path = f"/measures/{noted.json()['id']}"
    assert (await call(dmp, "DELETE", path, patient="P10")).status_code == 204
    assert (await call(dmp, "DELETE", path, patient="P10")).status_code == 404
    for body in (
        {"code": "WEIGHT", "metrics": {"WEIGHT": 7250}},
        {"code": "WEIGHT", "metrics": {"HEIGHT": 1.7}},
        {"code": "WEIGHT", "metrics": {"WEIGHT": "72"}},
        {"code": "BODY_MASS_INDEX", "metrics": {"BODY_MASS_INDEX": 22}},
        {"code": "STEPS", "metrics": {}},
        {"code": "BLOOD_PRESSURE", "metrics": {"SYSTOLIC_BLOOD_PRESSURE": 70, "DIASTOLIC_BLOOD_PRESSURE": 80}},
        {"code": "WEIGHT", "metrics": {"WEIGHT": 72}, "effectiveDate": "2031-01-01"},
    ):
        refused = await call(dmp, "POST", "/measures", body, patient="P10")
        assert (refused.status_code, refused.json()["title"]) == (400, "MES_REQUEST"), body
    assert await measures(dmp, "P10") == []
    assert "128" not in str(await dmp.facts("mes.measure.noted"))
    history = (await call(dmp, "GET", "/history", patient="P10")).json()["traces"]
    assert [one["action"] for one in history][:2] == ["mes.measure.removed", "mes.measure.noted"]


async def test_the_summary_of_the_medical_profile_is_one_document_that_is_kept_up_to_date(dmp: Dmp) -> None:
    for section, text in (("ALLERGIES", "Pénicilline"), ("BLOOD_GROUP", "O+"), ("DISEASES", "Asthme")):
        line = await call(dmp, "POST", "/profile/lines", {"section": section, "text": text})
        assert line.status_code == 201
    for section, text in (("ALLERGIES", "pénicilline"), ("BLOOD_GROUP", "A+"), ("DISEASES", " "), ("RIEN", "x")):
        assert (await call(dmp, "POST", "/profile/lines", {"section": section, "text": text})).status_code == 400
    assert (await call(dmp, "GET", "/profile/summary")).content.startswith(b"%PDF-1.4")
    first = (await call(dmp, "POST", "/profile/summary", {})).json()
    assert (first["typeCode"], first["category"]) == ("DOCPAT08", "SYNTH_PML")
    assert first["title"].startswith("Profilmedical_Dominique_PAT-TROIS".replace("-", ""))
    assert await found(dmp, first["uniqueId"])
    await call(dmp, "PUT", f"/documents/{first['uniqueId']}/confidentiality", {"hidden": ["MASQUE_PS"]})
    gone = (await call(dmp, "GET", "/profile")).json()["lines"][0]["id"]
    assert (await call(dmp, "DELETE", f"/profile/lines/{gone}")).status_code == 204
    second = (await call(dmp, "POST", "/profile/summary", {})).json()
    assert (second["masked"], second["status"]) == (True, "Approved")
    assert (await call(dmp, "GET", f"/documents/{first['uniqueId']}")).json()["status"] == "Deprecated"
    assert (await call(dmp, "GET", "/profile")).json()["summary"]["uniqueId"] == second["uniqueId"]
    assert (await dmp.facts("dmp.document.submitted", document_id=second["uniqueId"]))[0]["replaces"] == first[
        "uniqueId"
    ]
    assert "Asthme" not in str(await dmp.facts("mes.profile.changed"))


async def test_who_masks_new_documents_may_show_the_summary_all_the_same(dmp: Dmp) -> None:
    await call(dmp, "PUT", "/masking", {"documentsMaskedByDefault": True}, patient="P10")
    try:
        shown = (await call(dmp, "POST", "/profile/summary", {"visible": True}, patient="P10")).json()
    finally:
        await call(dmp, "PUT", "/masking", {"documentsMaskedByDefault": False}, patient="P10")
    assert shown["masked"] is False


async def reminded(dmp: Dmp) -> list[str]:
    notices = (await call(dmp, "GET", "/notifications")).json()["notifications"]
    return [one["code"] for one in notices if one["urn"].startswith("urn:examen:")]


async def test_what_is_recommended_is_told_before_its_time_once_and_answered(dmp: Dmp) -> None:
    born, sex = dmp.patient().birth_date.strftime("%Y%m%d"), dmp.patient().sex
    now = dmp.service.floor.clock.now()
    when = next_reminder(born, sex, now)
    assert when is not None
    with later(dmp, seconds=(when - now - timedelta(hours=1)).total_seconds()):
        await meet(dmp)
        before = await reminded(dmp)
    with later(dmp, seconds=(when - now + timedelta(hours=1)).total_seconds()):
        coming = to_remind_of(born, sex, when, dmp.service.floor.clock.now())
        await meet(dmp)
        await meet(dmp)
        news = (await reminded(dmp))[: -len(before) or None]
        assert sorted(news) == sorted(PREVENTION_CODES[one.what.family] for one in coming)
        listed = (await call(dmp, "GET", "/preventions")).json()["preventions"]
        one = next(each for each in listed if each["code"] == coming[0].what.code)
        assert (one["statut"], one["executionDate"]) == ("TO_PLAN", None)
        answer = {"code": one["code"], "dateDebutPrevention": one["dateDebutPrevention"], "statut": "DONE"}
        assert (await call(dmp, "PUT", "/preventions", answer)).status_code == 400
        done = await call(dmp, "PUT", "/preventions", answer | {"executionDate": now.date().isoformat()})
        assert done.json()["statut"] == "DONE"
        unknown = answer | {"code": "RIEN", "statut": "NOT_DONE"}
        assert (await call(dmp, "PUT", "/preventions", unknown)).status_code == 404
    assert await dmp.facts("mes.prevention.answered", code=one["code"], status="DONE")


async def test_after_a_jump_of_the_clock_only_what_is_not_over_is_told(dmp: Dmp) -> None:
    account = await dmp.context.records.accounts.of(dmp.service.floor.pseudonyms.of(dmp.patient().ins))
    assert account is not None
    before, since = len(await reminded(dmp)), dmp.service.floor.clock.now()
    with later(dmp, days=20 * 365):
        await meet(dmp)
        now = dmp.service.floor.clock.now()
        assert len(await reminded(dmp)) - before <= len(to_remind_of(account.birth_date, account.sex, since, now))
        after = await reminded(dmp)
        await meet(dmp)
        assert await reminded(dmp) == after


async def test_the_page_sorts_keeps_measures_and_answers_without_a_script(dmp: Dmp) -> None:
    browser = Browser(dmp)
    await browser.sign_in("P10")
    made = await browser.send("documents", "dossiers", {"nom": "Mes radios"})
    assert "Le dossier a été créé" in made.text
    assert "Ce dossier est vide" in made.text
    number = made.url.params["dossier"]
    form_of = (await browser.get("messages/01MAIL/fichiers/1/ajouter")).text
    assert re.search(r'name="titre" maxlength="128" value="[^"]+"', form_of), "the name of the file is proposed"
    assert 'name="titre" maxlength="128" value=""' in (await browser.get("documents/ajouter")).text
    kept = await browser.send(
        "messages/01MAIL/fichiers/1/ajouter",
        "messages/01MAIL/fichiers/1/ajouter",
        {"titre": "Épreuve <d'effort>", "categorie": "CPT_REND", "date": "2026-01-05", "confidentialite": "N"},
    )
    assert "Votre document a été ajouté" in kept.text
    here = kept.url.path.removeprefix("/mes/")
    assert "Le document a été rangé" in (await browser.send(here, f"{here}/dossier", {"dossier": number})).text
    assert "Épreuve &lt;d&#39;effort&gt;" in (await browser.get(f"documents?dossier={number}")).text
    assert (await browser.get("messages/01MAIL/fichiers/1")).content == b"%PDF-1.4 fictif"
    assert "Ajouter à mes documents" in (await browser.get("messages/01MAIL")).text
    gone = await browser.send(f"documents?dossier={number}", f"dossiers/{number}/supprimer", {})
    assert "Ses documents restent dans vos documents" in gone.text

    form = {"mesure": "WEIGHT", "WEIGHT": "72,5", "quand": "2026-01-05T08:00"}
    noted = await browser.send("mesures?mesure=WEIGHT", "mesures", form)
    assert "72,5 kg" in noted.text
    assert (await browser.send("mesures?mesure=WEIGHT", "mesures", form | {"WEIGHT": "lourd"})).status_code == 400
    written = await browser.send("profil-medical", "profil-medical", {"rubrique": "ALLERGIES", "texte": "<Noix>"})
    assert "&lt;Noix&gt;" in written.text
    saved = await browser.send("profil-medical", "profil-medical/synthese", {})
    assert "La synthèse est enregistrée dans vos documents" in saved.text
    assert (await browser.get("profil-medical/synthese")).content.startswith(b"%PDF")
    [first, *_] = (await call(dmp, "GET", "/preventions", patient="P10")).json()["preventions"]
    told_of = {"code": first["code"], "debut": first["dateDebutPrevention"], "statut": "NOT_DONE"}
    assert "Non réalisé" in (await browser.send("prevention", "prevention", told_of)).text
    history = (await browser.get("historique")).text
    for words in ("Dossier créé", "Mesure ajoutée", "Profil médical modifié", "Examen recommandé renseigné"):
        assert words in history
    await browser.client.aclose()
