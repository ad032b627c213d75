"""In: what someone wants of the service, already well-formed. Out: the answer, with engine and storage put together."""
