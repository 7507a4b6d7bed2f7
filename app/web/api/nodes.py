"""How a node that we send to looks, as a part of a centre or of a site."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.repository.organisations import load_endpoints
from app.web.schemas import Body, Line, View
from app.worklist.queries.deliveries import list_refusals
from app.worklist.views.deliveries import RefusalView

Port = Annotated[int, Field(ge=1, le=65535)]
Form = Literal["sr", "encapsulated_pdf", "secondary_capture"]


class NodeBody(Body):
    """A DICOM node."""

    ae_title: Line
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]+$", max_length=253)]
    port: Port
    tls: bool = False
    """Does it listen with TLS?"""


class SiteNodeBody(NodeBody):
    """A site's node, and which documents it takes."""

    forms: list[Form] = Field(default=["sr", "encapsulated_pdf"], max_length=3)


class NodeView(View):
    """A DICOM node."""

    id: int
    ae_title: str
    host: str
    port: int
    tls: bool
    forms: list[str]
    refusals: tuple[RefusalView, ...] = ()
    """Forms that it has refused for good, and not accepted since."""


async def load_nodes(
    session: AsyncSession, endpoint_ids: Iterable[int | None]
) -> dict[int | None, NodeView]:
    """Load nodes by id."""
    ids = {each for each in endpoint_ids if each is not None}
    found = await load_endpoints(session, ids=ids) if ids else {}
    refusals = await list_refusals(session, endpoint_ids=ids) if ids else ()
    nodes: dict[int | None, NodeView] = {}
    for key, row in found.items():
        own = tuple(each for each in refusals if each.endpoint_id == key)
        nodes[key] = NodeView.model_validate(row).model_copy(update={"refusals": own})
    return nodes
