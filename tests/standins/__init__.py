"""Packages of extras that are too large to install for tests; this folder goes onto the path of whoever needs them."""
