// Bytes and their spellings. Every reader here is strict: it takes the one spelling and refuses the others.

import { malformed } from "./broken.js";

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));

export function hex(bytes) {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Bytes of an even number of lower- or upper-case hexadecimal digits; null for any other text. */
export function fromHex(text) {
  if (text.length % 2 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = parseInt(text.substr(2 * at, 2), 16);
  return bytes;
}

export function concat(...parts) {
  return concatAll(parts);
}

/** Any number of parts: a call takes some ten thousand arguments only. */
export function concatAll(parts) {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function same(one, other) {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

export function startsWith(bytes, beginning) {
  return bytes.length >= beginning.length && same(bytes.subarray(0, beginning.length), beginning);
}

/** A big-endian unsigned number of so many bytes; the value may be a number or a BigInt. */
export function bigEndian(value, size) {
  const bytes = new Uint8Array(size);
  let left = BigInt(value);
  for (let at = size - 1; at >= 0; at--) {
    bytes[at] = Number(left & 255n);
    left >>= 8n;
  }
  return bytes;
}

export function readBigEndian(bytes) {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

const ENCODER = new TextEncoder();

export function utf8(text) {
  return ENCODER.encode(text);
}

/** The text in these bytes of UTF-8, a byte order mark kept; null when they are none. */
export function fromUtf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** One character for each byte: for comparing and cutting bytes as text. */
export function latin1(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192));
  }
  return text;
}

function fromLatin1(text) {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

export function b64(bytes) {
  return btoa(latin1(bytes));
}

/** Bytes of padded standard base64. What stands in the last digit's unused bits is left out, as msgspec does. */
export function looseBase64(text) {
  if (text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return fromLatin1(atob(text));
}

/** Bytes of standard base64 in its one spelling; throws for any other. */
export function fromBase64(text) {
  const bytes = looseBase64(text);
  if (bytes === null || b64(bytes) !== text) throw malformed("text is not base64");
  return bytes;
}

export function b64url(bytes) {
  return b64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Bytes of unpadded base64url in its one spelling (RFC 4648 section 5); throws for any other. */
export function fromBase64url(text) {
  let bytes = null;
  if (/^[A-Za-z0-9_-]*$/.test(text) && text.length % 4 !== 1) {
    const padded = text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4);
    bytes = looseBase64(padded);
  }
  if (bytes === null || b64url(bytes) !== text) throw malformed("text is not unpadded base64url");
  return bytes;
}
