"""What `stack/tune` is made of: `size` reads and writes amounts, `limits` reads the machine, `pgtune` has
pgtune's formulas and nothing else, `server` makes a server's settings of both, with what is particular here.
"""
