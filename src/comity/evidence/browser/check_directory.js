// Check 3: every directory version the acts name leads to the root the reader pinned, and was current when it was used
// (`comity.evidence.checks.directory`).

import { broken, BrokenInput } from "./broken.js";
import { fromBase64url, hex, same } from "./bytes.js";
import { actPath, DIRECTORIES, directoryFolder, rotationPath } from "./dossier.js";
import { told } from "./instants.js";
import { readSealed, SEALED_LIMIT, verifySeals } from "./seals.js";
import { sha256 } from "./sha256.js";
import { METADATA_LIMIT, verifyDirectory } from "./tuf.js";
import { Examination } from "./verdicts.js";

const NUMBER = 3;
const NAME = "directory";

/** The directory versions that verified, each with the rotations by act that it vouches for. */
class Registers {
  constructor(versions) {
    this.versions = versions;
  }

  of(version) {
    const found = this.versions.get(version);
    if (!found) {
      const what = "the directory version it names is not in the dossier, or does not verify";
      throw new BrokenInput("directory-unknown", what, { found: `version ${version}` });
    }
    return found;
  }

  get newest() {
    const numbers = [...this.versions.keys()].sort((one, other) => (one < other ? -1 : 1));
    return numbers.length ? this.versions.get(numbers.at(-1)) : null;
  }
}

/** The directory versions to judge by, and the check. Steps as in Python. */
export async function checkDirectory(dossier, anchor, acts) {
  const examination = new Examination(NUMBER, NAME);
  const files = await filesOf(dossier, examination);
  // 1. and 2.
  const versions = await versionsOf(files, anchor, examination);
  // 3. and 4.
  checkUse(versions, acts, examination);
  // 5.
  const rotated = await rotate(versions, await rotations(dossier, examination), examination);
  const holds =
    "Every version of the directory that was used leads to the root you pinned, and was in force when it was used.";
  return { registers: new Registers(rotated), check: examination.close(holds) };
}

async function filesOf(dossier, examination) {
  const numbers = [...dossier.header.directories].sort((one, other) => (one < other ? -1 : 1));
  const files = new Map(numbers.map((number) => [directoryFolder(number), { number, files: new Map() }]));
  for (const path of dossier.paths()) {
    if (!path.startsWith(DIRECTORIES)) continue;
    const folder = `${path.split("/").slice(0, 3).join("/")}/`;
    try {
      const bytes = await dossier.read(path, METADATA_LIMIT);
      files.get(folder)?.files.set(path.startsWith(folder) ? path.slice(folder.length) : path, bytes);
    } catch (error) {
      examination.blame(broken(error), error.what, path);
    }
  }
  return [...files.values()];
}

async function versionsOf(files, anchor, examination) {
  const own = ownRoot(files);
  const digest = hex(sha256(own.bytes));
  if (anchor === null) {
    const what =
      `the directory's root ${digest.slice(0, 16)}… is not pinned: the dossier agrees with itself, and nobody you trust ` +
      "has said that these parties are who they claim to be";
    examination.doubt(what, {
      found: `root ${digest}`,
      advice: "get trust.json from someone you trust, not from whoever gave you the dossier, and drop it here too",
    });
    return verified(files, own.bytes, examination);
  }
  const pinned = fromBase64url(anchor.root);
  const trial = new Examination(NUMBER, NAME);
  const versions = await verified(files, pinned, trial);
  if (trial.holds) return versions;
  const contained = files.some((version) => [...version.files.values()].some((bytes) => same(bytes, pinned)));
  if (versions.size || contained || !trial.findings.invalid.length) return verified(files, pinned, examination);
  examination.fault("the directory is not the one you pinned: it is another federation's, or a forged one", {
    file: own.path,
    found: `root ${digest}`,
    expected: `root ${hex(sha256(pinned))}, or one that follows from it`,
    advice: "do not rely on this dossier; what the other checks say holds among these strangers only",
  });
  // The other checks then say what the dossier claims; nothing they find can mend this one.
  return verified(files, own.bytes, new Examination(NUMBER, NAME));
}

