import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { createRedact } from "@trestle/policy";
import {
  canonicalJson,
  isJsonObject,
  isKeptNumber,
  type JsonObject,
  type JsonValue,
  messageOf,
  parseJson,
  RPC,
  TrestleError,
} from "@trestle/protocol";
import type { SecretRegister } from "../config/secret-register.ts";
import type { Exchange } from "./exchange.ts";

/** Traffic of one server in a file: JSON lines, the first of which says what it is. */

const FORMAT = "trestle-traffic";
const redactFields = createRedact({
  fields: [],
  maxStringLength: Number.MAX_SAFE_INTEGER,
  maxDepth: 64,
});

/** Writes a file that only its owner may read, without secrets: neither known ones nor what looks like one. */
export function writeRecord(
  path: string,
  exchanges: readonly Exchange[],
  secrets: Pick<SecretRegister, "values">,
): void {
  // The longest first: one may be a part of another.
  const known = [...new Set(secrets.values().flatMap(formsOf))].toSorted(
    (a, b) => b.length - a.length,
  );
  const hide = (text: string): string =>
    known.reduce((left, secret) => left.replaceAll(secret, "[redacted]"), text);
  const lines = withoutRepeats(exchanges).map((exchange) =>
    JSON.stringify(inTexts(redacted(exchange), hide, { keys: hide })),
  );
  const head = JSON.stringify({ format: FORMAT, version: 1 });
  writeFileSync(path, `${[head, ...lines].join("\n")}\n`, { mode: 0o600 });
  // One that was there keeps its mode otherwise.
  chmodSync(path, 0o600);
}

/** Throws `invalid_input` that names the line where a file is no record. */
export function readRecord(path: string): Exchange[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new TrestleError("invalid_input", `${path} cannot be read: ${messageOf(error)}.`);
  }
  const [head = "", ...lines] = text.split("\n");
  const first = parsed(head);
  if (!isJsonObject(first) || first.format !== FORMAT || first.version !== 1) {
    throw new TrestleError(
      "invalid_input",
      `${path} is no record of traffic. \`trestle test SERVER --record FILE\` writes one.`,
    );
  }
  return lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    const exchange = parsed(line);
    if (isExchange(exchange)) return [exchange];
    throw new TrestleError("invalid_input", `${path}:${index + 2}: is no exchange.`);
  });
}

/**
 * Answers requests from a record: by method and params, `_meta` left aside. Where the same was asked several
 * times, the answers come in their order, the last one for ever.
 */
export function createReplay(
  exchanges: readonly Exchange[],
): (message: JsonValue) => JsonObject | undefined {
  const answers = new Map<string, Exchange[]>();
  for (const exchange of exchanges) {
    const key = keyOf(exchange.method, exchange.params);
    answers.set(key, [...(answers.get(key) ?? []), exchange]);
  }
  const methods = new Set(exchanges.map(({ method }) => method));

  return (message) => {
    if (!isJsonObject(message) || typeof message.method !== "string") return undefined;
    const { id, method, params } = message;
    if (id === undefined) return undefined;
    const found = answers.get(keyOf(method, redactedParams(params)));
    const next = found !== undefined && found.length > 1 ? found.shift() : found?.[0];
    if (next?.error !== undefined) return { jsonrpc: "2.0", id, error: next.error };
    if (next) return { jsonrpc: "2.0", id, result: next.result ?? {} };
    // What every server can answer.
    if (method === "ping") return { jsonrpc: "2.0", id, result: {} };
    const error = methods.has(method)
      ? { code: RPC.invalidParams, message: `No ${method} with these params is in the record.` }
      : { code: RPC.methodNotFound, message: `Method not found: no ${method} is in the record.` };
    return { jsonrpc: "2.0", id, error };
  };
}

/** Without what was answered the same as the last time that it was asked. */
function withoutRepeats(exchanges: readonly Exchange[]): Exchange[] {
  const last = new Map<string, string>();
  return exchanges.filter(({ method, params, result, error }) => {
    const key = keyOf(method, params);
    const answer = JSON.stringify([result, error]);
    if (last.get(key) === answer) return false;
    last.set(key, answer);
    return true;
  });
}

/** Who asks at the start says who it is and what it can: that decides nothing. */
const BY_METHOD = ["initialize", "server/discover"];

function keyOf(method: string, params: JsonValue | undefined): string {
  if (!isJsonObject(params) || BY_METHOD.includes(method)) return method;
  const { _meta: _, ...rest } = params;
  return Object.keys(rest).length === 0 ? method : `${method} ${canonicalJson(rest)}`;
}

function redacted({ params, result, error, ...exchange }: Exchange): JsonObject {
  const safe = (value: JsonValue): JsonValue =>
    describes(exchange.method) ? inTexts(value, redactedFields) : redactedFields(value);
  return {
    ...exchange,
    ...(params === undefined ? {} : { params: redactedParams(params) ?? {} }),
    ...(result === undefined ? {} : { result: safe(result) }),
    ...(error === undefined ? {} : { error: safe(error) }),
  };
}

function redactedParams(params: JsonValue | undefined): JsonValue | undefined {
  return params === undefined ? undefined : redactedFields(params);
}

/** A definition may have a property called `token`, which is a schema and no secret. */
function describes(method: string): boolean {
  return method.endsWith("/list") || BY_METHOD.includes(method);
}

/** Fields in a text that is JSON, too: results hold such texts. */
function redactedFields(value: JsonValue): JsonValue {
  return inTexts(redactFields({ value }).value ?? null, redactedText);
}

function redactedText(text: string): string {
  if (!/^\s*[{[]/.test(text)) return text;
  const value = parsed(text);
  if (value === undefined) return text;
  const before = JSON.stringify(value);
  const after = JSON.stringify(redactFields({ value }).value);
  return after === before ? text : after;
}

interface TextOptions {
  /** Keys stay without it. */
  readonly keys?: (key: string) => string;
}

/** The same value with every text in it as `change` makes it. */
function inTexts(
  value: JsonValue,
  change: (text: string) => JsonValue,
  { keys = (key) => key }: TextOptions = {},
): JsonValue {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => inTexts(item, change, { keys }));
  if (!isJsonObject(value) || isKeptNumber(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    keys(key),
    inTexts(item ?? null, change, { keys }),
  ]);
  return Object.fromEntries(entries);
}

/** As it is, in an address, and as headers of basic authentication and tokens carry it. */
function formsOf(secret: string): string[] {
  const encoded = Buffer.from(secret).toString("base64").replace(/=+$/, "");
  return [
    secret,
    encodeURIComponent(secret),
    encoded,
    encoded.replace(/\+/g, "-").replace(/\//g, "_"),
  ];
}

function isExchange(value: unknown): value is Exchange {
  return (
    isJsonObject(value) &&
    typeof value.method === "string" &&
    ("result" in value || "error" in value)
  );
}

function parsed(line: string): JsonValue | undefined {
  try {
    return parseJson(line);
  } catch {
    return undefined;
  }
}
