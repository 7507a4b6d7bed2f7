"""Pages for people: server-rendered, one module per page."""
