"""Each event of the flow and the use cases it starts, from the first image to the last delivery.

Read in this order, the modules are the way of a study: `orders`, `images` (`alone`), `identities`,
`offering`, `reading`, `results`; `hand` is what people put together or take apart, `duties` what
they must do. Every function runs inside the transaction of its caller (a request, or a job of the
scheduler), which alone commits. What leaves the machine is written to the outbox here and sent by
a job.
"""

from app.pipeline.arrivals import measure_arrivals
from app.pipeline.calls import (
    log_call,
    note_critical,
)
from app.pipeline.duties import settle_task
from app.pipeline.hand import (
    TwoDrafts,
    acknowledge_result,
    finish_exam,
    join,
    join_request,
    note_incident,
    split,
)
from app.pipeline.identities import confirm_one_patient, identity_changed, identity_chosen
from app.pipeline.images import all_images_arrived, images_arrived, studies_completed
from app.pipeline.offering import (
    DECIDING,
    LONGEST_S,
    called_to_site,
    case_due,
    cases_due,
    offer_all,
    offer_at_once,
    planning_published,
    take_parts,
)
from app.pipeline.orders import (
    ask_for_images,
    cancel_request,
    decide_request,
    images_came,
)
from app.pipeline.reading import (
    acknowledge,
    change_priority,
    claim,
    dispossess,
    leave_with_reader,
    mark_images_seen,
    put_aside,
    reassign,
    release,
    resume,
    save_draft,
    still_reading,
    take_up_again,
    void,
)
from app.pipeline.results import (
    add_addendum,
    delivery_settled,
    documents_rendered,
    give_preliminary,
    redeliver,
    reissue_report,
    sign_report,
    site_node_changed,
    withdraw_report,
)
from app.pipeline.sheets import sheet_made
from app.pipeline.sorting import confirm_site, reclass_study
from app.pipeline.volumes import measure_volumes

__all__ = [
    "DECIDING",
    "LONGEST_S",
    "TwoDrafts",
    "acknowledge",
    "acknowledge_result",
    "add_addendum",
    "all_images_arrived",
    "ask_for_images",
    "called_to_site",
    "cancel_request",
    "case_due",
    "cases_due",
    "change_priority",
    "claim",
    "confirm_one_patient",
    "confirm_site",
    "decide_request",
    "delivery_settled",
    "dispossess",
    "documents_rendered",
    "finish_exam",
    "give_preliminary",
    "identity_changed",
    "identity_chosen",
    "images_arrived",
    "images_came",
    "join",
    "join_request",
    "leave_with_reader",
    "log_call",
    "mark_images_seen",
    "measure_arrivals",
    "measure_volumes",
    "note_critical",
    "note_incident",
    "offer_all",
    "offer_at_once",
    "planning_published",
    "put_aside",
    "reassign",
    "reclass_study",
    "redeliver",
    "reissue_report",
    "release",
    "resume",
    "save_draft",
    "settle_task",
    "sheet_made",
    "sign_report",
    "site_node_changed",
    "split",
    "still_reading",
    "studies_completed",
    "take_parts",
    "take_up_again",
    "void",
    "withdraw_report",
]
