"""Contract of the service that calls telephones: the real one and the fake."""