async function verified(files, root, examination) {
  const versions = new Map();
  let before = null;
  for (const { number, files: listed } of files) {
    const folder = directoryFolder(number);
    let found;
    try {
      found = await verifyDirectory(listed, root, before);
    } catch (error) {
      examination.blame(broken(error), `directory version ${number} does not verify: ${error.what}`, folder);
      continue;
    }
    if (found.version.number !== number) {
      const what = "a directory version is not the one its folder says";
      examination.fault(what, { file: folder, found: `${found.version.number}` });
      continue;
    }
    versions.set(number, found);
    before = found;
  }
  return versions;
}

/** The oldest root in the dossier and where it stands; empty where there is none, and then nothing verifies. */
function ownRoot(files) {
  for (const { number, files: listed } of files) {
    const roots = [...listed.keys()]
      .map((name) => [/^(?:metadata\/)?([0-9]+)(?:\.root\.json)?$/.exec(name), name])
      .filter(([found]) => found)
      .map(([found, name]) => [BigInt(found[1]), name])
      .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
    if (roots.length) return { path: directoryFolder(number) + roots[0][1], bytes: listed.get(roots[0][1]) };
  }
  return { path: "", bytes: new Uint8Array() };
}

function checkUse(versions, acts, examination) {
  for (const act of acts) {
    const version = versions.get(act.payload.directory);
    if (!version) {
      examination.doubt("an act names a directory version that is not in the dossier", {
        file: actPath(act.id),
        found: `version ${act.payload.directory}`,
        expected: `one of ${[...versions.keys()].join(", ") || "none"}`,
      });
    } else if (act.sealedAt > version.version.expires) {
      const what = "an act was sealed under a directory version that had expired: keys may have been withdrawn by then";
      examination.doubt(what, {
        file: actPath(act.id),
        found: `sealed at ${told(act.sealedAt)}`,
        expected: `by ${told(version.version.expires)}`,
      });
    }
  }
}

/** The acts that replaced keys, in the order they were sealed. */
async function rotations(dossier, examination) {
  const opened = [];
  for (const name of dossier.header.rotations) {
    const path = rotationPath(name);
    try {
      const act = readSealed(await dossier.read(path, SEALED_LIMIT));
      if (act.id === name && act.payload.body.type === "key-rotated") opened.push(act);
      else examination.fault("an act that replaced a key is another act", { file: path, found: act.id, expected: name });
    } catch (error) {
      examination.blame(broken(error), `an act that replaced a key cannot be read: ${error.what}`, path);
    }
  }
  return opened.sort((one, other) => (one.sealedAt < other.sealedAt ? -1 : one.sealedAt > other.sealedAt ? 1 : 0));
}

/** Each version with the rotations that it vouches for: one by a key that it has withdrawn since does not count there. */
async function rotate(versions, acts, examination) {
  const rotated = new Map(versions);
  for (const act of acts) {
    let refused = null;
    let counted = false;
    for (const [number, directory] of rotated) {
      try {
        rotated.set(number, await withRotation(directory, act));
        counted = true;
      } catch (error) {
        refused = broken(error);
      }
    }
    const file = rotationPath(act.id);
    if (!counted && refused) {
      examination.blame(refused, `an act that replaced a key does not verify: ${refused.what}`, file);
    }
    if (counted) {
      const { issuer, body } = act.payload;
      examination.remark(`${issuer} replaced its ${body.key} key from ${told(body.valid_from)} on`, { file });
    }
  }
  return rotated;
}

async function withRotation(directory, act) {
  await verifySeals(act, directory, act.sealedAt);
  return directory.withRotation(act.payload.issuer, act.payload.body, act.id, act.sealedAt);
}

