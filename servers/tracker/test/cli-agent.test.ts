import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { nodeEnvironment, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "./_agents.ts";
import { bin, run } from "./_cli.ts";

/** A command that runs until it is ended; resolves when its log says this. */
async function start(words: readonly string[], env: Record<string, string>, says: string) {
  const child = spawn(process.execPath, [bin, ...words, "--verbose"], {
    env: { ...nodeEnvironment(), ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let told = "";
  child.stderr.on("data", (piece: Buffer) => {
    told += piece;
  });
  await until(`${words[0]} says ${says}`, () => told.includes(says) || child.exitCode !== null);
  return { child, told: () => told };
}

test("a tracker and an agent are run by their commands, and end when they are told to", async () => {
  const home = temporaryFolder("tracker");
  const other = temporaryFolder("other");
  const at = `127.0.0.1:${await freePort()}`;
  const env = {
    TRACKER_AGENTS_AT: at,
    HOME: home,
    TRESTLE_HOME: join(home, "own"),
    TRACKER_HOME_DIR: home,
  };
  const monitor = await start(["monitor"], env, '"watching"');
  const { out } = await run(home, ["agents", "add", "web1"]);
  const log = join(other, "app.log");
  const now = new Date().toISOString();
  writeFileSync(log, `${now} ERROR [till] the till is stuck\n`);
  const file = join(other, "agent.json");
  const config = {
    name: "web1",
    url: `http://${at}`,
    key: "$" + "{KEY}",
    sources: [{ name: "app", path: log }],
  };
  writeFileSync(file, JSON.stringify(config));
  const own = { HOME: other, TRESTLE_HOME: join(other, "own") };
  const refused = await start(
    ["agent", file],
    { ...own, KEY: "web1.no" },
    "does not know this key",
  );
  expect(refused.told()).toContain("trestle-tracker agents add NAME");
  await until("it has ended", () => refused.child.exitCode !== null);
  const agent = await start(["agent", file], { ...own, KEY: out.trim() }, '"delivering"');
  appendFileSync(log, `${now} INFO [till] mended\n`);
  for (let out = ""; !out.includes("the till is «stuck»"); ) {
    out = (await run(home, ["search", "stuck"])).out;
  }
  expect((await run(home, ["agents", "list"])).out).toContain("web1");
  for (const { child } of [agent, monitor]) {
    child.kill("SIGTERM");
    await once(child, "exit");
    expect(child.exitCode).toBe(0);
  }
}, 120_000);

test("targets are silenced for a while by a command", async () => {
  const home = temporaryFolder("tracker");
  const { out } = await run(home, [
    "silence",
    "add",
    "web*",
    "--for",
    "2h",
    "--reason",
    "moving",
    "--json",
  ]);
  const { id } = JSON.parse(out);
  expect((await run(home, ["silence", "list"])).out).toMatch(/web\*.*ada.*moving/);
  expect((await run(home, ["silence", "remove", id])).code).toBe(0);
  expect((await run(home, ["silence", "list", "--json"])).out.trim()).toBe("[]");
  expect((await run(home, ["silence", "add", "x", "--for", "soon"])).error).toContain(
    "30m, 2h or 1d",
  );
});
