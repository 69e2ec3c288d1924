import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { loadConfig } from "../src/config/load.ts";
import { hasNginx, localConfig } from "./_nginx.ts";

const example = (name: string): string =>
  readFileSync(new URL(`../../../examples/replicas/${name}`, import.meta.url), "utf8");

test("the configuration of the example is one that bridges start with", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "trestle.json"), example("trestle.json"));
  const env = {
    HOME: folder,
    REDIS_URL: "redis://redis:6379",
    MCP_ENCRYPTION_KEY: "a passphrase of some length",
    TRESTLE_KEY: "a-key-that-is-long-enough",
  };
  const { store, http, problems } = loadConfig({ cwd: folder, env });
  expect(problems).toEqual([]);
  expect(store).toMatchObject({ redis: env.REDIS_URL, prefix: "trestle" });
  expect(http).toMatchObject({ key: env.TRESTLE_KEY, port: 4100 });
});

test("the compose file gives each bridge what it needs, and nginx knows all of them", () => {
  const compose = example("compose.yaml");
  for (const name of ["REDIS_URL", "MCP_ENCRYPTION_KEY", "TRESTLE_KEY"]) {
    expect(compose).toContain(`    ${name}: `);
  }
  const bridges = [...compose.matchAll(/^ {2}(bridge-\d):\n {4}<<: \*bridge$/gm)].map(
    ([, name]) => name,
  );
  const upstreams = [...example("nginx.conf").matchAll(/server (bridge-\d):4100/g)];
  expect(upstreams.map(([, name]) => name)).toEqual(bridges);
  expect(bridges).toHaveLength(3);
});

test.skipIf(!hasNginx)("nginx takes its configuration", () => {
  const folder = temporaryFolder();
  const file = join(folder, "nginx.conf");
  const ports = ["4101", "4102", "4103"];
  writeFileSync(file, localConfig({ folder, port: 8080, ports }));
  execFileSync("nginx", ["-t", "-q", "-p", folder, "-c", file], { stdio: "pipe" });
});
