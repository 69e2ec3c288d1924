import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { wasmFlags } from "@trestle/testkit/surroundings";
import { describeInstalled, type Installed } from "./_installed.ts";
import { databaseCalls, onServer } from "./_installed-database.ts";

/** The contract is about the tools of the servers that the bridge brings, so its own are not listed. */
function onlyServers({ scratch }: Installed): string {
  const file = join(scratch, "only-servers.json");
  const mcpServers = { database: { embedded: "database" } };
  writeFileSync(file, JSON.stringify({ mcpServers, catalog: { tools: { own: "hidden" } } }));
  return file;
}

describeInstalled("the bridge", {
  ...(await onServer()),
  args: (installed) => {
    const words = ["serve", "--stdio", "--config", onlyServers(installed)];
    return [...wasmFlags, installed.bin("trestle"), ...words];
  },
  isOwnProgram: true,
  calls: () =>
    Object.fromEntries(
      Object.entries(databaseCalls).map(([name, args]) => [`database__${name}`, args]),
    ),
});
