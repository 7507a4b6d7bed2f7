"""A sender as its page shows it: the nodes that can be asked, and what is agreed with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData

from app.directory.domain.errors import InvalidField
from app.directory.models import Centre, Endpoint, Sender, Site
from app.directory.repository.organisations import load_endpoints
from app.directory.repository.rows import find_row
from app.web.api.nodes import NodeBody
from app.web.api.senders import MOST_ASSOCIATIONS
from app.web.pages.texts import N_

_MOST_LINES = 500
_MOST_DIGITS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeShown:
    """A node that can be asked whether it is there."""

    node: Endpoint
    label: str
    """What it is for; English, the template translates it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What is agreed with a sender, as it is typed: lists one a line, what is off empty."""

    certificate_names: str
    most_associations: str
    sop_classes: str
    transfer_syntaxes: str
    node_ae_title: str
    node_host: str
    node_port: str
    node_tls: bool

    @classmethod
    def of(cls, sender: Sender, node: Endpoint | None) -> "Agreed":
        """Write what is in force."""
        most = sender.most_associations
        return cls(
            certificate_names="\n".join(sender.certificate_names),
            most_associations="" if most is None else str(most),
            sop_classes="\n".join(sender.sop_classes),
            transfer_syntaxes="\n".join(sender.transfer_syntaxes),
            node_ae_title="" if node is None else node.ae_title,
            node_host="" if node is None else node.host,
            node_port="" if node is None else str(node.port),
            node_tls=node is not None and node.tls,
        )

    @classmethod
    def typed(cls, form: FormData) -> "Agreed":
        """Take what somebody typed."""

        def field(name: str) -> str:
            return str(form.get(name, ""))

        return cls(
            certificate_names=field("certificate_names"),
            most_associations=field("most_associations").strip(),
            sop_classes=field("sop_classes"),
            transfer_syntaxes=field("transfer_syntaxes"),
            node_ae_title=field("node_ae_title").strip(),
            node_host=field("node_host").strip(),
            node_port=field("node_port").strip(),
            node_tls=field("node_tls") == "yes",
        )

    def read(self) -> dict[str, object]:
        """Read the values; the use case checks what is inside the lists.

        Raises
        ------
        InvalidField
            If the number is none, or a list is too long.
        """
        return {
            "certificate_names": _read_lines(self.certificate_names, field="certificate_names"),
            "most_associations": self._read_most(),
            "sop_classes": _read_lines(self.sop_classes, field="sop_classes"),
            "transfer_syntaxes": _read_lines(self.transfer_syntaxes, field="transfer_syntaxes"),
        }

    def _read_most(self) -> int | None:
        text = self.most_associations
        if not text:
            return None
        number = int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 0
        if not 1 <= number <= MOST_ASSOCIATIONS:
            message = f"a limit is a whole number from 1 to {MOST_ASSOCIATIONS}, or nothing"
            raise InvalidField("most_associations", message)
        return number

    def read_node(self) -> dict[str, object] | None:
        """Read the node; nothing when nothing of it was typed.

        Raises
        ------
        InvalidField
            If a part is missing or wrong.
        """
        if not (self.node_ae_title or self.node_host or self.node_port):
            return None
        typed = {
            "ae_title": self.node_ae_title,
            "host": self.node_host,
            "port": self.node_port,
            "tls": self.node_tls,
        }
        try:
            return NodeBody.model_validate(typed).model_dump()
        except ValidationError as error:
            place = ".".join(str(each) for each in error.errors()[0]["loc"])
            message = "a node has an AE title, a host and a port from 1 to 65535"
            raise InvalidField(f"node.{place}", message) from error


def _read_lines(text: str, *, field: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > _MOST_LINES:
        raise InvalidField(field, f"a list has at most {_MOST_LINES} lines")
    return lines


LABELS: Mapping[str, str] = {
    "certificate_names": N_("Names on its client certificates"),
    "most_associations": N_("Associations at the same time, at most"),
    "sop_classes": N_("Storage classes that are taken"),
    "transfer_syntaxes": N_("Transfer syntaxes that are taken"),
    "node": N_("Node where it answers"),
}
"""How the page calls a field of which it says that it is wrong."""


def label_of(field: str) -> str:
    """Name the field that is wrong, as the page does; English."""
    return LABELS.get(field.partition(".")[0], field)


async def list_nodes(session: AsyncSession, *, sender: Sender, site: Site) -> tuple[NodeShown, ...]:
    """List the nodes that have to do with a sender: its own, its site's, its centre's."""
    centre = None
    if sender.centre_id is not None:
        centre = await find_row(session, Centre, sender.centre_id)
    wanted: Sequence[tuple[int | None, str]] = (
        (sender.endpoint_id, N_("the sender itself")),
        (site.endpoint_id, N_("where the reports of the site go")),
        (None if centre is None else centre.endpoint_id, N_("where the images of the centre go")),
    )
    ids = {key for key, _ in wanted if key is not None}
    nodes = await load_endpoints(session, ids=ids) if ids else {}
    shown: dict[int, NodeShown] = {}
    for key, label in wanted:
        if key is not None and key in nodes:
            shown.setdefault(key, NodeShown(node=nodes[key], label=label))
    return tuple(shown.values())
