"""Guards shared among societies in proportion to their volumes: exact, over years, provable.

`share_period` says whose each seat is; `ledger` keeps the accounts; `proof` does the sums again.
"""
