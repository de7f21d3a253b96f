"""Reading the parties of a CDA header: authors, signers, informants, recipients, participants. [DMP digest 5.2]"""

from __future__ import annotations

from lxml.etree import _Element

from segur.wire.cda_elements import attribute, coded, find, instance_ids, line, structure, telecoms, value_of
from segur.wire.cda_header import Authorization, CdaRefused, Participant, Party
from segur.wire.xds_values import NO_CODE, Code


def read_party(element: _Element, person: str, organization: str) -> Party:
    """A party from an assigned entity: `person` and `organization` name its child elements."""
    device = find(element, "assignedAuthoringDevice")
    if device is not None:
        family, given = line(device, "softwareName"), line(device, "manufacturerModelName")
    else:
        family, given = line(element, f"{person}/hl7:name/hl7:family"), line(element, f"{person}/hl7:name/hl7:given")
    return Party(
        ids=instance_ids(element, "id"),
        family=family,
        given=given,
        is_device=device is not None,
        specialty=coded(find(element, "code")),
        organization=structure(find(element, organization)),
        telecoms=telecoms(element),
    )


def _with_time(party: Party, time: str, function: Code = NO_CODE) -> Party:
    return Party(
        party.ids, party.family, party.given, party.is_device, time, function, party.specialty, party.organization,
        party.telecoms,
    )  # fmt: skip


def read_author(author: _Element) -> Party:
    """An author with its time and function; raise `CdaRefused` without assignedAuthor."""
    assigned = find(author, "assignedAuthor")
    if assigned is None:
        raise CdaRefused("author", "assignedAuthor is required in each author")
    party = read_party(assigned, "assignedPerson", "representedOrganization")
    return _with_time(party, value_of(author, "time"), coded(find(author, "functionCode")))


def read_signer(element: _Element | None) -> Party | None:
    """Who signed or typed the document: legalAuthenticator, authenticator and dataEnterer have one shape."""
    assigned = None if element is None else find(element, "assignedEntity")
    if element is None or assigned is None:
        return None
    # as written: published documents have offsets like +100 here, and no attribute of the metadata comes from it
    return _with_time(read_party(assigned, "assignedPerson", "representedOrganization"), value_of(element, "time"))


def read_informant(informant: _Element) -> Participant:
    """A professional (kind `ASSIGNED`) or somebody close to the patient (the class code of the relation)."""
    assigned = find(informant, "assignedEntity")
    if assigned is not None:
        return Participant("ASSIGNED", read_party(assigned, "assignedPerson", "representedOrganization"))
    related = find(informant, "relatedEntity")
    if related is None:
        return Participant("", Party())
    return Participant(related.get("classCode", ""), read_party(related, "relatedPerson", "scopingOrganization"))


def read_authorization(consent: _Element) -> Authorization:
    """A consent."""
    return Authorization(
        instance_ids(consent, "id"), coded(find(consent, "code")), attribute(consent, "statusCode", "code")
    )


def read_guardian(guardian: _Element) -> Party:
    """Who acts for the patient."""
    return read_party(guardian, "guardianPerson", "guardianOrganization")


def read_recipient(recipient: _Element) -> Participant:
    """An addressee (PRCP or TRC); raise `CdaRefused` without intendedRecipient."""
    intended = find(recipient, "intendedRecipient")
    if intended is None:
        raise CdaRefused("informationRecipient", "intendedRecipient is required")
    party = read_party(intended, "informationRecipient", "receivedOrganization")
    return Participant(recipient.get("typeCode", "PRCP"), party)


def read_participant(participant: _Element) -> Participant:
    """Another party; raise `CdaRefused` without associatedEntity."""
    entity = find(participant, "associatedEntity")
    if entity is None:
        raise CdaRefused("participant", "associatedEntity is required")
    party = read_party(entity, "associatedPerson", "scopingOrganization")
    function = coded(find(participant, "functionCode"))
    return Participant(participant.get("typeCode", ""), _with_time(party, "", function))
