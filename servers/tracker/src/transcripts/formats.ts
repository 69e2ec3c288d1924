import { chat } from "./chat/chat.ts";
import { claudeCode } from "./claude-code/claude-code.ts";
import { codex } from "./codex/codex.ts";
import { gemini, geminiDocument } from "./gemini/gemini.ts";
import type { TranscriptFormat } from "./transcript-format.ts";

/** In the order of detection: what says more of itself comes first. */
export const transcriptFormats: readonly TranscriptFormat[] = [
  codex,
  gemini,
  geminiDocument,
  claudeCode,
  chat,
];

/** Undefined where no format knows the file. `head` is its first few kilobytes. */
export function detectFormat(path: string, head: Buffer): TranscriptFormat | undefined {
  const text = head.toString("utf8");
  return transcriptFormats.find((format) => format.detect(path, text));
}
