// JSON as RFC 8259 has it and no more, with everything kept that JavaScript's own reader loses: whether a key stands twice,
// and whole numbers of any size (as BigInt). Objects become Maps: no name in one can reach anything of the language's own.

import { fromUtf8 } from "./bytes.js";
import { malformed } from "./broken.js";

const DEEPEST = 900;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const BLANK = /[ \t\n\r]*/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** A number that is not written as a whole one. */
export class Fraction {
  constructor(text) {
    this.text = text;
  }
}

/** The value in these bytes and whether an object names a key twice; throws `malformed`. */
export function readJson(bytes) {
  const text = fromUtf8(bytes);
  if (text === null) throw unreadable();
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.blank();
  if (reader.at !== text.length) throw unreadable();
  return { value, doubled: reader.doubled };
}

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.doubled = false;
  }

  value(depth) {
    if (depth > DEEPEST) throw unreadable();
    this.blank();
    switch (this.text[this.at]) {
      case "{":
        return this.object(depth);
      case "[":
        return this.array(depth);
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      default:
        return this.number();
    }
  }

  object(depth) {
    const found = new Map();
    this.at++;
    this.blank();
    if (this.took("}")) return found;
    do {
      this.blank();
      if (this.text[this.at] !== '"') throw unreadable();
      const key = this.string();
      this.blank();
      if (!this.took(":")) throw unreadable();
      if (found.has(key)) this.doubled = true;
      found.set(key, this.value(depth + 1));
      this.blank();
    } while (this.took(","));
    if (!this.took("}")) throw unreadable();
    return found;
  }

  array(depth) {
    const found = [];
    this.at++;
    this.blank();
    if (this.took("]")) return found;
    do {
      found.push(this.value(depth + 1));
      this.blank();
    } while (this.took(","));
    if (!this.took("]")) throw unreadable();
    return found;
  }

  string() {
    let found = "";
    this.at++;
    for (;;) {
      found += this.match(PLAIN);
      if (this.took('"')) break;
      if (!this.took("\\")) throw unreadable();
      found += this.escape();
    }
    // Half of a pair is no character.
    if (/[\ud800-\udbff](?![\udc00-\udfff])|(?:^|[^\ud800-\udbff])[\udc00-\udfff]/.test(found)) throw unreadable();
    return found;
  }

  escape() {
    const letter = this.text[this.at++];
    if (letter !== "u") {
      if (!Object.hasOwn(ESCAPES, letter ?? "")) throw unreadable();
      return ESCAPES[letter];
    }
    const digits = this.text.substr(this.at, 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw unreadable();
    this.at += 4;
    return String.fromCharCode(parseInt(digits, 16));
  }

  number() {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (!found) throw unreadable();
    this.at = NUMBER.lastIndex;
    return found[1] || found[2] ? new Fraction(found[0]) : BigInt(found[0]);
  }

  word(word, value) {
    if (!this.text.startsWith(word, this.at)) throw unreadable();
    this.at += word.length;
    return value;
  }

  took(letter) {
    if (this.text[this.at] !== letter) return false;
    this.at++;
    return true;
  }

  blank() {
    this.match(BLANK);
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)[0];
    this.at += found.length;
    return found;
  }
}

function unreadable() {
  return malformed("the message does not have the expected form");
}
