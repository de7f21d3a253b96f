"""Where the box can break on purpose [DRIM digest 7]; cuts, latency and truncation of any answer are the gateway's."""

from __future__ import annotations

from segur.kernel.faults import FaultPoint

STORE_FULL = "drim.stow.full"
PACS_AWAY = "drim.wado.pacs_away"
SLOW = "drim.wado.slow"
TOO_MANY = "drim.wado.too_many"
PROFESSION = "drim.wado.profession_refused"
KOS_OUTDATED = "drim.wado.kos_outdated"
IMAGE_GONE = "drim.wado.image_gone"
WRONG_SYNTAX = "drim.wado.wrong_syntax"
WRONG_TYPE = "drim.wado.wrong_content_type"
INS_MISSING = "drim.wado.ins_missing"
INS_WRONG = "drim.wado.ins_wrong"
TRUNCATED = "drim.wado.truncated"
MLLP_ERROR = "drim.mllp.error"
MLLP_NO_ACK = "drim.mllp.no_ack"
MLLP_LOST = "drim.mllp.lost"
STUDY_ABSENT = "drim.kos.study_absent"
ENTRY_UNKNOWN = "drim.kos.entry_unknown"

_STOW, _WADO, _MLLP, _JOB = "stow-rs", "wado-rs", "mllp", "publication"

POINTS = (
    FaultPoint(STORE_FULL, _STOW, "503", "The archive has no room left: nothing of the request is stored."),
    FaultPoint(PACS_AWAY, _WADO, "503 ERR03", "D04, D36: the box is alive (OPTIONS answers), the PACS behind it not."),
    FaultPoint(SLOW, _WADO, "a late first image", "D31: the rule's delay passes before the first byte of the answer."),
    FaultPoint(TOO_MANY, _WADO, "503, Retry-After", "D32: more series at a time than the box serves."),
    FaultPoint(PROFESSION, _WADO, "403", "D19: the reader's profession may not see images."),
    FaultPoint(KOS_OUTDATED, _WADO, "404", "D21: the KOS was replaced since; the consumer must search the DMP again."),
    FaultPoint(IMAGE_GONE, _WADO, "410", "D29: an image the KOS names was deleted from the PACS."),
    FaultPoint(
        WRONG_SYNTAX, _WADO, "a syntax not offered", "D24: the answer announces a syntax the client did not ask."
    ),
    FaultPoint(WRONG_TYPE, _WADO, "text/html", "The answer announces text/html, as a proxy's error page would."),
    FaultPoint(INS_MISSING, _WADO, "no INS in the images", "D27: Other Patient IDs were not completed."),
    FaultPoint(INS_WRONG, _WADO, "another INS in the images", "D26: the consumer must block the display."),
    FaultPoint(TRUNCATED, _WADO, "a multipart cut short", "D30: the stream stops after the first object."),
    FaultPoint(MLLP_ERROR, _MLLP, "AE", "The box cannot store the report now: the RIS must send it again."),
    FaultPoint(MLLP_NO_ACK, _MLLP, "no ACK", "D42: the report is stored, the connection closes without an answer."),
    FaultPoint(
        MLLP_LOST,
        _MLLP,
        "AA, puis rien",
        "La boîte acquitte le message et le perd : seule une resynchronisation (SO.28) remet le KOS d'accord.",
    ),
    FaultPoint(
        STUDY_ABSENT,
        _JOB,
        "ERR04",
        "D03: the PACS does not find the study; `operation` publish, or resync, after which its KOS leaves the DMP.",
    ),
    FaultPoint(
        ENTRY_UNKNOWN,
        _JOB,
        "une nouvelle recherche",
        "D09 : la recherche TD3.1b ne trouve pas le KOS à remplacer ; la boîte cherche encore et ne double rien.",
    ),
)
