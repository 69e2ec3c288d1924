import { setTimeout as pause } from "node:timers/promises";
import { isJsonObject, type JsonObject, parseJson } from "@trestle/protocol";

/** One of those whose data nobody else may see. */
export interface Principal {
  readonly name: string;
  readonly key: string;
  /** Stands in all that is theirs; empty of an administrator, who may see it all. */
  readonly canary: string;
}

export interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

export interface Request {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: JsonObject;
}

/** Asks over REST as somebody. Nobody answering is status 0. */
export interface Asking {
  ask(who: Principal, url: string, request: Request): Promise<Answer>;
  /** What somebody was told of others: there must be none. */
  readonly leaks: string[];
}

const PATIENCE_MS = 20_000;
const NOBODY: Answer = { status: 0, body: {} };

/** Looks at every answer for the canaries of others. */
export function createAsking(canaries: () => readonly string[]): Asking {
  const leaks: string[] = [];
  return {
    leaks,
    async ask({ name, key, canary }, url, { method = "POST", path, body }) {
      const text = await textOf(`${url.replace(/\/mcp$/, "/api/mcp")}/${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        ...(body && { body: JSON.stringify(body) }),
      });
      if (text === undefined) return NOBODY;
      for (const other of canaries())
        if (canary !== "" && other !== canary && text.said.includes(other))
          leaks.push(`${name} was told of ${other} by ${method} ${path}: ${text.said}`);
      return { status: text.status, body: objectOf(text.said) };
    },
  };
}

async function textOf(
  url: string,
  init: RequestInit,
): Promise<{ status: number; said: string } | undefined> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
    return { status: response.status, said: await response.text() };
  } catch {
    return undefined;
  }
}

/** What stands before bridges answers without words where none is there. */
function objectOf(text: string): JsonObject {
  if (!text.startsWith("{")) return {};
  const parsed = parseJson(text);
  return isJsonObject(parsed) ? parsed : {};
}

export function dataOf({ body }: Answer): JsonObject {
  return isJsonObject(body.data) ? body.data : {};
}

/** What the tool answered, in its own form. */
export function structuredOf(answer: Answer): JsonObject {
  const { result } = dataOf(answer);
  const structured = isJsonObject(result) ? result.structuredContent : undefined;
  return isJsonObject(structured) ? structured : {};
}

export function isGood({ status, body }: Answer): boolean {
  return status === 200 && body.success === true;
}

/** The server itself says that nobody knows, and never will by this key: asking once more is of no use. */
export function isUnknowable({ body }: Answer): boolean {
  const error = isJsonObject(body.error) ? body.error : {};
  const { code } = isJsonObject(error.details) ? error.details : {};
  return error.code === "tool_error" && code === "outcome_unknown";
}

/** Until it is good, cannot be, or `isOver`. */
export async function untilGood(
  ask: () => Promise<Answer>,
  isOver: () => boolean,
): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (isGood(answer) || isUnknowable(answer) || isOver()) return answer;
    await pause(100);
  }
}
