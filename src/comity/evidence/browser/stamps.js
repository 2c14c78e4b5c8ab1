// Time stamps of the checkpoint (RFC 3161), as far as this page judges them (`comity.evidence.dossier.stamps` judges them whole).
//
// A stamp only adds: one that is worthless changes nothing, and one that is genuine, of an authority that the reader pinned,
// can fail check 12 and nothing else, namely where an act was filed after it. So the time that a stamp states is read here,
// and its signature is not. Where that time contradicts no act, the outcome is the same whether it is genuine or not.
// Where it does, or where it can't be read, the check is left open if the reader pinned an authority, and says why.

import { broken, BrokenInput, malformed } from "./broken.js";
import { latin1 } from "./bytes.js";
import { SKEW } from "./custody.js";
import { elements, OCTET_STRING, only, SEQUENCE } from "./der.js";
import { actPath } from "./dossier.js";
import { readInstant, told } from "./instants.js";

const TOKEN_LIMIT = 64 << 10;
const CONTEXT = 0xa0;
const GENERALIZED_TIME = 0x18;
const TIME_FIELD = 4; // of TSTInfo: version, policy, message imprint, serial number, time (RFC 3161 section 2.4.2)

export const STAMP = /^timestamps\/[0-9]{2}\.tsr$/;

const UNJUDGED = "its signature is not judged by this page, and counts for nothing here";
const ADVICE = "let the command `comity verify` judge it";

/** Step 6 of check 12: what the time stamps could say against the acts. */
export async function checkStamps(dossier, head, anchor, acts, examination) {
  const pinned = (anchor?.timestamp_authorities ?? []).length > 0;
  for (const file of dossier.paths().filter((path) => STAMP.test(path)).sort()) {
    if (head instanceof BrokenInput) {
      examination.remark("a time stamp is over no checkpoint that can be read", { file });
      continue;
    }
    let at = null;
    try {
      at = stampedAt(await dossier.read(file, TOKEN_LIMIT));
    } catch (error) {
      broken(error);
    }
    tellStamp(at, file, pinned, acts, examination);
  }
}

function tellStamp(at, file, pinned, acts, examination) {
  const later = at === null ? null : acts.find((act) => act.direction !== "enclosed" && act.filedAt - at > SKEW);
  const what = at === null ? "a time stamp cannot be read by this page" : `a time stamp says ${told(at)}; ${UNJUDGED}`;
  if (!pinned || (at !== null && !later)) {
    examination.remark(what, { file });
    return;
  }
  const said = `this page cannot check the time stamp (RFC 3161) of an authority that your trust anchor may name: ${what}`;
  const found = later ? `${actPath(later.id)} was filed at ${told(later.filedAt)}` : "";
  examination.doubt(said, { file, found, advice: ADVICE });
}

/** The time in the token of a response; throws `malformed` where it is not where DER has it. */
export function stampedAt(response) {
  const token = part(elements(only(response, SEQUENCE)), SEQUENCE, 1);
  const signed = only(part(elements(token), CONTEXT), SEQUENCE);
  const wrapped = elements(part(elements(signed), SEQUENCE));
  const fields = elements(only(only(part(wrapped, CONTEXT), OCTET_STRING), SEQUENCE));
  const time = fields[TIME_FIELD];
  const found = time?.tag === GENERALIZED_TIME && /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/.exec(latin1(time.content));
  const at = found ? readInstant(`${found.slice(1, 4).join("-")}T${found.slice(4, 7).join(":")}${found[7] ?? ""}Z`) : null;
  if (at === null) throw malformed("that is no time stamp");
  return at;
}

/** The content of the element of that tag, the first or a later one. */
function part(parts, tag, place = 0) {
  const found = parts.filter((each) => each.tag === tag)[place];
  if (!found) throw malformed("that is no time stamp");
  return found.content;
}
