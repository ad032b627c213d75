"""Studies that only the command line and scripts run: references, ablations, similarity weights."""
