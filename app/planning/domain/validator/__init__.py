"""Judge a set of placements, whoever made them: a roster, an edit, an import, a swap or a repair.

One module per family of rules. Nothing here is shared with what makes rosters, so that a mistake
there cannot hide itself.
"""

from app.planning.domain.validator.change import judge_change
from app.planning.domain.validator.judge import judge
from app.planning.domain.validator.violation import Severity, Violation

__all__ = ["Severity", "Violation", "judge", "judge_change"]
