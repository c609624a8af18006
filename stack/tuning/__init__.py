"""What `stack/tune` is made of, from the ground up: `size` reads and writes amounts, `limits` reads the machine, `place`
is what a server may have, `pgtune` has pgtune's formulas and nothing else, `reckoning` shares memory out, `server` makes
the settings, with what is particular here.
"""
