import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { expect, onTestFinished, test } from "vitest";
import { makeHome } from "./_sample.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("the server of the README runs as it is printed there", async () => {
  const folder = writeExample();
  const client = new Client({ name: "t", version: "1" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [join(folder, "bin.ts")],
      env: { TRESTLE_HOME: join(folder, "data"), WEATHER_HOME: "garden" },
      cwd: folder,
    }),
  );
  onTestFinished(() => client.close());
  const report = { station: "roof", celsius: -3.5 };
  expect(await client.callTool({ name: "report_temperature", arguments: report })).toMatchObject({
    structuredContent: { stations: 2 },
  });
  const read = (station: string) =>
    client.callTool({ name: "read_temperature", arguments: { station } });
  expect(await read("roof")).toMatchObject({ structuredContent: { celsius: -3.5 } });
  expect(await read("garden")).toMatchObject({ structuredContent: { celsius: 20 } });
  expect(await read("cellar")).toMatchObject({
    isError: true,
    content: [{ text: 'No station "cellar": report a temperature first.' }],
  });
});

/** The files of the README in a folder of their own, with the packages they import. */
function writeExample(): string {
  const folder = makeHome();
  const packages = join(folder, "node_modules");
  mkdirSync(join(packages, "@trestle-mcp"), { recursive: true });
  const kit = fileURLToPath(new URL("..", import.meta.url));
  symlinkSync(kit, join(packages, "@trestle-mcp", "server-kit"));
  symlinkSync(join(kit, "node_modules", "zod"), join(packages, "zod"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  for (const [, file = "", code = ""] of readme.matchAll(
    /<!-- example: (\S+) -->\n```ts\n([\s\S]*?)```/g,
  )) {
    writeFileSync(join(folder, file), code);
  }
  return folder;
}
