"""Who should read a case: `deciding` is the rule, the other modules are its parts.

`inputs` is what it knows, `parameters` what the group may set, `filters` who may be asked,
`scoring` in which order, `answer` what it says, `stored` how a decision is kept and made again.
"""

from app.dispatch.domain.policy.answer import RULE_VERSION, Decision, Excluded, Ranked
from app.dispatch.domain.policy.deciding import RETRY, decide
from app.dispatch.domain.policy.inputs import (
    EXPECTED_READ,
    CaseToRead,
    Circle,
    Line,
    Reader,
    Ring,
)
from app.dispatch.domain.policy.parameters import DEFAULTS, Parameters

__all__ = [
    "DEFAULTS",
    "EXPECTED_READ",
    "RETRY",
    "RULE_VERSION",
    "CaseToRead",
    "Circle",
    "Decision",
    "Excluded",
    "Line",
    "Parameters",
    "Ranked",
    "Reader",
    "Ring",
    "decide",
]
