"""What nodes have of studies, and how long what they accepted took."""

from sqlalchemy import CheckConstraint, Double, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key


class StudyAtNode(Base):
    """How much of a study a centre's node has accepted."""

    __tablename__ = "study_at_node"
    __table_args__ = (CheckConstraint("byte_count >= 0", name="byte_count"),)

    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoint.id"), primary_key=True)
    byte_count: Mapped[int]


class NodeTransfer(Base):
    """Images that a node accepted in one try; rows are only added, and forgotten when old."""

    __tablename__ = "node_transfer"
    __table_args__ = (CheckConstraint("byte_count > 0 AND seconds > 0", name="measures"),)

    id: Mapped[Key]
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoint.id"))
    ended_at: Mapped[Instant] = mapped_column(index=True)
    byte_count: Mapped[int]
    seconds: Mapped[float] = mapped_column(Double)
