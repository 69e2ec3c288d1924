import { isJsonObject, type JsonObject, parseJson } from "@trestle/protocol";
import { type PinItem, type PinKind, pinHash } from "./items.ts";

/** One definition as it was pinned. */
export interface Pin {
  readonly hash: string;
  /** Not kept where it holds a secret: the file is for everybody who works on the configuration. */
  readonly definition?: JsonObject;
  /** What was found in it when it was first seen; nobody has approved it. */
  readonly findings?: readonly string[];
  /** True where it was pinned while nothing was scanned, so that nothing could be found. */
  readonly unscanned?: true;
  /** True where somebody has read it and let it be used, whatever may be found in it. */
  readonly approved?: true;
}

/** By `keyOf` of each item. */
export type ServerPins = ReadonlyMap<string, Pin>;
/** By server id. */
export type Lock = ReadonlyMap<string, ServerPins>;

const VERSION = 1;
const SECTIONS: Readonly<Record<PinKind, string>> = {
  instructions: "instructions",
  prompt: "prompts",
  tool: "tools",
};

/** Everything in its order: the same pins make the same text, and a change touches only its own lines. */
export function formatLock(lock: Lock): string {
  const servers = [...lock].toSorted(byKey).map(([id, pins]) => {
    const sections = Object.entries(SECTIONS).map(([kind, section]) => {
      const own = [...pins]
        .filter(([key]) => key.startsWith(`${kind} `))
        .toSorted(byKey)
        .map(([key, pin]) => [key.slice(kind.length + 1), pin] as const);
      return [section, Object.fromEntries(own)] as const;
    });
    const filled = sections.filter(([, pins]) => Object.keys(pins).length > 0);
    return [id, Object.fromEntries(filled)] as const;
  });
  const value = { lockfileVersion: VERSION, servers: Object.fromEntries(servers) };
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Throws where the text is none of ours: whoever cannot be read says nothing of what was approved. */
export function parseLock(text: string): Lock {
  const value = parseJson(text.replace(/^\uFEFF/, ""));
  if (!isJsonObject(value)) throw new Error("it is no JSON object");
  const { lockfileVersion, servers } = value;
  if (Number(lockfileVersion) > VERSION) throw new Error("a newer version of Trestle wrote it");
  if (lockfileVersion !== VERSION) throw new Error("its lockfileVersion is not 1");
  return new Map(
    Object.entries(sectionOf(servers, "servers")).map(([id, pins]) => [id, pinsOf(pins, id)]),
  );
}

function pinsOf(value: unknown, id: string): ServerPins {
  const server = sectionOf(value, id);
  const pins = Object.entries(SECTIONS).flatMap(([kind, section]) =>
    Object.entries(sectionOf(server[section] ?? {}, `${id}.${section}`)).map(
      ([name, pin]) => [`${kind} ${name}`, pinOf(pin, `${id}.${section}.${name}`)] as const,
    ),
  );
  return new Map(pins);
}

function sectionOf(value: unknown, path: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw new Error(`${path} is no object`);
}

function pinOf(value: unknown, path: string): Pin {
  const { hash, definition, findings, unscanned, approved } = sectionOf(value, path);
  if (typeof hash !== "string") throw new Error(`${path} has no hash`);
  return {
    hash,
    ...(isJsonObject(definition) ? { definition } : {}),
    ...(Array.isArray(findings) ? { findings: findings.map(String) } : {}),
    ...(unscanned === true ? { unscanned } : {}),
    ...(approved === true ? { approved } : {}),
  };
}

/** The definition that was pinned, if it is kept and is the one that the hash is of. */
export function definitionOf({ hash, definition }: Pin): JsonObject | undefined {
  return definition && pinHash(definition) === hash ? definition : undefined;
}

/** How a definition came to be pinned. */
export type PinnedBy =
  | { readonly how: "approved" | "unscanned" }
  | { readonly how: "scanned"; readonly findings: readonly string[] };

export function pinFor(
  { hash, definition }: Pick<PinItem, "hash" | "definition">,
  { isSecret, by }: { readonly isSecret: boolean; readonly by: PinnedBy },
): Pin {
  return { hash, ...markOf(by), ...(isSecret ? {} : { definition }) };
}

function markOf(by: PinnedBy): Pick<Pin, "approved" | "unscanned" | "findings"> {
  if (by.how === "scanned") return by.findings.length === 0 ? {} : { findings: by.findings };
  return by.how === "approved" ? { approved: true } : { unscanned: true };
}

/** By their code units, so that no locale changes the file. */
function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
