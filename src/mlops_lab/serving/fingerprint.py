"""Fingerprints of secrets: enough to see whether two places hold the same one, too little to find it by trying."""

from hashlib import scrypt

COST = 2**14  # 16 MiB and some 50 ms for each guess
BYTES = 6  # kept of the hash: many values share a fingerprint


def fingerprint(name: str, value: str) -> str:
    """Return 12 hexadecimal digits of a secret's value; its name is the salt, so that equal values look unlike."""
    return scrypt(value.encode(), salt=name.encode(), n=COST, r=8, p=1, dklen=BYTES).hex()
