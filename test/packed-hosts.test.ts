import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readPublished } from "../release/members.ts";
import { canInstall, nodes, useInstalled } from "./_installed.ts";
import { startLineClient } from "./_line-client.ts";

interface HostConfig {
  readonly mcpServers: Readonly<
    Record<string, { readonly command: string; readonly args: string[]; readonly env?: object }>
  >;
}

const programs = readPublished().flatMap(({ program, ...member }) =>
  program === undefined ? [] : [{ ...member, program }],
);

/** With what was installed in the place of what npx would fetch; everything else is as a person copies it. */
describe.skipIf(!canInstall)("the lines of a README for Claude Desktop", () => {
  const installed = useInstalled();

  test.each(programs)(
    "start $name, which lists its tools",
    async ({ name, folder, program }) => {
      const entries = desktopEntries(readFileSync(join(folder, "README.md"), "utf8"));
      expect(entries).toHaveLength(1);
      for (const { command, args, env } of entries) {
        const [yes, asked, ...words] = args;
        expect([command, yes, asked]).toEqual(["npx", "-y", name]);
        const home = join(installed.scratch, `host-${program}`);
        mkdirSync(home);
        const start = [installed.node(nodes.current), installed.bin(program), ...words] as const;
        const client = await startLineClient([...start], {
          cwd: home,
          env: { PATH: process.env.PATH, HOME: home, ...env },
        });
        const { tools } = await client.request("tools/list");
        expect(tools).not.toEqual([]);
        expect(await client.close()).toBe(0);
      }
    },
    120_000,
  );
});

/** In a block of their own, or in a cell of a table. */
function desktopEntries(readme: string): HostConfig["mcpServers"][string][] {
  const blocks = readme.matchAll(/```json\n([\s\S]*?)```|`(\{ "mcpServers".*?\})`/g);
  return [...blocks]
    .map(([, block, cell]) => JSON.parse(block ?? cell ?? "{}") as Partial<HostConfig>)
    .flatMap(({ mcpServers = {} }) => Object.values(mcpServers));
}
