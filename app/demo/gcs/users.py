"""Who signs in besides the radiologists."""

from app.demo.gcs.shapes import UserData
from app.demo.gcs.sites import SITES

ADMIN = UserData(login="direction", display_name="Direction du GCS", role="gcs_admin")
PLANNER = UserData(login="planning", display_name="Bureau du planning", role="planner")
COORDINATOR = UserData(login="coordination", display_name="Coordination", role="coordinator")
AUDITOR = UserData(login="audit", display_name="Audit des accès", role="auditor")
"""The one user of the demo who signs in with a second factor."""

USERS = (
    ADMIN,
    PLANNER,
    COORDINATOR,
    AUDITOR,
    *(
        UserData(
            login=f"urgences.{site.key.lower()}",
            display_name=f"Urgences - {site.name}",
            role="site",
            site=site.key,
        )
        for site in SITES
    ),
)
