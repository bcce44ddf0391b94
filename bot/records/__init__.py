"""Release records: what was released, on what grounds, signed so that anybody can check it without a network.

- `claim.py`: what a record says, in our own words;
- `statement.py`: the same as an in-toto statement with SLSA's verification summary, and back;
- `keys.py`: the Ed25519 key that signs, and the public keys that are trusted;
- `record.py`: signing, and checking what was signed.
"""
