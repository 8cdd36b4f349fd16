#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plays WireGuard's handshake from the white paper's formulas alone, with the standard library only, and
prints every message and key: an independent witness for plugins/wireguard/noise.c and cookie.c.

Usage: wireguard-handshake.py > wireguard-handshake.txt"""
import hashlib
import hmac
import struct

P = 2**255 - 19


def x25519(private, public):
    """RFC 7748 5, Montgomery ladder."""
    k = bytearray(private)
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    scalar = int.from_bytes(k, 'little')
    x1 = int.from_bytes(public, 'little') & (1 << 255) - 1
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = scalar >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        x3, z3 = (da + cb)**2 % P, x1 * (da - cb)**2 % P
        e = aa - bb
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, 'little')


def quarter(s, a, b, c, d):
    for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = s[x] + s[y] & 0xffffffff
        v = s[z] ^ s[x]
        s[z] = (v << n | v >> 32 - n) & 0xffffffff


def rounds(state):
    s = list(state)
    for _ in range(10):
        for i in range(4):
            quarter(s, i, i + 4, i + 8, i + 12)
        for i in range(4):
            quarter(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return s


def chacha_state(key, tail):
    return struct.unpack('<4I', b'expand 32-byte k') + struct.unpack('<8I', key) + struct.unpack('<4I', tail)


def chacha20(key, counter, nonce, data):
    out = b''
    for i in range(0, len(data), 64):
        state = chacha_state(key, struct.pack('<I', counter + i // 64) + nonce)
        block = struct.pack('<16I', *((x + y) & 0xffffffff for x, y in zip(state, rounds(state))))
        out += bytes(x ^ y for x, y in zip(data[i:i + 64], block))
    return out


def aead(key, nonce, plain, aad):
    """RFC 8439 2.8."""
    sealed = chacha20(key, 1, nonce, plain)
    once = chacha20(key, 0, nonce, bytes(32))
    r, s = int.from_bytes(once[:16], 'little') & 0x0ffffffc0ffffffc0ffffffc0fffffff, int.from_bytes(once[16:], 'little')
    text = b''.join(x + bytes(-len(x) % 16) for x in (aad, sealed)) + struct.pack('<QQ', len(aad), len(sealed))
    acc = 0
    for i in range(0, len(text), 16):
        acc = (acc + int.from_bytes(text[i:i + 16] + b'\1', 'little')) * r % (2**130 - 5)
    return sealed + (acc + s & 2**128 - 1).to_bytes(16, 'little')


def xaead(key, nonce, plain, aad):
    s = rounds(chacha_state(key, nonce[:16]))
    return aead(struct.pack('<8I', *s[:4], *s[12:]), bytes(4) + nonce[16:], plain, aad)


def HASH(data):
    return hashlib.blake2s(data).digest()


def MAC(key, data):
    return hashlib.blake2s(data, key=key, digest_size=16).digest()


def HMAC(key, data):
    return hmac.new(key, data, hashlib.blake2s).digest()


def KDF(n, key, data):
    secret, out = HMAC(key, data), [b'']
    for i in range(n):
        out.append(HMAC(secret, out[-1] + bytes([i + 1])))
    return out[1:]


def AEAD(key, plain, aad):
    return aead(key, bytes(12), plain, aad)


def fixed(n):
    return HASH(b'adit handshake vector %d' % n)


def show(**values):
    for name, value in values.items():
        print(f'{name}: {value.hex()}')


BASE = (9).to_bytes(32, 'little')
si, sr, ei, er, psk = (fixed(n) for n in range(5))
Si, Sr, Ei, Er = (x25519(k, BASE) for k in (si, sr, ei, er))
timestamp = struct.pack('>QI', 0x400000000000000a + 1700000000, 0x12000000)
index_i, index_r = 0x04030201, 0xa4a3a2a1

# 5.4.2
C = HASH(b'Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s')
H = HASH(HASH(C + b'WireGuard v1 zx2c4 Jason@zx2c4.com') + Sr)
C, = KDF(1, C, Ei)
H = HASH(H + Ei)
C, k = KDF(2, C, x25519(ei, Sr))
static = AEAD(k, Si, H)
H = HASH(H + static)
C, k = KDF(2, C, x25519(si, Sr))
stamp = AEAD(k, timestamp, H)
H = HASH(H + stamp)
first = struct.pack('<II', 1, index_i) + Ei + static + stamp
mac1_i = MAC(HASH(b'mac1----' + Sr), first)

# 5.4.3
C, = KDF(1, C, Er)
H = HASH(H + Er)
C, = KDF(1, C, x25519(er, Ei))
C, = KDF(1, C, x25519(er, Si))
C, tau, k = KDF(3, C, psk)
H = HASH(H + tau)
empty = AEAD(k, b'', H)
second = struct.pack('<III', 2, index_r, index_i) + Er + empty
mac1_r = MAC(HASH(b'mac1----' + Si), second)

# 5.4.5
send_i, send_r = KDF(2, C, b'')

# 5.4.7: the responder sends a cookie for the first message, from 192.0.2.7:51820
secret, nonce = fixed(5), fixed(6)[:24]
cookie = MAC(secret, bytes([192, 0, 2, 7]) + struct.pack('>H', 51820))
reply = struct.pack('<II', 3, index_i) + nonce + xaead(HASH(b'cookie--' + Sr), nonce, cookie, mac1_i)
mac2_i = MAC(cookie, first + mac1_i)

print('# WireGuard white paper 5.4.2, 5.4.3, 5.4.5, 5.4.7; computed by wireguard-handshake.py beside this file\n')
show(initiator_static=si, responder_static=sr, initiator_ephemeral=ei, responder_ephemeral=er, preshared_key=psk,
     timestamp=timestamp, secret=secret, nonce=nonce)
show(initiation=first + mac1_i + bytes(16), response=second + mac1_r + bytes(16), initiator_sends=send_i,
     responder_sends=send_r, cookie_reply=reply, initiation_with_cookie=first + mac1_i + mac2_i)
