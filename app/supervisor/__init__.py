"""`astreinte up`: the three processes and their database, run together on one machine."""
