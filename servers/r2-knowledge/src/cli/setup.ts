import { EXIT } from "@trestle/protocol";
import { renderEnvExample } from "@trestle-mcp/server-kit";
import { openStore, placeOf } from "../open-store.ts";
import { server } from "../server.ts";
import { type Check, checkStore } from "./check-store.ts";
import type { KnowledgeCli, Place } from "./place.ts";

/** The commands for the first day. */
export function addSetup({ program, runs }: KnowledgeCli): void {
  program
    .command("setup")
    .description("print what to set for a bucket, and how to tell an assistant")
    .action(runs(setup));
  program
    .command("test")
    .description("try connection and permissions, and say what is missing")
    .option("--json", "print the answer as JSON")
    .action(runs(test));
}

async function setup({ config, dataDir, terminal }: Place): Promise<number> {
  const place = placeOf(config, dataDir);
  const where = place.kind === "folder" ? `the folder ${place.path}` : "the bucket that is set";
  const command = { command: "npx", args: ["-y", "@trestle-mcp/r2-knowledge"] };
  terminal.print(
    [
      `Knowledge is kept in ${where}: nothing more is needed.`,
      "For a bucket that a team shares, make one in R2 with an access key that may read, write, list and delete",
      "objects in it, and put these into the environment or into .env:",
      "",
      renderEnvExample(server).trimEnd(),
      "",
      "Then: trestle-knowledge test. For an assistant:",
      JSON.stringify({ mcpServers: { knowledge: command } }, null, 2),
    ].join("\n"),
  );
  return EXIT.ok;
}

async function test(
  { config, dataDir, clock, terminal, signal }: Place,
  { json }: { json?: boolean },
): Promise<number> {
  // A store of its own, so that what is tried is not counted as use.
  const store = await openStore(placeOf(config, dataDir), clock);
  try {
    const checks = await checkStore(store, { clock, signal });
    if (json) terminal.print(JSON.stringify({ where: store.description, checks }, null, 2));
    else terminal.print([store.description, ...checks.map(toLine)].join("\n"));
    return checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
  } finally {
    await store.close();
  }
}

function toLine({ name, ok, message }: Check): string {
  return `${ok ? "ok  " : "FAIL"}  ${name.padEnd(28)}${message}`.trimEnd();
}
