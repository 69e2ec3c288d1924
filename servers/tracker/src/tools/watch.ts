import { basename } from "node:path";
import { TrestleError } from "@trestle/protocol";
import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { allowedPath } from "../sources/allowed-path.ts";
import type { State } from "../state.ts";
import { asData } from "./data.ts";
import { CHANGES } from "./hints.ts";

const input = z.object({
  action: z.enum(["list", "add", "remove"]).optional().describe("list by default"),
  path: z
    .string()
    .min(1)
    .max(4_000)
    .optional()
    .describe("To add: a file, a folder, or for logs a glob (~/app/logs/*.log)"),
  kind: z
    .enum(["log", "claude-code", "codex", "gemini", "chat"])
    .optional()
    .describe("What is there; log by default"),
  name: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe("What to remove; to add, what to call it: by default the end of its path"),
});

const output = z.object({
  sources: z.array(z.object({ name: z.string(), kind: z.string(), path: z.string() })),
  isReading: z.boolean().describe("False where the operator turned reading off"),
});

export const watch = defineTool<typeof input, typeof output, State>({
  name: "watch",
  title: "Watch sources",
  description:
    "Lists, adds or removes what is read: log files, and transcripts beside those of this user. What was read of a removed one stays.",
  profile: "all",
  argumentAliases: { file: "path", source: "name", type: "kind" },
  input,
  output,
  hints: CHANGES,
  content: asData,
  async run({ action = "list", path, kind = "log", name }, { state }) {
    const { watchList, ingestion, home, watchDirs } = state;
    if (action === "add") {
      const asked = allowedPath(needed(path, "path"), { home, folders: watchDirs });
      await watchList.add({ name: name ?? nameOf(asked), kind, path: asked });
    }
    if (action === "remove") await watchList.remove(needed(name, "name"));
    // Who reads sees it at its next look; this process at once.
    if (action !== "list") void ingestion?.catchUp();
    const sources = await watchList.list();
    return {
      sources: sources.map((source) => ({
        ...{ name: source.name, kind: source.kind, path: source.path },
      })),
      isReading: ingestion !== undefined,
    };
  },
});

function needed(value: string | undefined, field: string): string {
  if (value !== undefined) return value;
  throw new TrestleError("invalid_input", `${field} is missing: say what to add or remove.`, {
    details: { fields: [{ field, message: "missing" }] },
  });
}

/** Of letters that a name may have. */
function nameOf(path: string): string {
  return (
    basename(path)
      .replaceAll(/[^\w.-]+/g, "-")
      .slice(0, 64) || "source"
  );
}
