import { execFile, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";

const run = promisify(execFile);
const script = fileURLToPath(new URL("../systemd/install.sh", import.meta.url));
const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;
if (!hasSystemd) process.stderr.write("There is no systemd-analyze: units are not verified.\n");

/** A home with the program in it. */
function open() {
  const home = temporaryFolder("home");
  const program = join(home, "bin", "trestle-tracker");
  mkdirSync(join(home, "bin"));
  writeFileSync(program, "#!/bin/sh\nexit 0\n");
  chmodSync(program, 0o755);
  const env = { HOME: home, PATH: process.env.PATH ?? "" };
  const install = (...words: string[]) => run(script, ["--program", program, ...words], { env });
  const unit = (name: string) => join(home, ".config", "systemd", "user", `${name}.service`);
  return { home, program, install, unit };
}

test("the service is written for its user, and may do little", async () => {
  const { home, program, install, unit } = open();
  await install("--no-start", "--allow", "localhost,10.0.0.0/8");
  const text = readFileSync(unit("trestle-tracker"), "utf8");
  expect(text).not.toMatch(/@[A-Z]+@/);
  expect(text).toContain(`ExecStart=${program} monitor\n`);
  expect(text).toContain(`ReadWritePaths=${home}/.trestle\n`);
  expect(text).toContain("IPAddressAllow=localhost 10.0.0.0/8\n");
  const env = join(home, ".config", "trestle-tracker", "env");
  expect(statSync(env).mode & 0o777).toBe(0o600);
  // What a person wrote there stays.
  writeFileSync(env, "REDIS_URL=redis://127.0.0.1\n");
  await install("--no-start");
  expect(readFileSync(env, "utf8")).toBe("REDIS_URL=redis://127.0.0.1\n");
  const file = join(home, "agent.json");
  writeFileSync(file, "{}");
  await install("--no-start", "--agent", file);
  expect(readFileSync(unit("trestle-tracker-agent"), "utf8")).toContain(
    `${program} agent ${file}\n`,
  );
  await expect(install("--agent", join(home, "none.json"))).rejects.toThrow(/cannot be read/);
  await expect(install("--what")).rejects.toThrow(/unknown option --what: see --help/);
});

test.skipIf(!hasSystemd)(
  "systemd takes the unit as it is, and holds it for well secured",
  async () => {
    const { install, unit } = open();
    await install("--no-start");
    const path = unit("trestle-tracker");
    const verified = await run("systemd-analyze", ["verify", "--man=no", path]);
    expect(verified.stderr).not.toMatch(/trestle-tracker\.service/);
    // Of 10, where 0 is the safest: 1.9 and less is "OK" in its words.
    const threshold = ["--offline=true", "--threshold=19", "--no-pager"];
    const { stdout } = await run("systemd-analyze", ["security", ...threshold, path]);
    expect(stdout).toMatch(/Overall exposure level for trestle-tracker.service: [01]\.\d OK/);
  },
);
