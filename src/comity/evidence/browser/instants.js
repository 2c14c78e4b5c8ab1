// Points in time as BigInt microseconds since 1970 UTC: exact, and comparable with the ordinary signs.

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):?(\d\d))$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export const SECOND = 1000000n;
export const MINUTE = 60n * SECOND;
export const HOUR = 60n * MINUTE;
const DAY_MS = 86400000;
const LAST = 253402300800n * SECOND;

/** The instant of an RFC 3339 text with a zone, as msgspec reads it; null for any other text. */
export function readInstant(text) {
  const found = RFC3339.exec(text);
  if (!found) return null;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (year < 1 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return null;
  if (day > DAYS[month - 1] + (leap && month === 2 ? 1 : 0)) return null;
  const [ahead, behind] = found[8] ? [0, 0] : [Number(found[10]), Number(found[11])];
  if (ahead > 23 || behind > 59) return null;
  const local = BigInt(daysTo(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) * SECOND + micros(found[7]);
  if (local >= LAST) return null;
  const offset = BigInt(ahead * 60 + behind) * MINUTE;
  return found[9] === "-" ? local + offset : local - offset;
}

function micros(digits = "") {
  const kept = BigInt(digits.slice(0, 6).padEnd(6, "0"));
  return digits.length > 6 && digits[6] >= "5" ? kept + 1n : kept;
}

function daysTo(year, month, day) {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return Math.round(date.getTime() / DAY_MS);
}

/** The calendar year the text of an instant states, in its own zone. */
export function yearStated(text) {
  return Number(text.slice(0, 4));
}

/** A point in time as a person reads it: UTC, whole seconds. */
export function told(at) {
  return `${iso(at - modulo(at)).slice(0, 19).replace("T", " ")} UTC`;
}

/** ISO 8601 with a numeric zone, microseconds only where there are any. */
export function iso(at) {
  const part = modulo(at);
  const date = new Date(Number((at - part) / 1000n));
  if (Number.isNaN(date.getTime())) return `${at} microseconds after 1970`;
  const fraction = part ? `.${String(part).padStart(6, "0")}` : "";
  return `${date.toISOString().slice(0, -5)}${fraction}+00:00`;
}

/** The date alone, as `bag-info.txt` has it. */
export function isoDate(at) {
  return iso(at).slice(0, 10);
}

/** As the report has it: RFC 3339 with a Z. */
export function rfc3339(at) {
  return iso(at).replace("+00:00", "Z");
}

function modulo(at) {
  return ((at % SECOND) + SECOND) % SECOND;
}
