"""Who holds which seat: people, the rules of their statutes, the problem a roster solves."""
