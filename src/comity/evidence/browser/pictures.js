// Files that hold pictures and nothing else, read to the last byte (`comity.evidence.redaction.files`): a PNG of one stream of
// pixels, a JPEG of its tables and its scan, a PDF that shows one of them on each page and that is written again to compare.

import { BrokenInput, cannotJudge } from "./broken.js";
import { concatAll, same, startsWith } from "./bytes.js";
import { crc32 } from "./crc32.js";

const MOST_PIXELS = 40_000_000;
const PIXELS_PER_POINT = 2;
const PNG_START = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const PNG_FORM = Uint8Array.of(8, 2, 0, 0, 0);
const PNG_HEADER = 13;
const [JFIF, FRAME, SCAN, END] = [0xe0, 0xc0, 0xda, 0xd9];
const WITHIN = new Set([0xdb, 0xc4, FRAME]);
const FRAME_SIZE = 15;
const BARE_JFIF = [0x4a, 0x46, 0x49, 0x46, 0, 1, null, 0, 0, 1, 0, 1, 0, 0]; // any minor version
const PDF_START = Uint8Array.of(...[..."%PDF-1.4\n%"].map((letter) => letter.charCodeAt(0)), 0xe2, 0xe3, 0xcf, 0xd3, 0x0a);
const IMAGE = new RegExp(
  "/Subtype /Image /Width ([0-9]{1,6}) /Height ([0-9]{1,6}) [^>]{1,200}?/Filter /(Flate|DCT)Decode " +
    "(?:/DecodeParms <<[^>]{1,100}>> )?/Length ([0-9]{1,10}) >>\nstream\n",
  "g",
);

const ascii = new TextEncoder();

/** Throws `BrokenInput` (not-allowed) where the file is anything but pictures. */
export async function readPictures(content) {
  if (startsWith(content, PDF_START.subarray(0, 5))) await readPdf(content);
  else if (startsWith(content, PNG_START)) await readPng(content);
  else readJpeg(content);
}

async function readPng(content) {
  const chunks = [...chunksOf(content)];
  const [head, end] = [chunks[0], chunks.at(-1)];
  const pixels = chunks.slice(1, -1);
  const ordered = head?.name === "IHDR" && end.name === "IEND" && pixels.every(({ name }) => name === "IDAT");
  if (!ordered || head.data.length !== PNG_HEADER || end.data.length || !same(head.data.subarray(8), PNG_FORM)) {
    throw moreThan("PNG");
  }
  await requirePixels(big(head.data, 0, 4), big(head.data, 4, 4), concatAll(pixels.map(({ data }) => data)));
}

function* chunksOf(content) {
  for (let at = PNG_START.length, next; at < content.length; at = next) {
    next = at + 12 + big(content, at, 4);
    if (at + 12 > content.length || next > content.length) throw moreThan("PNG");
    if (crc32(content.subarray(at + 4, next - 4)) !== big(content, next - 4, 4)) throw moreThan("PNG");
    yield { name: String.fromCharCode(...content.subarray(at + 4, at + 8)), data: content.subarray(at + 8, next - 4) };
  }
}

async function requirePixels(width, height, data) {
  if (width * height > MOST_PIXELS || !(await inflatesTo(data, height * (3 * width + 1)))) throw moreThan("PNG");
}

/** Whether the stream has exactly so many bytes in it, and nothing behind. */
async function inflatesTo(data, size) {
  if (typeof DecompressionStream === "undefined") throw cannotJudge("pictures");
  const reader = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  let found = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      found += part.value.length;
      if (found > size) {
        await reader.cancel();
        return false;
      }
    }
  } catch (error) {
    if (error instanceof TypeError) return false; // no such stream, one cut short, or bytes behind it
    throw error;
  }
  return found === size;
}

function readJpeg(content) {
  const segments = [...segmentsOf(content)];
  const [first, last] = [segments[0], segments.at(-1)];
  const frames = segments.filter(({ marker }) => marker === FRAME);
  if (
    first?.marker !== JFIF ||
    last.marker !== SCAN ||
    !segments.slice(1, -1).every(({ marker }) => WITHIN.has(marker)) ||
    frames.length !== 1 ||
    frames[0].body.length !== FRAME_SIZE ||
    first.body.length !== BARE_JFIF.length ||
    !BARE_JFIF.every((byte, at) => byte === null || byte === first.body[at]) ||
    endOfScan(content, last.end) !== content.length
  ) {
    throw moreThan("JPEG");
  }
  const { body } = frames[0];
  return { lossless: false, width: big(body, 3, 2), height: big(body, 1, 2), data: content };
}

