import { homedir } from "node:os";
import { join } from "node:path";
import { hookSettings } from "./settings-snippet.ts";
import { spoolEvent } from "./spool.ts";

/** What a hook needs of its process; nothing else is loaded, since an assistant waits for it. */
export interface HookProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: AsyncIterable<Buffer | string> & { readonly isTTY?: boolean };
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** The tracker's folder in the home, as the server has it. */
const OWN = "tracker";

/**
 * `trestle-tracker hook`: keeps the event that stands on stdin until it is read. Never fails the assistant's
 * turn: it says nothing on stdout, and what goes wrong only on stderr.
 */
export async function runHook(words: readonly string[], process: HookProcess): Promise<void> {
  if (words.includes("--print-settings")) {
    process.stdout.write(hookSettings("npx -y @trestle-mcp/tracker hook"));
    return;
  }
  if (process.stdin.isTTY) {
    process.stderr.write(
      "An assistant calls this with an event on stdin. What to put into its settings: trestle-tracker hook --print-settings\n",
    );
    return;
  }
  try {
    const home = process.env.TRESTLE_HOME ?? join(homedir(), ".trestle");
    spoolEvent(join(home, OWN, "hooks"), await readAll(process.stdin), Date.now());
  } catch (error) {
    process.stderr.write(
      `The event was not kept: ${error instanceof Error ? error.message : error}\n`,
    );
  }
}

async function readAll(input: HookProcess["stdin"]): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
