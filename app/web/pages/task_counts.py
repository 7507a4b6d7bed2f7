"""Tasks that count something, in words: one thing reads otherwise than several."""

from app.web.pages.texts import Texts
from app.worklist.views.tasks import TaskView


def tell_late_images(task: TaskView, texts: Texts) -> str:
    """Say how many images came after the signature."""
    number = int(task.detail.get("instances", 0))
    return texts.ngettext(
        "Case %(case)s: %(num)d image came after the signature. "
        "Write an addendum, or say there is nothing to add.",
        "Case %(case)s: %(num)d images came after the signature. "
        "Write an addendum, or say there is nothing to add.",
        number,
        case=task.case_id,
    )


def tell_whom_to_call(task: TaskView, texts: Texts) -> str:
    """Say who is to be called at a centre that is down."""
    return texts.ngettext(
        "%(centre)s is down: call %(reader)s, who has %(num)d case. Still reading, or shall "
        "others?",
        "%(centre)s is down: call %(reader)s, who has %(num)d cases. Still reading, or shall "
        "others?",
        int(task.detail.get("cases", 0)),
        centre=task.detail.get("centre", "?"),
        reader=task.detail.get("reader", "?"),
    )


def tell_handed_over(task: TaskView, texts: Texts) -> str:
    """Say what somebody who leaves hands over to whom it is told."""
    return texts.ngettext(
        "%(reader)s goes off guard at %(end)s and hands %(num)d thing over to you: accept it, or "
        "say why not.",
        "%(reader)s goes off guard at %(end)s and hands %(num)d things over to you: accept them, "
        "or say why not.",
        int(task.detail.get("count", 0)),
        **_name_leaving(task),
    )


def tell_left_open(task: TaskView, texts: Texts) -> str:
    """Say what nobody has accepted of somebody who leaves."""
    return texts.ngettext(
        "%(reader)s goes off guard at %(end)s: %(num)d thing that nobody has accepted. Name "
        "somebody for it.",
        "%(reader)s goes off guard at %(end)s: %(num)d things that nobody has accepted. Name "
        "somebody for each.",
        int(task.detail.get("count", 0)),
        **_name_leaving(task),
    )


def _name_leaving(task: TaskView) -> dict[str, object]:
    return {"reader": task.detail.get("reader", "?"), "end": task.detail.get("end", "?")}
