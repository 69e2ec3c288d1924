/**
 * How a key is a path: one name per segment, and a key of small letters, digits, `-`, `_` and inner dots
 * with an extension is its own path: `mcp/diagnoses/01J….json`. Everything else is written so that no two
 * keys share a path on any file system, whatever it does to case, Unicode, dots or spaces at the end, and
 * names of devices:
 *
 * - Other bytes are `%xx`. So are capital letters, save in a ULID, where the small ones are.
 * - A file without an extension ends in `%f`, a folder with one in `%d`: no name can be both, and so an
 *   object `a` can stand beside an object `a/b`.
 * - An empty segment is the folder `%`; a long one goes on in a folder whose name ends in `%+`.
 *
 * Here a key is a string of its UTF-8 bytes, one character each: so it is ordered as the port orders.
 */
export type KeyBytes = string;

/** What a name within a folder stands for; `part` is the whole segment or, for `more`, its beginning. */
export interface Name {
  readonly kind: "file" | "folder" | "more";
  readonly part: KeyBytes;
}

/** File systems take 255, some that encrypt only 143. */
const LONGEST_NAME = 140;
const ULID = /(?<![0-9a-z])[0-7][0-9a-hjkmnp-tv-z]{25}(?![0-9a-z])/gi;
const PLAIN_ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}\.[a-z]{1,8}$/;
const EXTENSION = /\.[a-z0-9]+$/i;
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/;
const ESCAPED = /%([0-9a-f]{2})/g;

export function toKeyBytes(key: string): KeyBytes {
  return Buffer.from(key, "utf8").toString("latin1");
}

export function fromKeyBytes(bytes: KeyBytes): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** The names from the store's folder down to the key's file. */
export function namesOfKey(key: KeyBytes): string[] {
  const segments = key.split("/");
  return segments.flatMap((segment, at) =>
    namesOfSegment(segment, at === segments.length - 1 ? "file" : "folder"),
  );
}

/** One name, or several where it is long. */
export function namesOfSegment(segment: KeyBytes, kind: "file" | "folder"): string[] {
  if (kind === "file" && PLAIN_ULID.test(segment)) return [segment];
  const chunks = toChunks(lettersOf(segment)).map(withoutDevice);
  const last = chunks.pop() ?? "";
  return [...chunks.map((chunk) => `${chunk}%+`), withMark(last, kind)];
}

export function parseName(name: string): Name {
  const mark = name.slice(-2);
  if (mark === "%+") return { kind: "more", part: fromLetters(name.slice(0, -2)) };
  if (mark === "%f") return { kind: "file", part: fromLetters(name.slice(0, -2)) };
  if (mark === "%d") return { kind: "folder", part: fromLetters(name.slice(0, -2)) };
  if (name === "%") return { kind: "folder", part: "" };
  return { kind: EXTENSION.test(name) ? "file" : "folder", part: fromLetters(name) };
}

function fromLetters(text: string): KeyBytes {
  if (!text.includes("%")) return text;
  return text.replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Each byte as it is written: itself or `%xx`. */
function lettersOf(segment: KeyBytes): string[] {
  const ulids = [...segment.matchAll(ULID)].map(({ index }) => index);
  const isInUlid = (at: number) => ulids.some((start) => at >= start && at < start + 26);
  return Array.from(segment, (byte, at) => {
    const isPlain =
      /[0-9_-]/.test(byte) ||
      (byte === "." && at > 0 && at < segment.length - 1) ||
      (isInUlid(at) ? /[A-Z]/ : /[a-z]/).test(byte);
    return isPlain ? byte : toEscape(byte);
  });
}

function toEscape(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** Cut between letters, so that each chunk can be read alone. */
function toChunks(letters: readonly string[]): string[] {
  const chunks = [""];
  for (const letter of letters) {
    const chunk = chunks.at(-1) ?? "";
    if (chunk.length + letter.length <= LONGEST_NAME) chunks[chunks.length - 1] = chunk + letter;
    else chunks.push(letter);
  }
  return chunks;
}

/** Windows takes `con.json` for the console. */
function withoutDevice(chunk: string): string {
  return DEVICE.test(chunk) ? `${toEscape(chunk.slice(0, 1))}${chunk.slice(1)}` : chunk;
}

function withMark(name: string, kind: "file" | "folder"): string {
  if (kind === "file") return EXTENSION.test(name) ? name : `${name}%f`;
  if (EXTENSION.test(name)) return `${name}%d`;
  return name === "" ? "%" : name;
}
