import {
  type CallHost,
  type Clock,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  messageOf,
  TrestleError,
} from "@trestle/protocol";
import type { Config } from "../config.ts";
import { createRecordRedact } from "../records/redact.ts";

/** Documentation that the operator named: a tool of another server, asked through the host. */
export interface Documentation {
  /** Never rejects for what the other server does; only where the caller cancels. */
  look(asked: AskedError, by: { call: CallHost; signal: AbortSignal }): Promise<Looked>;
}

export interface AskedError {
  readonly name?: string | undefined;
  readonly message: string;
  readonly context?: string | undefined;
}

export interface Looked {
  /** `server.tool` */
  readonly source: string;
  readonly status: "found" | "empty" | "failed";
  /** Texts that came. */
  readonly results: number;
  /** What another server wrote: data, never instructions. Cut to size. */
  readonly text?: string;
  /** Why it failed. */
  readonly problem?: string;
}

/** So much of an error is told to the other server, and so much of its answer is shown. Characters. */
const MOST_ASKED = 1_000;
const MOST_SHOWN = 8_000;

type Settings = Pick<Config, "docsTool" | "docsArguments" | "docsTimeoutMs" | "redactFields">;

/** Undefined where none is configured. */
export function createDocumentation(config: Settings, clock: Clock): Documentation | undefined {
  const { docsTool: source, docsArguments, docsTimeoutMs, redactFields } = config;
  if (source === undefined) return undefined;
  const [server, tool] = [
    source.slice(0, source.indexOf(".")),
    source.slice(source.indexOf(".") + 1),
  ];
  const template = JSON.parse(docsArguments) as JsonObject;
  const redact = createRecordRedact(redactFields);

  async function look(
    asked: AskedError,
    { call, signal }: { call: CallHost; signal: AbortSignal },
  ) {
    const args = filled(template, placesOf(redact(asked))) as JsonObject;
    const timeout = new AbortController();
    let cancel = (): void => {};
    const late = new Promise<never>((_, reject) => {
      cancel = clock.after(docsTimeoutMs, () => {
        reject(tooLate(docsTimeoutMs));
        timeout.abort();
      });
    });
    const both = AbortSignal.any([signal, timeout.signal]);
    const deadline = clock.now() + docsTimeoutMs;
    try {
      // Whoever does not listen to the signal is not waited for either.
      const answer = call.callTool(server, tool, args, { signal: both, deadline });
      return toLooked(source as string, await Promise.race([answer, late]));
    } catch (error) {
      signal.throwIfAborted();
      return {
        source: source as string,
        status: "failed",
        results: 0,
        problem: messageOf(error),
      } as const;
    } finally {
      cancel();
    }
  }
  return { look };
}

function tooLate(ms: number): TrestleError {
  return new TrestleError(
    "unavailable",
    `It did not answer within ${ms} ms (KNOWLEDGE_DOCS_TIMEOUT_MS).`,
  );
}

function toLooked(source: string, { content, isError }: JsonObject): Looked {
  const texts = (Array.isArray(content) ? content : []).flatMap((block) => textOf(block));
  const text = texts.join("\n\n").slice(0, MOST_SHOWN);
  if (isError === true)
    return { source, status: "failed", results: 0, problem: text.slice(0, 500) };
  if (text === "") return { source, status: "empty", results: 0 };
  return { source, status: "found", results: texts.length, text };
}

/** What a block of an answer says in words. */
function textOf(block: JsonValue): string[] {
  if (!isJsonObject(block)) return [];
  const { text } = isJsonObject(block.resource) ? block.resource : block;
  return typeof text === "string" && text.trim() !== "" ? [text.trim()] : [];
}

function placesOf({ name = "", message, context = "" }: AskedError): ReadonlyMap<string, string> {
  const error = [name, message].filter((text) => text !== "").join(": ");
  const places = { name, message, context, error };
  return new Map(Object.entries(places).map(([key, text]) => [key, text.slice(0, MOST_ASKED)]));
}

/** The template with what was asked in its texts. */
function filled(template: JsonValue, places: ReadonlyMap<string, string>): JsonValue {
  if (typeof template === "string")
    return template.replace(/\{(\w+)\}/g, (place, name) => places.get(name) ?? place);
  if (Array.isArray(template)) return template.map((each) => filled(each, places));
  if (!isJsonObject(template)) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) => [key, filled(value ?? null, places)]),
  );
}
