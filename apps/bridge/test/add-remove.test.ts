import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { bridgeServers } from "./_hosts.ts";
import { createPlace, run, start } from "./_place.ts";

/** Each command is a process, and others may want the processors, too. */
vi.setConfig({ testTimeout: 180_000 });

test("a server is added and removed, with what else stands in the file", async () => {
  const text = `{
  // Ours.
  "mcpServers": {
    "one": { "command": "one" }, // the first
    "My Two": { "command": "two" }
  }
}
`;
  const place = createPlace(text);
  const added = await run(place, ["add", "three", "--", "npx", "-y", "three", "--flag"]);
  expect([added.code, added.stderr]).toEqual([0, ""]);
  expect(bridgeServers(place).three).toEqual({ command: "npx", args: ["-y", "three", "--flag"] });
  expect(readFileSync(place.configFile, "utf8")).toContain("// the first");

  const replaced = await run(place, [
    "add",
    "three",
    "--replace",
    "--url",
    "https://example.com/mcp",
  ]);
  expect(replaced.code).toBe(0);
  expect(bridgeServers(place).three).toEqual({ url: "https://example.com/mcp" });

  expect((await run(place, ["remove", "three"])).code).toBe(0);
  expect(readFileSync(place.configFile, "utf8")).toBe(text);
  // An entry may be served under an id that is made of its name.
  expect((await run(place, ["remove", "my-two"])).code).toBe(0);
  expect(Object.keys(bridgeServers(place))).toEqual(["one"]);
});

test("a secret that is given is kept from everybody else's eyes; a reference is better", async () => {
  const place = createPlace('{ "mcpServers": {} }');
  chmodSync(place.configFile, 0o644);
  const env = ["--env", "API_TOKEN=sk-0123456789", "--env", "OTHER_TOKEN"];
  const ran = await run(place, ["add", "one", ...env, "--", "one"]);
  expect(ran.code).toBe(0);
  expect(bridgeServers(place).one?.env).toEqual({
    API_TOKEN: "sk-0123456789",
    OTHER_TOKEN: "${OTHER_TOKEN}",
  });
  expect(statSync(place.configFile).mode & 0o777).toBe(0o600);
  expect(ran.stdout + ran.stderr).not.toContain("sk-0123456789");
  expect(ran.stderr).toContain('better: "${API_TOKEN}"');
  expect(ran.stdout).toContain("Set OTHER_TOKEN in the environment");
  const removed = await run(place, ["remove", "one"]);
  expect(removed.stdout).not.toContain("sk-0123456789");
});

test("a preset is added as its makers publish it, with what it needs and what templates call", async () => {
  const place = createPlace();
  const ran = await run(place, ["add", "github"]);
  expect([ran.code, ran.stderr]).toEqual([0, ""]);
  expect(bridgeServers(place)).toEqual({
    database: { embedded: "database" },
    knowledge: { embedded: "knowledge" },
    tracker: { embedded: "tracker" },
    orchestrator: { embedded: "orchestrator" },
    objects: { embedded: "objects" },
    github: {
      type: "http",
      url: "https://api.githubcopilot.com/mcp/",
      headers: { Authorization: "Bearer ${GITHUB_PERSONAL_ACCESS_TOKEN}" },
    },
  });
  expect(ran.stdout).toContain("Set GITHUB_PERSONAL_ACCESS_TOKEN (a personal access token)");
  expect(ran.stdout).toContain("write_file = github.create_or_update_file");
  expect(statSync(place.configFile).mode & 0o777).toBe(0o600);
  const unset = await run(place, ["config", "check"]);
  expect(unset.stdout).toContain("GITHUB_PERSONAL_ACCESS_TOKEN");
  writeFileSync(join(place.root, ".env"), "GITHUB_PERSONAL_ACCESS_TOKEN=a-token-of-mine\n");
  expect((await run(place, ["config", "check"])).code).toBe(0);
});

test("many that are added at once are all there", async () => {
  const place = createPlace();
  const names = ["a", "b", "c", "d"];
  const programs = names.map((name) => start(place, ["add", name, "--", name]));
  expect(await Promise.all(programs.map(({ ended }) => ended))).toEqual(names.map(() => 0));
  expect(Object.keys(bridgeServers(place)).toSorted()).toEqual(
    [...names, "database", "knowledge", "tracker", "orchestrator", "objects"].toSorted(),
  );
});

test("a file that is named need not be there, and is found by its own .env", async () => {
  const place = createPlace("{ broken");
  const path = join(place.root, "sub", "team.json");
  const ran = await run(place, ["--config", path, "add", "one", "--", "one"]);
  expect([ran.code, ran.stderr]).toEqual([0, ""]);
  expect(JSON.parse(readFileSync(path, "utf8")).mcpServers).toHaveProperty("one");
});
