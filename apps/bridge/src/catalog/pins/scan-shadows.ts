import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import type { PinItem } from "./items.ts";
import type { Neighbours } from "./neighbours.ts";
import type { Finding } from "./scan.ts";
import { around, withoutUnseen } from "./scan-characters.ts";
import { visible } from "./visible.ts";

/**
 * Finds what concerns the tools of other servers: a definition that says how to use them, or what they are,
 * reaches a model together with theirs; a name that looks like one of theirs is called in its place.
 */
export function scanShadows(item: PinItem, server: string, beside: Neighbours): Finding[] {
  const { kind, name, definition } = item;
  const imitated = kind === "tool" ? beside.imitatedBy({ server, name }) : undefined;
  const found: Finding[] = imitated
    ? [
        {
          rule: `looks like the tool ${visible(imitated.name)} of ${imitated.server}`,
          where: "name",
          excerpt: visible(name),
        },
      ]
    : [];
  for (const { word, where, text, index } of mentionsIn(definition)) {
    const meant = beside.named(word, server);
    if (!meant) continue;
    const rule = `speaks of the tool ${visible(meant.name)} of ${meant.server}`;
    if (!found.some((each) => each.rule === rule)) {
      found.push({ rule, where, excerpt: around(text, index, word.length) });
    }
    if (found.length === MOST_FINDINGS) break;
  }
  return found;
}

const MOST_FINDINGS = 5;

/** A word of a text that may be the name of a tool. */
interface Mention {
  readonly word: string;
  readonly where: string;
  readonly text: string;
  readonly index: number;
}

/** Names of several words, which no sentence has by chance: `read_file`, `readFile`, `files.read`. */
const SEVERAL = /[A-Za-z0-9]+(?:(?:__?|[-./])[A-Za-z0-9]+)+|[a-z][a-z0-9]*[A-Z][A-Za-z0-9]*/g;
/** A single word counts where it is marked as the name of a tool. */
const SINGLE =
  /[`'"]([A-Za-z0-9]+)[`'"] tool\b|\btools? (?:named |called )?[`'"]([A-Za-z0-9]+)[`'"]/g;

const known = new WeakMap<JsonObject, readonly Mention[]>();

function mentionsIn(definition: JsonObject): readonly Mention[] {
  const found = known.get(definition) ?? findMentions(definition);
  known.set(definition, found);
  return found;
}

function findMentions(definition: JsonObject): Mention[] {
  const mentions: Mention[] = [];
  /** Names of its own arguments, and the values that they may have. */
  const own = new Set<string>();
  const waiting: (readonly [where: string, value: JsonValue | undefined])[] = [["", definition]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [where, value] = next;
    if (typeof value === "string") {
      if (/\s/.test(value)) mentions.push(...wordsOf(value, where));
      else own.add(value);
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) waiting.push([`${where}[${index}]`, item]);
    } else if (isJsonObject(value)) {
      for (const [key, item] of Object.entries(value)) {
        own.add(key);
        waiting.push([where === "" ? visible(key) : `${where}.${visible(key)}`, item]);
      }
    }
  }
  return mentions.filter(({ word }) => !own.has(word));
}

function wordsOf(text: string, where: string): Mention[] {
  const read = /^[\x20-\x7E\s]*$/.test(text) ? text : withoutUnseen(text).normalize("NFKC");
  return [...read.matchAll(SEVERAL), ...read.matchAll(SINGLE)].map((match) => {
    const word = match[1] ?? match[2] ?? match[0];
    return { word, where, text: read, index: match.index };
  });
}
