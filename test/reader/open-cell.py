#!/usr/bin/env python3
"""Opens a Holdfast cell given its data key. An independent reader, written from docs/formats/cell.md alone: Python's standard library
for hashes, the openssl command for the block cipher.

    open-cell.py FILE.json      {"key":{"tenant","suite","generation"},"dek":HEX,"context":{...},"cell":HEX}, or a list of them
    open-cell.py -              the same on standard input

Prints one line of JSON per cell: its values, or null and exit code 1 where it does not open. openssl's command has no AEAD, so it gives
the block cipher, ChaCha20 and SM3; GCM, Poly1305 and GCM-SIV are put together here."""
import hashlib, hmac, json, struct, subprocess, sys, uuid

def openssl(arguments, data):
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE, check=True).stdout

def stream(cipher, key, iv, data):  # the key shows in argv: for tests, not for keys in use
    return openssl(["enc", "-" + cipher, "-K", key.hex(), *(["-iv", iv.hex()] if iv else []), "-nopad"], data) if data else b""

def digest(name, data):
    return hashlib.sha256(data).digest() if name == "sha256" else openssl(["dgst", "-sm3", "-binary"], data)

def mac(name, key, data):  # RFC 2104; a block of SHA-256 and of SM3 has 64 bytes
    pad = key.ljust(64, b"\0")
    inner = digest(name, bytes(b ^ 0x36 for b in pad) + data)
    return digest(name, bytes(b ^ 0x5C for b in pad) + inner)

def hkdf(name, key, info, length):  # RFC 5869 without salt; one block is enough
    return mac(name, mac(name, b"\0" * 32, key), info + b"\1")[:length]

def times(x, y):  # GF(2^128) of SP 800-38D, most significant bit first
    z = 0
    for i in range(127, -1, -1):
        if x >> i & 1:
            z ^= y
        y = y >> 1 ^ (0xE1 << 120 if y & 1 else 0)
    return z

def blocks(data): return [data[i : i + 16].ljust(16, b"\0") for i in range(0, len(data), 16)]

def gcm(cipher, key, nonce, aad, body, tag):
    h = int.from_bytes(stream(cipher + "-ecb", key, None, bytes(16)), "big")
    y = 0
    for block in blocks(aad) + blocks(body) + [struct.pack(">QQ", 8 * len(aad), 8 * len(body))]:
        y = times(y ^ int.from_bytes(block, "big"), h)
    expected = stream(cipher + "-ctr", key, nonce + b"\0\0\0\1", y.to_bytes(16, "big"))
    return stream(cipher + "-ctr", key, nonce + b"\0\0\0\2", body) if hmac.compare_digest(expected, tag) else None

def chacha(_, key, nonce, aad, body, tag):  # RFC 8439; openssl's iv is the counter (little-endian) and the nonce
    one = stream("chacha20", key, bytes(4) + nonce, bytes(32))
    r, s = int.from_bytes(one[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF, int.from_bytes(one[16:], "little")
    total = 0
    for block in blocks(aad) + blocks(body) + [struct.pack("<QQ", len(aad), len(body))]:
        total = (total + int.from_bytes(block + b"\1", "little")) * r % (2**130 - 5)
    expected = ((total + s) % 2**128).to_bytes(16, "little")
    return stream("chacha20", key, b"\1\0\0\0" + nonce, body) if hmac.compare_digest(expected, tag) else None

def gcm_siv(_, key, nonce, aad, body, tag):  # RFC 8452; POLYVAL by the GHASH field with reversed bytes (appendix A)
    ecb = lambda k, data: stream("aes-256-ecb", k, None, data)
    parts = [ecb(key, struct.pack("<I", i) + nonce)[:8] for i in range(6)]
    auth, enc = b"".join(parts[:2]), b"".join(parts[2:])
    counter, start = bytearray(tag), struct.unpack("<I", tag[:4])[0]
    counter[15] |= 0x80
    pads = b"".join(struct.pack("<I", (start + i) % 2**32) + bytes(counter[4:]) for i in range(len(body) // 16 + 1))
    plain = bytes(a ^ b for a, b in zip(body, ecb(enc, pads)))
    h, y = int.from_bytes(auth[::-1], "big"), 0
    h = h >> 1 ^ (0xE1 << 120 if h & 1 else 0)  # mulX_GHASH
    for block in blocks(aad) + blocks(plain) + [struct.pack("<QQ", 8 * len(aad), 8 * len(plain))]:
        y = times(y ^ int.from_bytes(block[::-1], "big"), h)
    s = bytearray(a ^ b for a, b in zip(y.to_bytes(16, "big")[::-1], nonce + bytes(4)))
    s[15] &= 0x7F
    return plain if hmac.compare_digest(ecb(enc, bytes(s)), tag) else None

suites = {1: ("sha256", 32, gcm, "aes-256"), 2: ("sha256", 32, chacha, ""), 3: ("sm3", 16, gcm, "sm4"), 4: ("sha256", 32, gcm_siv, "")}

def part(tag, data): return struct.pack(">HI", tag, len(data)) + data

def named(text): return struct.pack(">H", len(text.encode())) + text.encode()

def open_cell(item):
    cell, context, key = bytes.fromhex(item["cell"]), item["context"], item["key"]
    if len(cell) < 37 or cell[0] != 0xC1 or cell[1] != key["suite"] or cell[1] not in suites or cell[4] != 2:
        return None
    if struct.unpack(">I", cell[5:9])[0] != key["generation"]:
        return None
    name, length, decrypt, cipher = suites[cell[1]]
    aad = part(1, cell[:9]) + part(2, uuid.UUID(key["tenant"]).bytes) + part(3, context["table"].encode())
    aad += part(4, context["record"].encode()) + part(5, context["group"].encode())
    aad += part(6, struct.pack(">H", context.get("schema", 1))) + part(7, struct.pack(">Q", context["version"]))
    for field, value in sorted(context["attributes"].items(), key=lambda pair: pair[0].encode("utf-16-be")):
        aad += part(8, field.encode()) + (part(10, b"") if value is None else part(9, value.encode()))
    cell_key = hkdf(name, bytes.fromhex(item["dek"]), b"crm/cell/1" + named(context["table"]) + named(context["group"]), length)
    plain = decrypt(cipher, cell_key, cell[9:21], aad, cell[21:-16], cell[-16:])
    return None if plain is None else json.loads(plain)

if __name__ == "__main__":
    source = sys.stdin if sys.argv[1:] == ["-"] else open(sys.argv[1], encoding="utf-8")
    items = json.load(source)
    opened = [open_cell(item) for item in (items if isinstance(items, list) else [items])]
    print(*(json.dumps(values, ensure_ascii=True) for values in opened), sep="\n")
    sys.exit(1 if None in opened else 0)
