"""What the worklist, the case page and the list of deliveries show: frozen, no rule inside."""
