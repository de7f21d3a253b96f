"""Commands on folders: LIST, SELECT is elsewhere; STATUS, CREATE, APPEND and the like (RFC 3501, section 6.3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from segur.kernel.ids import new_id
from segur.kernel.store import Document
from segur_mssante import errors
from segur_mssante.context import Context
from segur_mssante.domain import folders
from segur_mssante.domain.attachments import read_envelope
from segur_mssante.domain.imap_syntax import BadCommand, read_moment, string, text, texts
from segur_mssante.edges.imap_wire import Command, Wire
from segur_mssante.operations.login import Opened
from segur_mssante.store import Copy

_STATUS = ("MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "SIZE")


class FolderCommands:
    """For one session, once authenticated."""

    def __init__(
        self, context: Context, wire: Wire, opened: Opened, refresh: Callable[[], Awaitable[list[str]]]
    ) -> None:
        """`refresh` gives what changed in the open folder."""
        self._context, self._wire, self._opened, self._refresh = context, wire, opened, refresh

    async def serve(self, command: Command) -> bool:
        """Answer a command on folders; False when it is none."""
        match command.name:
            case "LIST" | "LSUB":
                await self._list(command)
            case "STATUS":
                await self._status(command)
            case "CREATE" | "DELETE" | "RENAME":
                await self._change(command)
            case "SUBSCRIBE" | "UNSUBSCRIBE":  # every folder counts as subscribed
                await self._wire.send(f"{command.tag} OK {command.name} completed")
            case "NAMESPACE":
                await self._wire.send('* NAMESPACE (("" "/")) NIL NIL', f"{command.tag} OK NAMESPACE completed")
            case "GETQUOTAROOT" | "GETQUOTA":
                await self._quota(command)
            case "ENABLE":
                await self._wire.send("* ENABLED", f"{command.tag} OK ENABLE completed")
            case "APPEND":
                await self._append(command)
            case _:
                return False
        return True

    async def _box(self) -> Document:
        box = await self._context.store.mailbox(self._opened.address)
        if box is None:
            raise errors.UNKNOWN_RECIPIENT.error()
        return box

    async def _list(self, command: Command) -> None:
        told = command.words()
        while told and isinstance(told[0], list):  # selection options of RFC 5258
            told = told[1:]
        if len(told) < 2:
            raise BadCommand(f"{command.name}: a reference and a pattern expected")
        reference, patterns = text(told[0]), texts(told[1])
        names = [*folders.SPECIAL, *(await self._box())["folders"]]
        if patterns == [""]:
            await self._wire.send(f'* {command.name} (\\Noselect) "/" ""', f"{command.tag} OK LIST completed")
            return
        answers = []
        for name in names:
            if any(folders.matches(reference + pattern, name) for pattern in patterns):
                has_children = any(other.startswith(f"{name}/") for other in names)
                marks = ["\\HasChildren" if has_children else "\\HasNoChildren", folders.SPECIAL.get(name, "")]
                answers.append(f'* {command.name} ({" ".join(filter(None, marks))}) "/" '.encode() + string(name))
        await self._wire.send(*answers, f"{command.tag} OK {command.name} completed")

    async def _status(self, command: Command) -> None:
        told = command.words()
        if len(told) != 2 or not isinstance(told[1], list):
            raise BadCommand("STATUS: a folder and a list of items expected")
        box, name = await self._box(), folders.canonical(text(told[0]))
        items = [item.upper() for item in texts(told[1])]
        if unknown := [item for item in items if item not in _STATUS]:
            raise BadCommand(f"STATUS: {unknown[0][:20]} is not known")
        if name not in folders.SPECIAL and name not in box["folders"]:
            await self._wire.send(f"{command.tag} NO [NONEXISTENT] no such folder")
            return
        rows = await self._context.store.listing(self._opened.address, name)
        values = {
            "MESSAGES": len(rows),
            "RECENT": 0,
            "UIDNEXT": box["uid_next"],
            "UIDVALIDITY": box["uid_validity"],
            "UNSEEN": sum("\\Seen" not in row["flags"] for row in rows),
            "SIZE": sum(row["size"] for row in rows),
        }
        shown = " ".join(f"{item} {values[item]}" for item in items)
        await self._wire.send(
            b"* STATUS " + string(name) + f" ({shown})".encode(), f"{command.tag} OK STATUS completed"
        )

    async def _change(self, command: Command) -> None:
        told = command.words()
        if not told:
            raise BadCommand(f"{command.name}: a folder expected")
        name, box = folders.canonical(text(told[0])), await self._box()
        known = list(box["folders"])
        refusal = ""
        if command.name == "RENAME" or (command.name == "DELETE" and name in folders.SPECIAL):
            refusal = "[CANNOT] this folder keeps its name"
        elif command.name == "DELETE" and name not in known:
            refusal = "[NONEXISTENT] no such folder"
        elif command.name == "DELETE" and any(other.startswith(f"{name}/") for other in known):
            refusal = "[HASCHILDREN] it has folders inside"
        elif command.name == "CREATE" and (name in folders.SPECIAL or name in known):
            refusal = "[ALREADYEXISTS] it is there"
        elif command.name == "CREATE" and not folders.may_exist(name):
            refusal = "[CANNOT] not a name for a folder"
        elif command.name == "CREATE" and len(known) >= folders.MAX_FOLDERS:
            refusal = f"[LIMIT] at most {folders.MAX_FOLDERS} folders"
        if refusal:
            await self._wire.send(f"{command.tag} NO {refusal}")
            return
        address = self._opened.address
        if command.name == "DELETE":
            await self._context.store.remove(address, await self._context.store.listing(address, name))
            known.remove(name)
        else:
            known.append(name)
        await self._context.store.set_folders(address, known)
        await self._wire.send(f"{command.tag} OK {command.name} completed")

    async def _quota(self, command: Command) -> None:
        box, limit = await self._box(), self._context.settings.mailbox_quota_bytes
        answers: list[str | bytes] = [f'* QUOTA "" (STORAGE {box["used"] // 1024} {limit // 1024})']
        if command.name == "GETQUOTAROOT":
            told = command.words()
            answers.insert(0, b"* QUOTAROOT " + string(text(told[0]) if told else "INBOX") + b' ""')
        await self._wire.send(*answers, f"{command.tag} OK {command.name} completed")

    async def _append(self, command: Command) -> None:
        told = command.words()
        if len(told) < 2 or not isinstance(told[-1], bytes):
            raise BadCommand("APPEND: a folder, flags, a date-time and the message as a literal expected")
        box, name, content = await self._box(), folders.canonical(text(told[0])), told[-1]
        between = told[1:-1]
        flags = (
            [folders.flag(flag) for flag in texts(between.pop(0))] if between and isinstance(between[0], list) else []
        )
        received = read_moment(text(between.pop(0))) if between else self._context.floor.clock.now()
        if between or None in flags or len(flags) > folders.MAX_FLAGS:
            raise BadCommand("APPEND: flags or date-time cannot be read")
        if name not in folders.SPECIAL and name not in box["folders"]:
            await self._wire.send(f"{command.tag} NO [TRYCREATE] no such folder")
            return
        if box["used"] + len(content) > self._context.settings.mailbox_quota_bytes:
            await self._wire.send(f"{command.tag} NO [OVERQUOTA] {errors.FULL.text}")
            return
        copy = Copy(
            mailbox=self._opened.address,
            message_id=new_id(),
            header_id=read_envelope(content).message_id,
            blob=await self._context.floor.blobs.put(content),
            size=len(content),
            received=received,
            sender=self._opened.address,
            folder=name,
            flags=tuple(dict.fromkeys(flag for flag in flags if flag)),
            read=True,  # the holder put it there: there is nothing to be told about its reading
        )
        [uid] = await self._context.store.put([copy], [])
        done = f"{command.tag} OK [APPENDUID {box['uid_validity']} {uid}] APPEND completed"
        await self._wire.send(*await self._refresh(), done)  # when it is the open folder, the client wants to know
