"""Nights of cases on a virtual clock, so that ways of dispatching them can be compared.

`plan` says what is simulated and under what stress, `drawn` draws nights, `replayed` reads them,
`ways` are the policies, `room` lets the readers read, `tally` measures, `comparison` puts policies
beside each other on the very same nights. Times of a night are minutes since its start.
"""
