"""What goes over the wire, as pydantic models: bounded, described, and with examples."""
