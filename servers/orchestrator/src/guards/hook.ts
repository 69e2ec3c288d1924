import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { lookUp } from "./holders.ts";
import { type GuardProcess, linesOf, notice } from "./pre-commit.ts";

/**
 * `guard hook`: reads the event that comes before an assistant uses a tool, and denies a change of a file that another
 * agent holds. It says nothing where it has nothing against it, so that the assistant's own rules go on to hold.
 */
export async function guardTool(process: GuardProcess, failClosed: boolean): Promise<void> {
  const event = parse(await readAll(process.stdin));
  const paths = changedPaths(event, process.cwd());
  if (paths.length === 0) return;
  const folder = typeof event.cwd === "string" ? event.cwd : process.cwd();
  const look = await lookUp(paths, { env: process.env, folder });
  if (look.kind === "unknown") {
    const words = notice(look.why, failClosed);
    if (failClosed) deny(process, words);
    else process.stderr.write(words);
  } else if (look.by.length > 0) {
    deny(
      process,
      `Another agent holds what this would change:\n${linesOf(look.by)}Work on something else, wait, or ask its holder with send_message.`,
    );
  }
}

function deny(process: GuardProcess, reason: string): void {
  const decision = {
    hookEventName: "PreToolUse",
    permissionDecision: "deny",
    permissionDecisionReason: reason,
  };
  process.stdout.write(`${JSON.stringify({ hookSpecificOutput: decision })}\n`);
}

/** What the tool is about to change, as paths in its repository. Files outside of any are nobody's. */
function changedPaths(event: JsonObject, cwd: string): string[] {
  const input = isJsonObject(event.tool_input) ? event.tool_input : {};
  const folder = typeof event.cwd === "string" ? event.cwd : cwd;
  const named = [input.file_path, input.notebook_path, input.path].filter(
    (path) => typeof path === "string",
  );
  const paths = [...named, ...patchedPaths(input.command), ...patchedPaths(input.input)];
  return [...new Set(paths.flatMap((path) => inRepository(resolve(folder, path)) ?? []))];
}

/** The files of a patch as Codex writes them. */
function patchedPaths(patch: JsonValue | undefined): string[] {
  const text = Array.isArray(patch) ? patch.join("\n") : String(patch ?? "");
  const heads = text.matchAll(/^\*\*\* (?:Add File|Update File|Delete File|Move to): (.+)$/gm);
  return [...heads].map(([, path = ""]) => path.trim());
}

function inRepository(path: string): string | undefined {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) {
      const inside = relative(folder, path);
      const isInside = inside !== "" && !inside.startsWith("..") && !isAbsolute(inside);
      return isInside ? inside.split(sep).join("/") : undefined;
    }
    if (folder === dirname(folder)) return undefined;
  }
}

async function readAll(input: GuardProcess["stdin"]): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}
