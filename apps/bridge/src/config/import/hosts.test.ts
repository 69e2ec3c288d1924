import { expect, test } from "vitest";
import { readHostEntry } from "./adopt.ts";
import type { HostSection } from "./host.ts";
import { HOSTS, hostsNamed } from "./hosts.ts";
import type { Machine } from "./machine.ts";

const linux: Machine = { platform: "linux", env: { HOME: "/people/me" }, cwd: "/project" };
const mac: Machine = { platform: "darwin", env: { HOME: "/Persons/me" }, cwd: "/project" };
const windows: Machine = {
  platform: "win32",
  env: {
    USERPROFILE: "C:\\Users\\me",
    APPDATA: "C:\\Users\\me\\AppData\\Roaming",
    LOCALAPPDATA: "C:\\Users\\me\\AppData\\Local",
  },
  cwd: "C:\\work",
};

function pathsOf(id: string, machine: Machine): string[] {
  return hostsNamed(id).flatMap((host) => host.files(machine).map(({ path }) => path));
}

test("on Linux", () => {
  const paths = Object.fromEntries(HOSTS.map(({ id }) => [id, pathsOf(id, linux)]));
  expect(paths).toEqual({
    "claude-desktop": ["/people/me/.config/Claude/claude_desktop_config.json"],
    "claude-code": ["/people/me/.claude.json", "/project/.mcp.json"],
    cursor: ["/people/me/.cursor/mcp.json", "/project/.cursor/mcp.json"],
    vscode: [
      "/people/me/.config/Code/User/mcp.json",
      "/people/me/.config/Code - Insiders/User/mcp.json",
      "/project/.vscode/mcp.json",
    ],
    codex: ["/people/me/.codex/config.toml", "/project/.codex/config.toml"],
  });
});

test("on macOS", () => {
  const data = "/Persons/me/Library/Application Support";
  expect(pathsOf("claude-desktop", mac)).toEqual([`${data}/Claude/claude_desktop_config.json`]);
  expect(pathsOf("vscode", mac)[0]).toBe(`${data}/Code/User/mcp.json`);
});

test("on Windows, that of a program from the store included", () => {
  const me = "C:\\Users\\me";
  expect(pathsOf("claude-desktop", windows)).toEqual([
    `${me}\\AppData\\Roaming\\Claude\\claude_desktop_config.json`,
    `${me}\\AppData\\Local\\Packages\\Claude_pzs8sxrjxfjjc\\LocalCache\\Roaming\\Claude\\claude_desktop_config.json`,
  ]);
  expect(pathsOf("claude-code", windows)).toEqual([`${me}\\.claude.json`, "C:\\work\\.mcp.json"]);
  expect(pathsOf("vscode", windows)[0]).toBe(`${me}\\AppData\\Roaming\\Code\\User\\mcp.json`);
  expect(pathsOf("codex", windows)[0]).toBe(`${me}\\.codex\\config.toml`);
  const [claude] = hostsNamed("claude-code");
  const sections = claude?.files(windows)[0]?.sections.map(({ keys }) => keys);
  // It writes the folder of a project either way.
  expect(sections).toEqual([
    ["mcpServers"],
    ["projects", "C:\\work", "mcpServers"],
    ["projects", "C:/work", "mcpServers"],
  ]);
});

test("where the environment names a folder, that is it", () => {
  const env = {
    HOME: "/people/me",
    CLAUDE_CONFIG_DIR: "/c",
    CODEX_HOME: "/x",
    XDG_CONFIG_HOME: "/g",
  };
  const machine = { ...linux, env };
  expect(pathsOf("claude-code", machine)[0]).toBe("/c/.claude.json");
  expect(pathsOf("codex", machine)[0]).toBe("/x/config.toml");
  expect(pathsOf("vscode", machine)[0]).toBe("/g/Code/User/mcp.json");
});

test("a host that nobody knows is answered with those that are", () => {
  expect(() => hostsNamed("emacs")).toThrow(
    /"emacs" is no host; known: claude-desktop, .*, all\.$/,
  );
});

function read(
  id: string,
  raw: object,
  { folder, env = {} }: { folder?: string; env?: object } = {},
) {
  const [host] = hostsNamed(id);
  const section: HostSection = { keys: ["mcpServers"], ...(folder !== undefined && { folder }) };
  const machine = { ...linux, env: { ...linux.env, ...env } } as Machine;
  return host ? readHostEntry(host, raw as never, section, machine) : undefined;
}

