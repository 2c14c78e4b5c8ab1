// SHA-256 (FIPS 180-4), streaming: a browser's own has to have all bytes at once, and an item may have terabytes.

import { bigEndian, concat, utf8 } from "./bytes.js";

const K = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
  0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
  0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
  0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const BEGINNING = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];
const BLOCK = 64;
const W = new Int32Array(64);

export const HASH_SIZE = 32;

export class Sha256 {
  constructor() {
    this.state = Int32Array.from(BEGINNING);
    this.rest = new Uint8Array(BLOCK);
    this.held = 0;
    this.size = 0;
  }

  update(bytes) {
    this.size += bytes.length;
    let at = 0;
    if (this.held) {
      at = Math.min(BLOCK - this.held, bytes.length);
      this.rest.set(bytes.subarray(0, at), this.held);
      this.held += at;
      if (this.held < BLOCK) return this;
      compress(this.state, this.rest, 0, BLOCK);
      this.held = 0;
    }
    const whole = bytes.length - ((bytes.length - at) % BLOCK);
    compress(this.state, bytes, at, whole);
    this.rest.set(bytes.subarray(whole));
    this.held = bytes.length - whole;
    return this;
  }

  /** The 32 bytes; nothing may be added afterwards. */
  digest() {
    const padding = new Uint8Array((this.held < 56 ? BLOCK : 2 * BLOCK) - this.held);
    padding[0] = 0x80;
    padding.set(bigEndian(BigInt(this.size) * 8n, 8), padding.length - 8);
    this.update(padding);
    const digest = new Uint8Array(HASH_SIZE);
    const view = new DataView(digest.buffer);
    this.state.forEach((word, index) => view.setInt32(4 * index, word));
    return digest;
  }
}

/** Takes the blocks from `at` to `end` into the state. */
function compress(state, bytes, at, end) {
  let [s0, s1, s2, s3, s4, s5, s6, s7] = state;
  for (; at < end; at += BLOCK) {
    for (let t = 0, p = at; t < 16; t++, p += 4) {
      W[t] = (bytes[p] << 24) | (bytes[p + 1] << 16) | (bytes[p + 2] << 8) | bytes[p + 3];
    }
    for (let t = 16; t < 64; t++) {
      const x = W[t - 15];
      const y = W[t - 2];
      const low = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const high = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      W[t] = (W[t - 16] + low + W[t - 7] + high) | 0;
    }
    let a = s0, b = s1, c = s2, d = s3, e = s4, f = s5, g = s6, h = s7;
    for (let t = 0; t < 64; t++) {
      const turned = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const one = (h + turned + (g ^ (e & (f ^ g))) + K[t] + W[t]) | 0;
      const other = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const two = (other + ((a & b) ^ (c & (a ^ b)))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0;
      d = c; c = b; b = a; a = (one + two) | 0;
    }
    s0 = (s0 + a) | 0; s1 = (s1 + b) | 0; s2 = (s2 + c) | 0; s3 = (s3 + d) | 0;
    s4 = (s4 + e) | 0; s5 = (s5 + f) | 0; s6 = (s6 + g) | 0; s7 = (s7 + h) | 0;
  }
  state.set([s0, s1, s2, s3, s4, s5, s6, s7]);
}

export function sha256(...parts) {
  const hash = new Sha256();
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** As `comity.vocabulary.wire.tagged_hash`: a purpose, then parts behind their lengths. */
export function taggedHash(tag, ...parts) {
  const name = utf8(tag);
  const framed = parts.map((part) => concat(bigEndian(part.length, 8), part));
  return sha256(bigEndian(name.length, 2), name, ...framed);
}
