// Words for people: text from outside made safe to show, points in time, sizes, durations.

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
const LIMIT = 2000;

/** Text from outside: what can't be seen, or turns the direction of writing, is written as its code. */
export function plain(text) {
  const letters = [...text];
  const shown = letters.length > LIMIT ? `${letters.slice(0, LIMIT).join("")} …` : text;
  return shown.replace(INVISIBLE, (letter) => `<U+${letter.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}>`);
}

/** A point in time, BigInt microseconds since 1970: UTC, whole seconds. */
export function told(at) {
  const date = new Date(Number(at / 1000n));
  return Number.isNaN(date.getTime()) ? "beyond every calendar" : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** The same of an instant in RFC 3339. */
export function toldText(text) {
  return told(BigInt(Date.parse(text)) * 1000n);
}

/** Bytes as a person reads them, decimal units. */
export function sizeWords(size) {
  let [value, unit] = [size, "B"];
  for (const larger of ["kB", "MB", "GB", "TB"]) {
    if (value < 1000) break;
    [value, unit] = [value / 1000, larger];
  }
  return unit === "B" ? `${size} B` : `${value.toFixed(1)} ${unit}`;
}

/** How long something will take, roughly. */
export function durationWords(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** A number with its noun. */
export function counted(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}
