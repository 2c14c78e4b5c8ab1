// Merkle proofs with RFC 6962 hashing, as `comity.ledger.proofs` and `comity.evidence.items.exhibit_seal` check them. Sizes and
// positions are BigInt: they go up to 2^63 - 1 and are never taken from the proof.

import { BrokenInput } from "./broken.js";
import { bigEndian, fromHex, hex, same, utf8 } from "./bytes.js";
import { sha256, taggedHash } from "./sha256.js";

const MAX_SIZE = (1n << 63n) - 1n;
const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);
const SEGMENT_TAG = utf8("comity-segment-v1\0");
const ACT_TAG = "comity-leaf-act-v1";

export const EMPTY_ROOT = sha256();

export function leafHash(...data) {
  return sha256(LEAF, ...data);
}

function nodeHash(left, right) {
  return sha256(NODE, left, right);
}

export function rootOf(hashes) {
  let level = hashes;
  while (level.length > 1) {
    const above = [];
    for (let at = 0; at + 1 < level.length; at += 2) above.push(nodeHash(level[at], level[at + 1]));
    if (level.length % 2) above.push(level.at(-1));
    level = above;
  }
  return level.length ? level[0] : EMPTY_ROOT;
}

function reject(step, what, found = "", expected = "") {
  return new BrokenInput("bad-proof", `step ${step}: ${what}`, { found, expected });
}

function bits(value) {
  return value === 0n ? 0 : value.toString(2).length;
}

function ones(value) {
  return value.toString(2).replace(/0/g, "").length;
}

/** RFC 9162 section 2.1.3.2: the leaf is the one at `index` of the tree with `size` leaves and that root. */
export function verifyInclusion(leaf, index, size, path, root) {
  // 1.
  if (!(index >= 0n && index < size && size <= MAX_SIZE)) {
    throw reject(1, "the leaf lies outside the tree", `index ${index} of ${size}`);
  }
  // 2.
  const inner = bits(index ^ (size - 1n));
  const border = ones(index >> BigInt(inner));
  if (path.length !== inner + border) {
    throw reject(2, "the path has another length", `${path.length} hashes`, `${inner + border}`);
  }
  // 3.
  let node = leaf;
  let left = index;
  path.forEach((other, height) => {
    const isRight = height >= inner || left & 1n;
    node = isRight ? nodeHash(other, node) : nodeHash(node, other);
    left >>= 1n;
  });
  if (!same(node, root)) throw reject(3, "the path leads to another root", hex(node), hex(root));
}

function splitPoint(leaves) {
  return 1n << BigInt(bits(leaves - 1n) - 1);
}

/** The leaves stand one after the other from `first` in the tree; the order of the proof is that of a receipt's. */
export function verifyRange(leaves, first, size, proof, root) {
  const last = first + BigInt(leaves.length);
  // 1.
  if (!(first >= 0n && leaves.length >= 1 && last <= size && size <= MAX_SIZE)) {
    throw reject(1, "the leaves lie outside the tree", `${leaves.length} leaves from ${first} in ${size}`);
  }
  // 2.
  const needed = outside(0n, size, first, last);
  if (proof.length !== needed) throw reject(2, "the proof has another length", `${proof.length} hashes`, `${needed}`);
  // 3.
  const hashes = proof[Symbol.iterator]();
  const rebuild = (start, end) => {
    if (end <= first || last <= start) return hashes.next().value;
    if (first <= start && end <= last) return rootOf(leaves.slice(Number(start - first), Number(end - first)));
    const middle = start + splitPoint(end - start);
    const left = rebuild(start, middle);
    return nodeHash(left, rebuild(middle, end));
  };
  const node = rebuild(0n, size);
  if (!same(node, root)) throw reject(3, "the leaves lead to another root", hex(node), hex(root));
}

function outside(start, end, first, last) {
  if (first <= start && end <= last) return 0;
  if (end <= first || last <= start) return 1;
  const middle = start + splitPoint(end - start);
  return outside(start, middle, first, last) + outside(middle, end, first, last);
}

/** Leaf hash of a ledger from an act, its salt and the commitment to its class (all hexadecimal). */
export function ledgerLeaf(salt, act, classCommitment) {
  return leafHash(taggedHash(ACT_TAG, fromHex(salt), fromHex(act)), fromHex(classCommitment));
}

/** The one root of a hold, over all its segments with their counts and numbers. */
export function bindingRoot(segments) {
  return rootOf(
    segments.map((segment, number) =>
      leafHash(SEGMENT_TAG, segment.root, bigEndian(segment.items, 8), bigEndian(number, 8)),
    ),
  );
}

/** RFC 6962 root over stored objects' digests, hexadecimal. */
export function objectsRoot(objects) {
  return hex(rootOf(objects.map((stored) => leafHash(fromHex(stored.digest)))));
}

export function itemLeaf(salt, frame) {
  return leafHash(salt, frame);
}

