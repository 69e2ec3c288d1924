// What is printed for each host, read by the rules that the host documents for its file: what it does not know is refused.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { createStage, type Stage } from "./_stage.ts";

let stage: Stage;
beforeEach(() => {
  stage = createStage();
  const http = { port: 4321, key: "a-key-of-sixteen-letters" };
  writeFileSync(join(stage.home, "trestle.json"), JSON.stringify({ http }));
});
afterEach(() => rmSync(stage.home, { recursive: true, force: true }));

/** A program, its arguments and its environment, in which no host's own references may stand by accident. */
const program = {
  command: z.string().min(1),
  args: z.array(z.string().regex(/^(?!.*\$\{)/)),
  env: z.record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/), z.string()),
};
const address = z.url({ protocol: /^https?$/ });
const bearer = (reference: RegExp) =>
  z.strictObject({
    Authorization: z.string().regex(new RegExp(`^Bearer ${reference.source}$`)),
  });
/** What Claude Code takes for a name of a server without changing it. */
const name = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/);

async function print(host: string, transport: string): Promise<string> {
  await stage.run("config", "print", "--host", host, "--transport", transport);
  expect(stage.code).toBe(0);
  return stage.said.splice(0).join("\n");
}

test("Claude Desktop: programs alone, without a type", async () => {
  const file = z.strictObject({ mcpServers: z.record(name, z.strictObject(program)) });
  file.parse(JSON.parse(await print("claude-desktop", "stdio")));
  await expect(print("claude-desktop", "http")).rejects.toMatchObject({ code: "invalid_input" });
});

test("Claude Code: a type for each, and ${NAME} for what is not in the file", async () => {
  const server = z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("stdio"), ...program }),
    z.strictObject({
      ...{ type: z.literal("http"), url: address },
      headers: bearer(/\$\{[A-Z_][A-Z0-9_]*\}/),
    }),
  ]);
  const file = z.strictObject({ mcpServers: z.record(name, server) });
  for (const transport of ["stdio", "http"]) {
    const read = file.parse(JSON.parse(await print("claude-code", transport)));
    expect(Object.values(read.mcpServers)[0]?.type).toBe(transport);
  }
});

test("Cursor: a program or an address, and ${env:NAME}", async () => {
  const servers = (server: z.ZodType) => z.strictObject({ mcpServers: z.record(name, server) });
  servers(z.strictObject(program)).parse(JSON.parse(await print("cursor", "stdio")));
  const remote = z.strictObject({
    ...{ url: address, headers: bearer(/\$\{env:[A-Z_][A-Z0-9_]*\}/) },
  });
  servers(remote).parse(JSON.parse(await print("cursor", "http")));
});

test("VS Code: servers, and an input for each that is referred to", async () => {
  const stdio = z.strictObject({ type: z.literal("stdio"), ...program });
  const local = z.strictObject({ servers: z.record(name, stdio) });
  local.parse(JSON.parse(await print("vscode", "stdio")));
  const input = z.strictObject({
    ...{ type: z.literal("promptString"), id: z.string(), description: z.string() },
    password: z.literal(true),
  });
  const http = z.strictObject({
    ...{ type: z.literal("http"), url: address, headers: bearer(/\$\{input:[\w-]+\}/) },
  });
  const remote = z.strictObject({ servers: z.record(name, http), inputs: z.array(input) });
  const printed = await print("vscode", "http");
  const { inputs } = remote.parse(JSON.parse(printed));
  const asked = [...printed.matchAll(/\$\{input:([\w-]+)\}/g)].map((match) => match[1]);
  expect(inputs.map(({ id }) => id)).toEqual([...new Set(asked)]);
});

test("Codex: TOML, and the name of the variable that has the key", async () => {
  const file = (server: z.ZodType) => z.strictObject({ mcp_servers: z.record(name, server) });
  file(z.strictObject(program)).parse(parse(await print("codex", "stdio")));
  const variable = z.string().regex(/^[A-Z_][A-Z0-9_]*$/);
  const remote = z.strictObject({ url: address, bearer_token_env_var: variable });
  file(remote).parse(parse(await print("codex", "http")));
});
