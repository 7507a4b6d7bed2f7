"""The transfer syntaxes of pynetdicom's own list: every one that a modality may send in."""

from pynetdicom import ALL_TRANSFER_SYNTAXES

TRANSFER_SYNTAXES = list(ALL_TRANSFER_SYNTAXES)
