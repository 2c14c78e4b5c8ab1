// Decoding by the shapes the Python code decodes by (SHAPES is made from its structs): unknown fields, missing fields,
// other kinds, other lengths and other patterns are refused, and then what the struct checks of its own (rules.js).

import { looseBase64 } from "./bytes.js";
import { BrokenInput, malformed } from "./broken.js";
import { readInstant } from "./instants.js";
import { readJson } from "./json.js";
import { readMsgpack, Stamp } from "./msgpack.js";
import { RULES } from "./rules.js";

const PATTERNS = new Map();

/** The value in at most `limit` bytes of JSON that is exactly of the shape of that name. */
export function decode(bytes, name, limit) {
  if (bytes.length > limit) {
    throw new BrokenInput("oversized", "the message is too large", {
      found: `${bytes.length} bytes`,
      expected: `at most ${limit} bytes`,
    });
  }
  const { value, doubled } = readJson(bytes);
  const decoded = struct(name, value, JSON_KINDS);
  if (doubled) throw new BrokenInput("duplicate-key", "a JSON object names a key twice");
  return decoded;
}

/** The value of that shape which fills these bytes of MessagePack. */
export function unpack(bytes, name) {
  return struct(name, readMsgpack(bytes), PACKED_KINDS);
}

/** How the kinds that JSON lacks are written, here and there. */
const JSON_KINDS = {
  bytes: (value) => (typeof value === "string" ? looseBase64(value) : null),
  time: (value) => (typeof value === "string" ? readInstant(value) : null),
};
const PACKED_KINDS = {
  bytes: (value) => (value instanceof Uint8Array ? value : null),
  time: (value) => (value instanceof Stamp ? value.at : JSON_KINDS.time(value)),
};

function struct(name, value, kinds) {
  const shape = SHAPES[name];
  const decoded = shape.array ? fromArray(shape, value, kinds) : fromMap(shape, value, kinds);
  if (shape.checked) demand(RULES[name](decoded, value));
  return decoded;
}

function fromMap(shape, value, kinds) {
  demand(value instanceof Map);
  const decoded = {};
  let known = 0;
  if (shape.tag) {
    decoded[shape.tag[0]] = shape.tag[1];
    known += value.has(shape.tag[0]) ? 1 : 0;
  }
  for (const field of shape.fields) {
    const given = value.has(field[0]);
    known += given ? 1 : 0;
    decoded[field[0]] = given ? one(field[1], value.get(field[0]), kinds) : otherwise(field);
  }
  demand(!shape.strict || known === value.size);
  return decoded;
}

function fromArray(shape, value, kinds) {
  demand(Array.isArray(value) && (!shape.strict || value.length <= shape.fields.length));
  const decoded = {};
  shape.fields.forEach((field, index) => {
    decoded[field[0]] = index < value.length ? one(field[1], value[index], kinds) : otherwise(field);
  });
  return decoded;
}

function otherwise(field) {
  demand(field.length === 3);
  return typeof field[2] === "number" ? BigInt(field[2]) : field[2];
}

function one(shape, value, kinds) {
  return KINDS[shape[0]](shape, value, kinds);
}

const KINDS = {
  int([, least, most], value) {
    demand(typeof value === "bigint");
    demand((least === null || value >= BigInt(least)) && (most === null || value <= BigInt(most)));
    return value;
  },
  str([, shortest, longest, pattern], value) {
    demand(typeof value === "string");
    demand(shortest === null || value.length >= shortest);
    demand(longest === null || value.length <= longest || [...value].length <= longest);
    demand(pattern === null || compiled(pattern).test(value));
    return value;
  },
  bytes([, shortest, longest], value, kinds) {
    const bytes = kinds.bytes(value);
    demand(bytes !== null);
    demand((shortest === null || bytes.length >= shortest) && (longest === null || bytes.length <= longest));
    return bytes;
  },
  bool(_shape, value) {
    demand(typeof value === "boolean");
    return value;
  },
  time(_shape, value, kinds) {
    const at = kinds.time(value);
    demand(at !== null);
    return at;
  },
  enum([, values], value) {
    demand(typeof value === "string" && values.includes(value));
    return value;
  },
  list([, item, longest], value, kinds) {
    demand(Array.isArray(value) && (longest === null || value.length <= longest));
    return value.map((each) => one(item, each, kinds));
  },
  struct([, name], value, kinds) {
    return struct(name, value, kinds);
  },
  union([, field, tagged], value, kinds) {
    const tag = value instanceof Map ? value.get(field) : null;
    demand(typeof tag === "string" && Object.hasOwn(tagged, tag));
    return struct(tagged[tag], value, kinds);
  },
  optional([, shape], value, kinds) {
    return value === null ? null : one(shape, value, kinds);
  },
};

function compiled(pattern) {
  let found = PATTERNS.get(pattern);
  if (!found) PATTERNS.set(pattern, (found = new RegExp(pattern)));
  return found;
}

function demand(holds) {
  if (!holds) throw malformed("the message does not have the expected form");
}

