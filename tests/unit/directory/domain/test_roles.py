"""Every pair of role and permission, written out a second time: a slip in the table is seen."""

from itertools import product

import pytest

from app.directory.domain import PERMISSIONS, Actor, Grant, Permission, Role, holds

# One column per role: radiologist, planner, coordinator, society_admin, gcs_admin, site, auditor.
MATRIX = """
    directory.read            r p c s g h a
    directory.write           . . . s g . .
    society.write             . . . . g . .
    sender.read               . . c s g . a
    sender.write              . . . . g . .
    sender.admit              . . c . g . .
    user.read                 . . . s g . a
    user.write                . . . s g . .
    setting.read              . . c . g . a
    setting.write             . . . . g . .
    disk.read                 . . c . g . a
    request.read              r . c . g h a
    request.write             r . c . g h .
    request.decide            r . . . g . .
    study.read                r . c . g h a
    study.identify            r . c . g h .
    study.sort                r . c . g . .
    association.read          . . c . g . a
    worklist.read             r . c . g h a
    case.read                 r . c . g h a
    case.claim                r . . . g . .
    case.raise                r . c . g h .
    task.read                 r p c . g h a
    task.settle               r p c . g h .
    case.prioritise           r . c . g . .
    case.coordinate           . . c . g . .
    case.acknowledge_result   . . c . g h .
    report.read               r . c . g h a
    report.write              r . . . g . .
    call.write                r . c . g . .
    handover.read             r . c . g . a
    handover.write            r . c . g . .
    morning.read              r . c s g . a
    on_call.read              r p c s g h a
    planning.read             r p c s g . a
    planning.write            . p . . g . .
    planning.publish          . p . . g . .
    people.write              . p . s g . .
    absence.write             r p . . g . .
    swap.read                 r p c s g . a
    swap.write                r p c . g . .
    information.write         . p c . g h .
    volume.read               r p . s g . a
    volume.write              . p . . g . .
    presence.read             r . c s g . a
    presence.write            r . c . g . .
    notification.read         r . c . g . a
    delivery.read             r . c . g h a
    delivery.resend           . . c . g . .
    indicator.read            r p c s g h a
    access_log.read           . . . . g . a
    metrics.read              . . . . g . a
"""
COLUMNS = tuple(Role)
ROWS = {line.split()[0]: line.split()[1:] for line in MATRIX.strip().splitlines()}


def test_the_matrix_names_every_permission_once() -> None:
    assert sorted(ROWS) == sorted(Permission)
    assert set(PERMISSIONS) == set(Role)


@pytest.mark.parametrize(("role", "permission"), list(product(Role, Permission)))
def test_a_role_gives_what_the_matrix_says(role: Role, permission: Permission) -> None:
    expected = ROWS[permission][COLUMNS.index(role)] != "."

    assert holds(Actor(user_id=1, name="X", grants=(Grant(role),)), permission) is expected
