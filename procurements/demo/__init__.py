"""An example case, played through the real operations on days that are relative to today."""
