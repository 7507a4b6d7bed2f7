"""A crowd of modalities in one process: recorded associations that are sent under fresh UIDs."""
