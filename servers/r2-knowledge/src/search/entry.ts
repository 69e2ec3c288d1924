import { isJsonObject, type JsonObject } from "@trestle/protocol";

/** What the search needs of a record. Everything may be missing; what is of another kind is taken as missing. */
export interface SearchEntry {
  /** Kind of record: `diagnosis`, `audit`. */
  readonly type?: string;
  readonly name?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly fix?: string;
  readonly context?: string;
  readonly severity?: string;
  /** 0 to 1. */
  readonly confidence?: number;
  /** Milliseconds since 1970: when the error was met. */
  readonly timestamp?: number;
  /** Facts to filter and count by. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** As `fingerprint` gives it; made here where it is missing or of an older version. */
  readonly fingerprint?: string;
  /** Small and not looked into: comes back with the hit. */
  readonly data?: JsonObject;
}

/** What longer texts are cut to before they are indexed, in characters. */
const LIMITS = { name: 200, message: 2_000, stack: 6_000, fix: 2_000, context: 500, value: 200 };
const MOST_FACTS = 30;

/** Reads what a line of the ledger carries, whoever wrote it. */
export function toEntry(value: unknown, at: number): SearchEntry & { readonly timestamp: number } {
  const given: JsonObject = isJsonObject(value) ? value : {};
  const text = (key: string, most: number) => {
    const found = given[key];
    return typeof found === "string" && found !== "" ? { [key]: found.slice(0, most) } : {};
  };
  const { confidence, timestamp, metadata, data } = given;
  return {
    ...text("type", LIMITS.value),
    ...text("name", LIMITS.name),
    ...text("message", LIMITS.message),
    ...text("stack", LIMITS.stack),
    ...text("fix", LIMITS.fix),
    ...text("context", LIMITS.context),
    ...text("severity", LIMITS.value),
    ...text("fingerprint", LIMITS.value),
    ...(typeof confidence === "number" ? { confidence } : {}),
    timestamp: typeof timestamp === "number" ? timestamp : at,
    ...(isJsonObject(metadata) ? { metadata: factsOf(metadata) } : {}),
    ...(isJsonObject(data) ? { data } : {}),
  };
}

function factsOf(metadata: JsonObject): Record<string, string> {
  const plain = Object.entries(metadata).filter(([, value]) =>
    ["string", "number", "boolean"].includes(typeof value),
  );
  return Object.fromEntries(
    plain.slice(0, MOST_FACTS).map(([key, value]) => [key, String(value).slice(0, LIMITS.value)]),
  );
}
