import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Logger, messageOf } from "@trestle/protocol";
import { inputsHash } from "./inputs.ts";

/** Where the pages are; or that they are not there yet. */
export type Built =
  | { readonly state: "ready"; readonly folder: string }
  | { readonly state: "building" }
  | { readonly state: "failed"; readonly problem: string };

export interface Build {
  /** As the sources stand now. Begins to build where they have changed, and does not wait for it. */
  current(): Promise<Built>;
}

const require = createRequire(import.meta.url);

/** What we publish carries its pages; a checkout builds them when somebody wants to see one. */
export function openBuild(log: Logger): Build {
  const packed = fileURLToPath(new URL("./dashboard", import.meta.url));
  if (existsSync(join(packed, "index.html"))) {
    return { current: async () => ({ state: "ready", folder: packed }) };
  }
  return createCheckoutBuild(dirname(require.resolve("@trestle/dashboard/package.json")), log);
}

/** Builds of a checkout lie under the digest of what they were made of, so that processes need not agree. */
export function createCheckoutBuild(sources: string, log: Logger): Build {
  const kept = join(sources, "node_modules/.cache/pages");
  let failed: { readonly hash: string; readonly problem: string } | undefined;
  let building: Promise<void> | undefined;

  async function build(hash: string): Promise<void> {
    try {
      log.info("the dashboard is being built", { sources });
      const scratch = join(kept, `${hash}.${process.pid}`);
      await buildInto(scratch, sources);
      // What was changed meanwhile may be in it or not: whoever asks next has it built anew.
      const isStill = (await inputsHash(sources)) === hash;
      if (isStill) await keep(scratch, join(kept, hash));
      else await rm(scratch, { recursive: true, force: true });
      await forgetOthers(kept, hash);
      log.info("the dashboard is built", { current: isStill });
    } catch (error) {
      failed = { hash, problem: messageOf(error) };
      log.error("the dashboard could not be built", { reason: failed.problem });
    } finally {
      building = undefined;
    }
  }

  return {
    async current() {
      const hash = await inputsHash(sources);
      const folder = join(kept, hash);
      if (existsSync(join(folder, "index.html"))) return { state: "ready", folder };
      if (failed?.hash === hash) return { state: "failed", problem: failed.problem };
      if (building === undefined) building = build(hash);
      return { state: "building" };
    },
  };
}

/** A build takes seconds; one that hangs is no build. */
const LIMIT_MS = 180_000;

async function buildInto(scratch: string, sources: string): Promise<void> {
  const vite = join(sources, "node_modules/vite/bin/vite.js");
  if (!existsSync(vite)) throw new Error("its libraries are not installed: run `pnpm install`");
  await mkdir(dirname(scratch), { recursive: true });
  const child = spawn(process.execPath, [vite, "build", "--logLevel", "warn"], {
    cwd: sources,
    env: { ...process.env, OUT_DIR: scratch, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LIMIT_MS,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4_000);
    });
  }
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(said.trim() || `vite ended with ${code}`);
}

/** Another process may have been quicker: its pages are the same. */
async function keep(scratch: string, folder: string): Promise<void> {
  await rename(scratch, folder).catch(() => rm(scratch, { recursive: true, force: true }));
}

/** Pages that are open load parts of the build before: that one stays, too. */
const OTHERS_KEPT = 2;

async function forgetOthers(kept: string, hash: string): Promise<void> {
  const names = (await readdir(kept)).filter((name) => name !== hash && !name.includes("."));
  const others = await Promise.all(
    names.map(async (name) => {
      const folder = join(kept, name);
      return { folder, at: (await stat(folder).catch(() => undefined))?.mtimeMs ?? 0 };
    }),
  );
  const old = others.sort((a, b) => b.at - a.at).slice(OTHERS_KEPT);
  await Promise.all(old.map(({ folder }) => rm(folder, { recursive: true, force: true })));
}
