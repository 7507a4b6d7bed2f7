"""The health check: a C-ECHO to the gateway of this machine."""

import logging

from pynetdicom import _config
from pynetdicom.ae import ApplicationEntity

from app.kit.errors import Unavailable
from app.settings import Bind, Settings

_VERIFICATION = "1.2.840.10008.1.1"
_PATIENCE_S = 5
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what a bind says, nothing is bound


def check_health(settings: Settings) -> None:
    """Echo to the gateway's own port, under its own title.

    Raises
    ------
    Unavailable
        If nobody listens, or whoever does gives no association or no answer.
    """
    _config.LOG_HANDLER_LEVEL = "none"
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
    bind = settings.dicom_bind
    entity = ApplicationEntity(settings.ae_title)
    entity.add_requested_context(_VERIFICATION)
    entity.connection_timeout = entity.acse_timeout = entity.dimse_timeout = _PATIENCE_S
    host = _ANY.get(bind.host, bind.host)
    association = entity.associate(host, bind.port, ae_title=settings.ae_title)
    if not association.is_established:
        raise Unavailable(f"no association with the gateway on {Bind(host, bind.port)}")
    try:
        status = association.send_c_echo()
    finally:
        association.release()
    if "Status" not in status or status.Status != 0:
        raise Unavailable(f"the gateway on {Bind(host, bind.port)} does not answer a C-ECHO")