/** Marker, body and end of each segment up to the scan's own (T.81 B.1.1.4). */
function* segmentsOf(content) {
  if (content[0] !== 0xff || content[1] !== 0xd8) return;
  for (let at = 2, marker = 0, end; marker !== SCAN && content[at] === 0xff; at = end) {
    marker = content[at + 1] ?? 0;
    end = at + 2 + big(content, at + 2, 2);
    yield { marker, body: content.subarray(at + 4, end), end };
  }
}

/** Where the file must end, which is behind the first marker that is none of the scan's own; 0 for another marker. */
function endOfScan(content, start) {
  for (let at = start; at + 1 < content.length; at++) {
    const next = content[at + 1];
    if (content[at] === 0xff && next !== 0 && (next < 0xd0 || next > 0xd7)) return next === END ? at + 2 : 0;
  }
  return 0;
}

async function readPdf(content) {
  const text = new TextDecoder("latin1").decode(content); // one character a byte
  const pictures = [];
  IMAGE.lastIndex = 0;
  for (let found = IMAGE.exec(text); found; found = IMAGE.exec(text)) {
    const start = IMAGE.lastIndex;
    const data = content.subarray(start, start + Number(found[4]));
    IMAGE.lastIndex = start + Number(found[4]);
    if (found[3] === "DCT") {
      pictures.push(readJpeg(data));
    } else {
      const [width, height] = [Number(found[1]), Number(found[2])];
      await requirePixels(width, height, data);
      pictures.push({ lossless: true, width, height, data });
    }
  }
  if (!pictures.length || !same(writePdf(pictures), content)) throw moreThan("PDF");
}

/** The PDF with each picture on a page of its size, as `write_pdf` makes it. */
function writePdf(pictures) {
  const kids = pictures.map((_, at) => `${3 + 3 * at} 0 R`).join(" ");
  const objects = [
    ["<< /Type /Catalog /Pages 2 0 R >>"],
    [`<< /Type /Pages /Count ${pictures.length} /Kids [${kids}] >>`],
    ...pictures.flatMap((picture, at) => pageOf(3 + 3 * at, picture)),
  ];
  const parts = [PDF_START];
  const places = [];
  let size = PDF_START.length;
  const put = (part) => {
    const bytes = typeof part === "string" ? ascii.encode(part) : part;
    parts.push(bytes);
    size += bytes.length;
  };
  objects.forEach((object, at) => {
    places.push(size);
    [`${at + 1} 0 obj\n`, ...object, "\nendobj\n"].forEach(put);
  });
  const end = size;
  const table = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  const count = objects.length + 1;
  put(`xref\n0 ${count}\n0000000000 65535 f \n${table}trailer\n<< /Size ${count} /Root 1 0 R >>\n`);
  put(`startxref\n${end}\n%%EOF\n`);
  return concatAll(parts);
}

function pageOf(number, picture) {
  const { lossless, data } = picture;
  const [width, height] = [points(picture.width), points(picture.height)];
  const drawn = `${width} 0 0 ${height} 0 0 cm /P Do`;
  const more = lossless ? `/DecodeParms << /Predictor 15 /Colors 3 /Columns ${picture.width} >> ` : "";
  const image =
    `<< /Type /XObject /Subtype /Image /Width ${picture.width} /Height ${picture.height} /ColorSpace /DeviceRGB ` +
    `/BitsPerComponent 8 /Filter /${lossless ? "Flate" : "DCT"}Decode ${more}/Length ${data.length} >>\nstream\n`;
  return [
    [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${width} ${height}] /Contents ${number + 1} 0 R ` +
        `/Resources << /XObject << /P ${number + 2} 0 R >> >> >>`,
    ],
    [`<< /Length ${drawn.length} >>\nstream\n${drawn}\nendstream`],
    [image, data, "\nendstream"],
  ];
}

function points(pixels) {
  return (pixels / PIXELS_PER_POINT).toFixed(1);
}

/** A big-endian number; bytes that are not there count for nothing, as in Python. */
function big(bytes, at, count) {
  return bytes.subarray(at, at + count).reduce((number, byte) => 256 * number + byte, 0);
}

function moreThan(form) {
  return new BrokenInput("not-allowed", `a redacted ${form} is not made of pictures alone`);
}