test("Codex's own words become the bridge's", () => {
  const raw = {
    command: "npx",
    args: ["x"],
    env: { A: "1" },
    env_vars: ["TOKEN", { name: "OTHER", source: "local" }],
    startup_timeout_sec: 2.5,
    tool_timeout_sec: 60,
    enabled: false,
    enabled_tools: ["read"],
    disabled_tools: ["write"],
    tools: { read: { approval_mode: "approve" } },
  };
  expect(read("codex", raw, { env: { TOKEN: "t", OTHER: "o" } })).toEqual({
    entry: {
      command: "npx",
      args: ["x"],
      env: { A: "1", TOKEN: "${TOKEN}", OTHER: "${OTHER}" },
      startTimeoutMs: 2_500,
      policy: { timeout: { attemptMs: 60_000 } },
      disabled: true,
      tools: { allow: ["read"], deny: ["write"] },
    },
    notes: ["`tools` has no counterpart and is left out"],
  });
  const remote = {
    url: "https://example.com/mcp",
    bearer_token_env_var: "TOKEN",
    http_headers: { "X-A": "1" },
    env_http_headers: { "X-B": "OTHER" },
  };
  expect(read("codex", remote, { env: { TOKEN: "t", OTHER: "o" } })).toEqual({
    entry: {
      url: "https://example.com/mcp",
      headers: { Authorization: "Bearer ${TOKEN}", "X-A": "1", "X-B": "${OTHER}" },
    },
    notes: [],
  });
});

test("what an editor puts in the place of its variables is put there", () => {
  const raw = {
    type: "stdio",
    command: "${workspaceFolder}/run",
    args: ["${userHome}", "${pathSeparator}", "${workspaceFolderBasename}", "${env:A}"],
  };
  const place = { folder: "/project/app", env: { A: "1" } };
  expect(read("vscode", raw, place)).toEqual({
    entry: {
      type: "stdio",
      command: "/project/app/run",
      args: ["/people/me", "/", "app", "${env:A}"],
      cwd: "/project/app",
    },
    notes: [],
  });
});

test("what the editor asks for becomes a variable, once that is set", () => {
  const raw = { command: "x", env: { TOKEN: "${input:github-token}" } };
  expect(read("vscode", raw)).toEqual({
    reason: "needs GITHUB_TOKEN, asked for in the editor: set it in .env, and import again",
  });
  expect(read("vscode", raw, { env: { GITHUB_TOKEN: "t" } })).toEqual({
    entry: { command: "x", env: { TOKEN: "${GITHUB_TOKEN}" } },
    notes: ["${input:github-token} was asked for in the editor; now it is GITHUB_TOKEN"],
  });
});

test.each<[string, string, object, string | RegExp]>([
  ["no object", "cursor", [], "is no object"],
  ["nothing to start", "cursor", { env: {} }, "has neither a command nor a URL"],
  ["arguments that are no texts", "cursor", { command: "x", args: [1] }, /^args\.0: .*string/],
  ["an address that is none", "vscode", { url: "unix:///tmp/x" }, /^url: must be an address/],
  ["an unknown transport", "claude-code", { type: "ws", url: "https://x.y" }, /^type: /],
  [
    "a variable that is not set",
    "claude-code",
    { command: "x", args: ["${NOPE}"] },
    /^needs NOPE, not set here/,
  ],
  ["a file of variables", "cursor", { command: "x", envFile: ".env" }, /`envFile`/],
  ["a sandbox", "vscode", { command: "x", sandboxEnabled: true, sandbox: {} }, /`sandboxEnabled`/],
  ["a way to sign in", "claude-code", { url: "https://x.y", oauth: {} }, /`oauth`/],
  ["Codex's way to sign in", "codex", { url: "https://x.y", scopes: ["a"] }, /`scopes`/],
  ["a folder that only the editor knows", "vscode", { command: "${fileDirname}/x" }, /no meaning/],
  ["a folder of no project", "vscode", { command: "${workspaceFolder}/x" }, /no meaning/],
  // What was text to the host would be run by the bridge.
  [
    "a command",
    "claude-desktop",
    { command: "x", args: ["${command:rm -rf x}"] },
    /a reference to the bridge/,
  ],
  [
    "a file",
    "claude-code",
    { command: "x", args: ["${file:/etc/passwd}"] },
    /a reference to the bridge/,
  ],
  ["an editor's command", "vscode", { command: "x", args: ["${command:a.b}"] }, /no meaning/],
])("%s stays with the host", (_what, host, raw, reason) => {
  expect(read(host, raw)).toEqual({ reason: expect.stringMatching(reason) });
});

test("what is left out, and what means something else now, is said", () => {
  expect(read("cursor", { command: "./run", alwaysAllow: ["a"], description: "x" })).toEqual({
    entry: { command: "./run" },
    notes: [
      "`alwaysAllow`, `description` has no counterpart and is left out",
      "its relative paths now count from the folder of the bridge's configuration",
    ],
  });
  const plain = { command: "x", args: ["${HOME}", "${a b}"] };
  expect(read("claude-desktop", plain)).toMatchObject({
    entry: plain,
    notes: ["${HOME} was plain text there; the bridge puts a value in its place"],
  });
});

test("relative folders of a project's server count from the project", () => {
  expect(read("codex", { command: "x", cwd: "server" }, { folder: "/project/app" })).toMatchObject({
    entry: { command: "x", cwd: "/project/app/server" },
  });
  expect(read("cursor", { url: "https://x.y" }, { folder: "/project/app" })).toMatchObject({
    entry: { url: "https://x.y" },
  });
});
