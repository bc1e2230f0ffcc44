"""What we hand over: ordered, rendered, sealed, verifiable PDFs."""
