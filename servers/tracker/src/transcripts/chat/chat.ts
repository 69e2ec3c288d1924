import { hash } from "node:crypto";
import { isJsonObject, type JsonValue } from "@trestle/protocol";
import type { Part, TrackedRecord } from "../../model/record.ts";
import { contentText, listIn, textIn, timeIn } from "../fields.ts";
import { skipped } from "../json-lines.ts";
import type { DocumentFormat, ReadContext, ReadResult } from "../transcript-format.ts";
import { headerOf } from "./header.ts";
import { type Speaker, speakerOf } from "./speakers.ts";

const AGENT = "chat";
const MAX_BYTES = 64 * 2 ** 20;

/** What somebody said, and the byte at which it begins. */
interface Saying {
  readonly speaker: Speaker;
  readonly at?: number;
  readonly text: string;
  readonly offset: number;
}

/**
 * Chats as people paste them: `User:` and `Assistant:`, headings, bold names, with times or without, or messages as
 * JSON. A text that nobody is named in is kept as one record.
 */
export const chat: DocumentFormat = {
  name: AGENT,
  agent: AGENT,
  unit: "document",
  detect: (path, head) =>
    /\.(?:md|markdown|txt|json)$/i.test(path) && sayingsOf(head, false).length > 0,
  read: (document, context) => {
    if (document.length > MAX_BYTES) return [skipped("too long")];
    if (document.includes(0)) return [skipped("binary")];
    const text = document.toString("utf8");
    if (text.trim() === "") return [skipped("blank")];
    return recordsOf(sayingsOf(text, true), document, context);
  },
};

function recordsOf(
  sayings: readonly Saying[],
  document: Buffer,
  context: ReadContext,
): ReadResult[] {
  // The same text is the same chat, and a chat that went on is so too.
  const named = context.sessionId ?? hash("sha1", document.subarray(0, 1_024), "hex").slice(0, 16);
  const sessionId = `${AGENT}:${named}`;
  let at = context.now();
  return sayings.map((saying, index): TrackedRecord => {
    at = saying.at ?? at;
    const digest = hash("sha1", saying.text, "hex").slice(0, 16);
    return {
      id: `${sessionId}#${index}-${digest}`,
      sessionId,
      at,
      type: saying.speaker === "other" ? "note" : saying.speaker,
      origin: { source: context.source, path: context.path, offset: saying.offset },
      parts: [partOf(saying)],
      ...(index === 0 && { session: { agent: AGENT } }),
    };
  });
}

/** Every answer in a chat ends a turn. */
function partOf({ speaker, text }: Saying): Part {
  if (speaker === "user") return { kind: "prompt", text };
  if (speaker === "assistant") return { kind: "reply", text, final: true };
  return { kind: "notice", notice: "other", text };
}

/** With `keepAll`, a text without speakers is one saying of nobody. */
function sayingsOf(text: string, keepAll: boolean): readonly Saying[] {
  const messages = jsonMessages(text);
  if (messages !== undefined) return messages;
  const sayings = markedSayings(text);
  if (sayings.some(({ speaker }) => speaker !== "other")) return sayings;
  return keepAll ? [{ speaker: "other", text: text.trim(), offset: 0 }] : [];
}

/** Inside a fence nobody begins to speak. */
function markedSayings(text: string): readonly Saying[] {
  const sayings: Saying[] = [];
  let open: { speaker: Speaker; at?: number; lines: string[]; offset: number } | undefined;
  let fence: string | undefined;
  let offset = 0;
  const close = () => {
    const words = open?.lines.join("\n").trim() ?? "";
    if (open !== undefined && words !== "") sayings.push({ ...open, text: words });
  };
  for (const line of text.split("\n")) {
    const plain = line.trimEnd();
    const header = fence === undefined ? headerOf(plain) : undefined;
    if (header !== undefined) {
      close();
      const { rest, ...who } = header;
      open = { ...who, lines: [rest], offset };
    } else {
      open ??= { speaker: "other", lines: [], offset };
      open.lines.push(plain);
    }
    fence = fenceAfter(fence, header?.rest ?? plain);
    offset += Buffer.byteLength(line) + 1;
  }
  close();
  return sayings.map(({ speaker, at, text: words, offset: begin }) => ({
    speaker,
    text: words,
    offset: begin,
    ...(at !== undefined && { at }),
  }));
}

function fenceAfter(fence: string | undefined, line: string): string | undefined {
  const mark = /^\s{0,3}(`{3,}|~{3,})/.exec(line)?.[1];
  if (mark === undefined) return fence;
  if (fence === undefined) return mark;
  return mark.startsWith(fence) ? undefined : fence;
}

/** `[{role, content}]`, or `{messages: […]}`: undefined where the text is none. */
function jsonMessages(text: string): readonly Saying[] | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
  const messages = Array.isArray(value)
    ? value
    : isJsonObject(value)
      ? listIn(value, "messages")
      : [];
  const sayings = messages.flatMap((message): Saying[] => {
    if (!isJsonObject(message)) return [];
    const speaker = speakerOf(textIn(message, "role") ?? textIn(message, "sender") ?? "");
    const words = contentText(message.content) || (textIn(message, "text") ?? "");
    if (speaker === undefined || words.trim() === "") return [];
    const at = timeIn(message, "timestamp") ?? timeIn(message, "created_at");
    return [{ speaker, text: words, offset: 0, ...(at !== undefined && { at }) }];
  });
  return sayings.length > 0 ? sayings : undefined;
}
