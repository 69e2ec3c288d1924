import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createStage, type Stage } from "./_stage.ts";

let stage: Stage;
beforeEach(() => {
  stage = createStage();
});
afterEach(() => rmSync(stage.home, { recursive: true, force: true }));

const config = (): string => join(stage.home, "trestle.json");
const KEY = "a-key-of-sixteen-letters";

test("what is printed for a host can be pasted into its file", async () => {
  writeFileSync(config(), JSON.stringify({ http: { port: 4321, key: KEY } }));
  const print = async (host: string, transport: string): Promise<string> => {
    await stage.run("config", "print", "--host", host, "--transport", transport);
    const printed = stage.said.splice(0).join("\n");
    expect([host, stage.code]).toEqual([host, 0]);
    expect(printed).not.toContain(KEY);
    return printed;
  };
  const stdio = {
    command: "node",
    args: ["/opt/trestle/bin.js", "serve", "--stdio", "--config", config()],
    env: { TRESTLE_HOME: join(stage.home, "home") },
  };
  const url = "http://127.0.0.1:4321/mcp";
  const headers = (reference: string) => ({ Authorization: `Bearer ${reference}` });
  expect(JSON.parse(await print("claude-desktop", "stdio"))).toEqual({
    mcpServers: { trestle: stdio },
  });
  expect(JSON.parse(await print("vscode", "stdio"))).toEqual({
    servers: { trestle: { type: "stdio", ...stdio } },
  });
  expect(parse(await print("codex", "stdio"))).toEqual({ mcp_servers: { trestle: stdio } });
  expect(JSON.parse(await print("claude-code", "http"))).toEqual({
    mcpServers: { trestle: { type: "http", url, headers: headers("${TRESTLE_KEY}") } },
  });
  expect(JSON.parse(await print("cursor", "http"))).toEqual({
    mcpServers: { trestle: { url, headers: headers("${env:TRESTLE_KEY}") } },
  });
  expect(JSON.parse(await print("vscode", "http"))).toMatchObject({
    servers: { trestle: { type: "http", url, headers: headers("${input:trestle-key}") } },
    inputs: [{ type: "promptString", id: "trestle-key", password: true }],
  });
  expect(parse(await print("codex", "http"))).toEqual({
    mcp_servers: { trestle: { url, bearer_token_env_var: "TRESTLE_KEY" } },
  });
});

test("a page for a person names the files, and what a host cannot do", async () => {
  await stage.run("config", "print", "--host", "all");
  const page = stage.said.join("\n");
  for (const title of ["Claude Desktop", "Claude Code", "Cursor", "VS Code", "Codex"]) {
    expect(page).toContain(`${title}, in one of`);
  }
  expect(page).not.toContain("Authorization");
  const bare = (...args: string[]) => expect(stage.run("config", "print", ...args)).rejects;
  const code = "invalid_input";
  await bare("--host", "claude-desktop", "--transport", "http").toMatchObject({
    code,
    message: expect.stringContaining("takes no HTTP"),
  });
  await bare("--host", "codex", "--transport", "wire").toMatchObject({
    code,
    message: expect.stringContaining("stdio or http"),
  });
});

test("a bridge that listens everywhere is reached at this machine's own address", async () => {
  writeFileSync(config(), JSON.stringify({ http: { host: "0.0.0.0", port: 4321 } }));
  await stage.run("config", "print", "--host", "cursor", "--transport", "http");
  expect(stage.said.join("")).toContain('"http://127.0.0.1:4321/mcp"');
});
