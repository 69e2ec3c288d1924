import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { startFaultyHttp } from "@trestle/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { type Ran, trestle } from "./_cli.ts";
import { textOf } from "./_place.ts";
import { processesWith, until } from "./_processes.ts";

const TESTED = fileURLToPath(new URL("./fixtures/tested.ts", import.meta.url));
const CARELESS = fileURLToPath(new URL("./fixtures/careless.ts", import.meta.url));
const BIN = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
const SECRET = "hunter2-hunter2";
const roots: string[] = [];

afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});

interface Row {
  readonly check: string;
  readonly status: string;
  readonly saw: string;
}

describe.concurrent("trestle test", () => {
  test("tries a configured server, calls only what reads, and leaves nothing behind", async () => {
    const { root, home } = place();
    const temporary = join(root, "temporary");
    mkdirSync(temporary);
    // Its own, to see what is left there.
    const where = { home, env: { TMPDIR: temporary } };
    const asked = ["--timeout", "3", "--record", "r.jsonl", "--json"];
    const ran = await trestle(["test", "good", ...asked], where);
    const rows = rowsOf(ran);
    expect(rows.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(ran.code).toBe(0);
    expect(rows.map(({ check }) => check)).toEqual([
      ...["starts", "lists what it offers", "refuses what it does not offer", "calls reveal"],
      ...["reads a resource", "gets a prompt", "5 calls at once"],
      ...["reports progress", "stops a cancelled call"],
      ...["killed while idle", "killed, or reset, in a call"],
      ...["never answers one call", "answers 300 ms late", "garbage in place of an answer"],
      "another definition of a tool",
    ]);
    expect(sawOf(rows, "killed, or reset, in a call")).toMatch(/^an answer after \d attempts/);
    expect(sawOf(rows, "another definition of a tool")).toContain("list_changed");
    expect(sawOf(rows, "reports progress")).toMatch(/^\d+ reports, each further on/);
    expect(sawOf(rows, "stops a cancelled call")).toMatch(/the next call has/);
    expect(existsSync(join(root, "effects"))).toBe(false);
    expect(ran.stdout).not.toContain(SECRET);
    // Neither files in the home, nor processes, nor folders.
    expect(readdirSync(home).sort()).toEqual(["r.jsonl", "trestle.json"]);
    expect(processesWith(root)).toEqual([]);
    expect(readdirSync(temporary).filter((name) => name.startsWith("trestle"))).toEqual([]);

    const record = readFileSync(join(home, "r.jsonl"), "utf8");
    expect(record).toContain("The secret is");
    expect(record).not.toContain(SECRET);
    const starts = textOf(join(root, "starts"));
    const replayed = await trestle(["test", "--replay", "r.jsonl", "--timeout", "2", "--json"], {
      home,
    });
    expect(rowsOf(replayed).map(({ check, status }) => [check, status])).toEqual(
      rows.map(({ check, status }) => [check, status]),
    );
    const client = new Client({ name: "reader", version: "1" });
    const args = [BIN, "test", "--replay", join(home, "r.jsonl"), "--stdio"];
    await client.connect(new StdioClientTransport({ command: process.execPath, args, cwd: home }));
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["write", "reveal", "look"]);
    expect(JSON.stringify(await client.callTool({ name: "reveal", arguments: {} }))).toContain(
      "The secret is",
    );
    await client.close();
    expect(textOf(join(root, "starts"))).toBe(starts);
  });

  test("a write that is named is called, and its client is told what nobody knows", async () => {
    const { root, home } = place();
    const command = [process.execPath, TESTED, root];
    const asked = ["--timeout", "3", "--call", 'write {"key": "a"}', "--call", "nothing", "--json"];
    const ran = await trestle(["test", ...asked, "--", ...command], { home });
    const rows = rowsOf(ran);
    expect(ran.code).toBe(1);
    expect(rows.filter(({ status }) => status === "fail")).toMatchObject([
      { check: "calls nothing", saw: "it offers no such tool" },
    ]);
    for (const check of ["killed, or reset, in a call", "never answers one call"]) {
      expect(sawOf(rows, check)).toMatch(/^outcome_unknown/);
    }
    const effects = textOf(join(root, "effects")).split("\n").slice(0, -1);
    // Once for each check that calls it, and never twice: it may have been killed before it acted.
    expect(effects.length).toBeGreaterThanOrEqual(4);
    expect(effects.length).toBeLessThanOrEqual(9);
  });

  test("what a server promised and breaks is said: its output schemas, progress, cancellation", async () => {
    const { home } = place();
    const ran = await trestle(
      ["test", "--timeout", "3", "--json", "--", process.execPath, CARELESS],
      {
        home,
      },
    );
    const rows = rowsOf(ran);
    expect(sawOf(rows, "calls wrong")).toMatch(/its output schema does not allow: .*count/);
    expect(sawOf(rows, "calls broken")).toMatch(/its output schema is none/);
    expect(sawOf(rows, "reports progress")).toBe("progress that does not rise: 1 after 2");
    expect(rows.find(({ check }) => check === "stops a cancelled call")).toMatchObject({
      status: "warn",
      saw: expect.stringMatching(/^it is not stopped: the answer came after \d+ ms/),
    });
    expect(ran.code).toBe(1);
  });

  test("a server on HTTP is tried without killing it", async () => {
    const { root, home } = place();
    const { url, child } = await startFaultyHttp({ root, name: "web" });
    try {
      const ran = await trestle(["test", url, "--timeout", "3"], { home });
      expect(ran.stdout).toMatch(/ok {4}starts .*web 1, legacy era/);
      expect(ran.stdout).toMatch(/skip {2}killed while idle/);
      for (const check of ["killed, or reset, in a call", "never answers one call", "garbage"]) {
        expect(ran.stdout).toMatch(new RegExp(`ok {4}${check}.* an answer after \\d attempts`));
      }
      expect(ran.stdout).toMatch(/ok {4}another definition of a tool .*list_changed/);
      // It calls what it never offered.
      expect(ran.stdout).toMatch(/FAIL {2}refuses what it does not offer/);
      expect(ran.stdout).toContain("1 failed, 3 skipped.");
      expect(ran.code).toBe(1);
      expect(child.exitCode).toBeNull();
    } finally {
      child.kill("SIGKILL");
    }
  });

  test("a server that does not start is told with its last words", async () => {
    const { home } = place();
    const words = 'console.error("no database"); process.exitCode = 3';
    const ran = await trestle(["test", "--", process.execPath, "-e", words], { home });
    expect(ran.stdout).toMatch(/FAIL {2}starts .*exit code 3/);
    expect(ran.stdout).toContain("no database");
    expect(ran.code).toBe(69);
  });

  test("Ctrl-C ends it and the server, and leaves nothing behind", async () => {
    const { root, home } = place();
    const silent = `require("node:fs").writeFileSync("${root}/starts", ""); setInterval(() => {}, 1e6)`;
    const ran = await trestle(["test", "--", process.execPath, "-e", silent], {
      home,
      interruptWhen: () => until("it has started", () => existsSync(join(root, "starts"))),
    });
    expect(ran.stderr).toContain("Interrupted");
    expect(ran.code).toBe(130);
    expect(processesWith(root)).toEqual([]);
    expect(readdirSync(home)).toEqual(["trestle.json"]);
  });

  test("what cannot be meant is refused before anything starts", async () => {
    const { root, home } = place();
    const unknown = await trestle(["test", "god"], { home });
    expect(unknown.stderr).toContain('Did you mean "good"?');
    const both = await trestle(["test", "good", "--replay", "r.jsonl"], { home });
    expect([unknown.code, both.code]).toEqual([2, 2]);
    expect(existsSync(join(root, "starts"))).toBe(false);
  });
});

/** A folder for what the server does, and a home with a configuration. */
function place(): { readonly root: string; readonly home: string } {
  const root = mkdtempSync(join(tmpdir(), "tested-"));
  roots.push(root);
  const home = join(root, "home");
  mkdirSync(home);
  const good = { command: process.execPath, args: [TESTED, root], env: { SECRET } };
  writeFileSync(join(home, "trestle.json"), JSON.stringify({ mcpServers: { good } }));
  return { root, home };
}

function rowsOf({ stdout, stderr }: Ran): Row[] {
  try {
    return JSON.parse(stdout).checks;
  } catch {
    throw new Error(`No report: ${stdout}${stderr}`);
  }
}

function sawOf(rows: readonly Row[], name: string): string {
  return rows.find(({ check }) => check === name)?.saw ?? "";
}
