"""One module for each thing measured: `measure()` yields its measurements."""
